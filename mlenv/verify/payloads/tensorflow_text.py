"""TensorFlow Text: tokens, their places and a normal form, by its compiled operations."""

from ._verdicts import Failure

TEXT = "It works: 6 \u00d7 7 = 42"
TOKENS = [b"It", b"works:", b"6", "\u00d7".encode(), b"7", b"=", b"42"]
# A cross is two bytes long in UTF-8.
STARTS, ENDS = [0, 3, 10, 12, 15, 17, 19], [2, 9, 11, 14, 16, 18, 21]


def check(session):
    text = session.import_modules("tensorflow_text")
    session.stay_on_cpu("TensorFlow Text")
    with session.check("compute", "cpu") as note:
        tokens, starts, ends = text.WhitespaceTokenizer().tokenize_with_offsets([TEXT])
        compare("the tokens", tokens.to_list(), [TOKENS])
        compare("where they begin", starts.to_list(), [STARTS])
        compare("where they end", ends.to_list(), [ENDS])
        folded = text.case_fold_utf8(["STRASSE \u1e9e"]).numpy().tolist()
        compare("the letters without case", folded, [b"strasse ss"])
        note.detail = f"{len(TOKENS)} tokens of a sentence with their places, and letters without case"
    if session.reaches("standard"):
        with session.check("wordpiece", "cpu", vital=False) as note:
            compare("the pieces of words", split_words(text), [[[2, 3], [4, 5, 6]]])
            note.detail = "two words split into the pieces of a vocabulary, inside a compiled function"


def compare(what, found, expected):
    if found != expected:
        raise Failure("wrong-number", f"{what} are {found!r} and must be {expected!r}")


def split_words(text):
    """The numbers of the pieces that a table of a vocabulary gives for two words."""
    import tensorflow as tf

    vocabulary = ["[PAD]", "[UNK]", "walk", "##ing", "un", "##fold", "##ed"]
    rows = tf.lookup.KeyValueTensorInitializer(vocabulary, list(range(len(vocabulary))), tf.string, tf.int64)
    table = tf.lookup.StaticVocabularyTable(rows, 1)
    tokenizer = text.WordpieceTokenizer(table, token_out_type=tf.int64)
    return tf.function(tokenizer.tokenize)(tf.constant([["walking", "unfolded"]])).to_list()
