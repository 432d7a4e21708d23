"""NLTK: what it computes without any of its corpora, against results that are known."""

from ._verdicts import Failure

SENTENCE = "The GPU works. It isn't slow, is it?"
TOKENS = ["The", "GPU", "works.", "It", "is", "n't", "slow", ",", "is", "it", "?"]
STEMS = {"running": "run", "ponies": "poni", "relational": "relat", "caresses": "caress", "hopping": "hop"}
GRAMMAR = """
S -> NP VP
VP -> V NP
NP -> 'mice' | 'cheese'
V -> 'eat'
"""


def check(session):
    nltk = session.import_modules("nltk")
    session.stay_on_cpu("NLTK")
    with session.check("compute", "cpu") as note:
        equal("tokens", nltk.tokenize.TreebankWordTokenizer().tokenize(SENTENCE), TOKENS)
        stemmer = nltk.stem.PorterStemmer()
        equal("stems", {word: stemmer.stem(word) for word in STEMS}, STEMS)
        equal("the edit distance", nltk.edit_distance("kitten", "sitting"), 3)
        equal("counts", nltk.FreqDist("abracadabra").most_common(1), [("a", 5)])
        note.detail = f"{len(TOKENS)} tokens, {len(STEMS)} stems, an edit distance and counts as they must be"
    if session.reaches("standard"):
        with session.check("grammar", "cpu", vital=False) as note:
            trees = nltk.ChartParser(nltk.CFG.fromstring(GRAMMAR)).parse(["mice", "eat", "cheese"])
            equal("the parses", [str(tree) for tree in trees], ["(S (NP mice) (VP (V eat) (NP cheese)))"])
            note.detail = "a sentence of three words is parsed"
        with session.check("classifier", "cpu", vital=False) as note:
            classify(nltk)
            note.detail = "a naive Bayes classifier learns what four examples say"


def classify(nltk):
    examples = [({"ends": end}, kind) for end, kind in (("a", "f"), ("a", "f"), ("o", "m"), ("o", "m"))]
    classifier = nltk.NaiveBayesClassifier.train(examples)
    equal("the classes", [classifier.classify({"ends": end}) for end in "ao"], ["f", "m"])
    # Two of two, with half a count for each of the values seen: (2 + 0.5) / (2 + 1) to 0.5 / 3.
    share = classifier.prob_classify({"ends": "a"}).prob("f")
    equal("the probability", round(share, 6), round(5 / 6, 6))


def equal(what, found, expected):
    if found != expected:
        raise Failure("wrong-number", f"{what}: {found} and must be {expected}")
