"""The rows themselves: ids, words, patterns."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from mlenv.symptoms.registry import RULES
from mlenv.symptoms.symptom import LAYERS, Effect, Layer, Rule
from mlenv.symptoms.ways import WAYS

ROWS = [pytest.param(rule, id=rule.id) for rule in RULES]


def test_ids_are_unique_slugs() -> None:
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)
    assert [] == [slug for slug in ids if not re.fullmatch(r"[a-z]+(?:-[a-z]+)*", slug)]


def test_layers_are_all_in_order() -> None:
    assert LAYERS == get_args(Layer)
    assert [rule.layer for rule in RULES] == sorted((rule.layer for rule in RULES), key=LAYERS.index)


@pytest.mark.parametrize("rule", ROWS)
def test_words(rule: Rule) -> None:
    assert rule.effect in get_args(Effect)
    assert rule.remedies
    for sentence in (rule.meaning, *rule.remedies):
        assert sentence == sentence.strip()
        assert not sentence.endswith(".")
        assert "  " not in sentence
    braces = {name for remedy in rule.remedies for name in re.findall(r"\{([^}]*)\}", remedy)}
    assert braces <= {"subject", *WAYS}


@pytest.mark.parametrize("rule", ROWS)
def test_nobody_is_told_to_install_as_administrator_with_pip(rule: Rule) -> None:
    text = " ".join(rule.remedies)
    assert not re.search(r"sudo|--break-system-packages|--trusted-host|ssl_verify false", text, re.IGNORECASE)


def test_only_content_is_fetched_again() -> None:
    assert {"content"} == {rule.layer for rule in RULES if rule.effect == "corrupt"}


def test_every_way_is_walked() -> None:
    text = " ".join(remedy for rule in RULES for remedy in rule.remedies)
    assert [] == [way for way in WAYS if f"{{{way}}}" not in text]
    assert all({"uv", "pip", "conda", "pixi"} == set(by_manager) for by_manager in WAYS.values())
