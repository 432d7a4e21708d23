"""OpenVINO GenAI: its settings, and a tokeniser that OpenVINO computes with the extension beside it.

A pipeline needs a trained model, which is not checked here.
"""

from ._common import is_there
from ._verdicts import Failure

WORDS = ("a", "b", "ab", " ", "c", "abc")
TEXT, TOKENS = "abc ab", [6, 4, 3]


def check(session):
    genai = session.import_modules("openvino_genai")
    session.skip_device("no model is computed without a download: only the tokeniser was checked, on the CPU", "cpu")
    with session.check("settings", "cpu") as note:
        settings = genai.GenerationConfig(max_new_tokens=7, num_beams=2)
        if settings.max_new_tokens != 7 or not settings.is_beam_search():
            raise Failure("wrong-number", f"seven tokens by beam search became {settings.max_new_tokens} tokens")
        reject(settings)
        note.detail = "settings are kept, and wrong ones are refused"
    if is_there("openvino_tokenizers"):
        with session.check("compute", "cpu") as note:
            tokens, text = tokenise()
            if (tokens, text) != (TOKENS, TEXT):
                raise Failure("wrong-number", f"{TEXT!r} became {tokens} and {text!r}, and must be {TOKENS}")
            note.detail = f"{TEXT!r} to tokens and back, compiled by OpenVINO; no model was run"


def reject(settings):
    """:class:`Failure` where settings that contradict each other pass."""
    settings.num_beam_groups = 5
    try:
        settings.validate()
    except RuntimeError:
        return
    raise Failure("wrong-number", "two beams in five groups were taken for valid settings")


def tokenise():
    """The tokens of a text and the text of these tokens, by models made of a small vocabulary."""
    import openvino
    import openvino_tokenizers

    # The form of RWKV's vocabulary: number, word in Python's form, length in bytes.
    lines = [f"{i + 1} {word!r} {len(word)}" for i, word in enumerate(WORDS)]
    encoder, decoder = openvino_tokenizers.build_rwkv_tokenizer(lines)
    core = openvino.Core()
    tokens = core.compile_model(encoder, "CPU")([TEXT])["input_ids"]
    text = core.compile_model(decoder, "CPU")(tokens)["string_output"]
    return tokens.tolist()[0], str(text[0])
