"""Every parser of the probe and of the formats, found by its name and its parameters."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator

import mlenv.formats
import mlenv.probe

Parser = Callable[[object], object]
PREFIXES = ("parse_", "find_", "name_", "plain_")


def parsers(kind: type) -> Iterator[Parser]:
    """The parsers whose first parameter is of that type and whose other ones have defaults."""
    for package in (mlenv.formats, mlenv.probe):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(info.name)
            for name, function in vars(module).items():
                if (
                    inspect.isfunction(function)
                    and function.__module__ == info.name
                    and is_parser(name, function, kind)
                ):
                    yield function


def is_parser(name: str, function: Callable[..., object], kind: type) -> bool:
    """Whether a function is a public parser of that kind of input."""
    if not name.startswith(PREFIXES):
        return False
    parameters = list(inspect.signature(function).parameters.values())
    hints = typing.get_type_hints(function)
    alone = all(parameter.default is not parameter.empty for parameter in parameters[1:])
    return bool(parameters) and alone and hints.get(parameters[0].name) is kind


def label(parser: object) -> str:
    """``formats.rocminfo.parse_rocminfo``."""
    return f"{getattr(parser, '__module__', '')}.{getattr(parser, '__name__', '')}".removeprefix("mlenv.")
