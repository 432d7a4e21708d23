"""Whether each value of a file has the form of its key, told in the words of the file's author."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, NamedTuple

import msgspec.inspect as form

from mlenv.policy.conditions import CONDITION_KINDS, EXAMPLES, is_condition
from mlenv.policy.requirements import parse_unwanted, parse_wanted


class Problem(NamedTuple):
    """What is wrong with a key, and what to write instead."""

    key: str
    text: str
    remedy: str


def find_problems(data: Any, kind: type[Any]) -> Iterator[Problem]:
    """Everything in which a file differs from its type."""
    yield from _walk(data, form.type_info(kind), "", {})


def _walk(value: Any, kind: form.Type, key: str, extra: dict[str, Any]) -> Iterator[Problem]:
    if isinstance(kind, form.Metadata):
        yield from _walk(value, kind.type, key, {**(kind.extra or {}), **(kind.extra_json_schema or {})})
    elif isinstance(kind, form.UnionType):
        yield from _walk_union(value, kind, key)
    elif not _fits(value, kind):
        yield Problem(key, f"is {_show(value)}", _word_expectation(value, kind, extra))
    elif isinstance(kind, form.StructType):
        yield from _walk_struct(value, kind, key)
    elif isinstance(kind, form.DictType):
        yield from _walk_dict(value, kind, key)
    elif isinstance(kind, form.VarTupleType):
        for index, item in enumerate(value):
            yield from _walk(item, kind.item_type, f"{key}[{index}]", {})
    elif isinstance(kind, form.StrType):
        yield from _check_text(value, key, extra.get("form", ""))


def _walk_union(value: Any, kind: form.UnionType, key: str) -> Iterator[Problem]:
    """The answer of the kind that fits best: no complaint, else that of the last, which says most."""
    kinds = [part for part in kind.types if not isinstance(part, form.NoneType)]
    answers = [list(_walk(value, part, key, {})) for part in kinds]
    best = min(answers, key=len)
    if best and len(kinds) > 1:
        yield Problem(key, best[0].text, " or ".join(answer[0].remedy for answer in answers))
        return
    yield from best


def _walk_struct(value: dict[str, Any], kind: form.StructType, key: str) -> Iterator[Problem]:
    fields = {field.encode_name: field for field in kind.fields}
    for name, item in value.items():
        if name in fields:
            yield from _walk(item, fields[name].type, _join(key, name), {})
        else:
            yield Problem(_join(key, name), "is an unknown key", _suggest(name, list(fields)))
    for name, field in fields.items():
        if field.required and name not in value:
            yield Problem(_join(key, name), "is missing", f"add {_example(name, field.type)}")


def _walk_dict(value: dict[str, Any], kind: form.DictType, key: str) -> Iterator[Problem]:
    for name, item in value.items():
        yield from _walk(name, kind.key_type, _join(key, name), {})
        yield from _walk(item, kind.value_type, _join(key, name), {})


def _check_text(value: str, key: str, name: str) -> Iterator[Problem]:
    if name in CONDITION_KINDS and not is_condition(name, value):
        yield Problem(key, f"is {_show(value)}, which is no condition", f'write it as in "{EXAMPLES[name]}"')
    elif name == "said" and not value.strip():
        yield Problem(key, "is empty", "say it in a few words")
    elif name == "name" and not all(letter.isascii() and (letter.isalnum() or letter in "._-") for letter in value):
        yield Problem(key, "is no name of a framework", "write it as in [frameworks.torch]")
    elif name == "requirement" and parse_wanted(value) is None:
        yield Problem(key, f"is {_show(value)}, which is no requirement", 'write it as in "numpy>=2"')
    elif name == "unwanted" and parse_unwanted(value) is None:
        yield Problem(key, f"is {_show(value)}, which names no packages", 'write it as in "numpy<1.26" or "a+b"')


def _fits(value: Any, kind: form.Type) -> bool:
    if isinstance(kind, form.LiteralType):
        return any(value == known and type(value) is type(known) for known in kind.values)
    if isinstance(kind, form.FloatType):
        return isinstance(value, (int, float)) and not isinstance(value, bool) and _is_within(value, kind)
    if isinstance(kind, form.DateType):
        return isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    types: dict[type[form.Type], type[Any]] = {
        form.StrType: str,
        form.BoolType: bool,
        form.VarTupleType: list,
        form.StructType: dict,
        form.DictType: dict,
    }
    return isinstance(value, types[type(kind)])


def _is_within(value: float, kind: form.FloatType) -> bool:
    low = kind.gt is None or value > kind.gt
    high = kind.le is None or value <= kind.le
    return low and high and math.isfinite(value)


def _word_expectation(value: Any, kind: form.Type, extra: dict[str, Any]) -> str:
    """What belongs there, as the end of ``write ...``."""
    if isinstance(kind, form.LiteralType):
        choices = [f'"{known}"' if isinstance(known, str) else str(known) for known in kind.values]
        texts = [known for known in kind.values if isinstance(known, str)]
        near = get_close_matches(str(value), texts, 1)
        return f'did you mean "{near[0]}"?' if near else f"write {' or '.join(choices)}"
    if isinstance(kind, form.StrType):
        condition = extra.get("form") in CONDITION_KINDS
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e9
        example = EXAMPLES[extra["form"]] if condition else (extra.get("examples") or ["..."])[0]
        example = f">={value}" if condition and number else example
        return f'write a {"condition" if condition else "text"}, as in "{example}"'
    words: dict[type[form.Type], str] = {
        form.BoolType: "write true or false",
        form.FloatType: "write a number above 0 and at most 1",
        form.DateType: "write a day, as in 2027-03-31",
        form.VarTupleType: "write a list, as in [...]",
    }
    return words.get(type(kind), "write a table, as in [gpu]")


def _show(value: Any) -> str:
    """A value as its author sees it, not longer than a line bears."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "a list"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _suggest(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"did you mean `{near[0]}`?" if near else f"known keys are {', '.join(known)}"


def _example(name: str, kind: form.Type) -> str:
    if isinstance(kind, form.LiteralType):
        return f"{name} = {kind.values[0]}"
    if isinstance(kind, form.DateType):
        return f"{name} = 2027-03-31, the last day"
    return f'{name} = "..."'


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
