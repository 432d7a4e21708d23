"""spaCy: words and sentences without any trained pipeline, and a small one that must learn."""

from ._common import is_there
from ._drivers import see_nvidia
from ._verdicts import Failure, misplaced
from ._words import describe

SENTENCES = ["The GPU works.", "It is fast."]
WORDS = ["The", "GPU", "works", ".", "It", "is", "fast", "."]
EXAMPLES = [("a good and fine day", 1.0), ("a bad and sad day", 0.0), ("fine and good", 1.0), ("sad and bad", 0.0)]
STEPS = 20


def check(session):
    spacy = session.import_modules("spacy")
    with session.check("device") as note:
        label = find_device(spacy, session.asked, note)
        note.device = label
    with session.check("compute", "cpu") as note:
        pipeline = spacy.blank("en")
        pipeline.add_pipe("sentencizer")
        read = pipeline(" ".join(SENTENCES))
        found = ([token.text for token in read], [sentence.text for sentence in read.sents])
        if found != (WORDS, SENTENCES):
            raise Failure("wrong-number", f"the words and sentences are {found}")
        note.detail = f"{len(WORDS)} words and {len(SENTENCES)} sentences"
    if session.reaches("standard") or label != "cpu":
        with session.check("training", label, vital=False) as note:
            first, last = train(spacy, label)
            note.measured = {"first_loss": first, "last_loss": last}
            note.detail = f"{len(EXAMPLES)} examples learnt: the loss falls from {first:.3f} to {last:.3f}"


def find_device(spacy, asked, note):
    """Where spaCy computes from now on; it goes on with the CPU in silence where it is only asked to prefer a GPU."""
    if asked not in ("auto", "cpu", "gpu", "cuda", "mps"):
        raise Failure("device-missing", f"{asked} was asked for, which spaCy does not have")
    if asked == "cpu":
        spacy.require_cpu()
        note.detail = "the CPU"
        return "cpu"
    try:
        spacy.require_gpu()
    except Exception as error:
        return stay(asked, describe(error), note)
    kind = name_ops()
    if kind == "cpu" or asked not in ("auto", "gpu", kind):
        raise misplaced(asked, kind)
    note.detail = "spaCy has taken the GPU"
    return f"{kind}:0"


def stay(asked, words, note):
    """The CPU, with the reason; :class:`Failure` where a GPU was asked for."""
    if asked != "auto":
        raise Failure("device-missing", f"{asked} was asked for, and spaCy cannot use it ({words})")
    spoilt = is_there("cupy") and bool(see_nvidia().gpus)
    note.detail = f"the CPU ({words})"
    if spoilt:
        note.status, note.reason = "warn", "device-unusable"
    return "cpu"


def name_ops():
    """Our name of where the arrays of spaCy's library Thinc lie."""
    from thinc.api import get_current_ops

    return {"cupy": "cuda", "mps": "mps"}.get(get_current_ops().name, "cpu")


def train(spacy, label):
    """The first and the last loss of a text classifier; :class:`Failure` where it learns nothing."""
    from spacy.training import Example

    spacy.util.fix_random_seed(0)
    pipeline = spacy.blank("en")
    classifier = pipeline.add_pipe("textcat")
    classifier.add_label("GOOD")
    classifier.add_label("BAD")
    examples = [
        Example.from_dict(pipeline.make_doc(text), {"cats": {"GOOD": good, "BAD": 1.0 - good}})
        for text, good in EXAMPLES
    ]
    optimiser = pipeline.initialize(lambda: examples)
    losses = []
    for _ in range(STEPS):
        step = {}
        pipeline.update(examples, sgd=optimiser, losses=step)
        losses.append(float(step["textcat"]))
    judge(losses, [pipeline(text).cats["GOOD"] for text, _ in EXAMPLES])
    where = {"cupy": "cuda", "mps": "mps"}.get(classifier.model.ops.name, "cpu")
    if where != label.split(":")[0]:
        raise misplaced(label, where)
    return losses[0], losses[-1]


def judge(losses, scores):
    if not losses[-1] < losses[0] / 2:
        raise Failure("no-learning", f"the loss is {losses[0]:.3f} at first and {losses[-1]:.3f} in the end")
    wrong = [text for i, (text, good) in enumerate(EXAMPLES) if (scores[i] > 0.5) != (good > 0.5)]
    if wrong:
        raise Failure("no-learning", f"after training {wrong[0]!r} is in the wrong class")
