"""Questions to NVML, each guarded by itself: what one of them raises costs its own answer."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The member of NVML's union that holds a field's value, by the number of its type.
_MEMBERS = ("dVal", "uiVal", "ulVal", "ullVal", "sllVal", "siVal", "usVal")


class Questions:
    """Asks pynvml's functions by name.

    ``errors`` says why there is no answer, by question.  ``missing`` gathers the functions that this driver's
    library (or this pynvml) does not have; they are not asked again, of whatever GPU.
    """

    def __init__(self, nvml: Any, missing: set[str]) -> None:
        self._nvml = nvml
        self.missing = missing
        self.errors: dict[str, str] = {}

    def of_another(self) -> Questions:
        """The same for another GPU."""
        return Questions(self._nvml, self.missing)

    @property
    def lost(self) -> bool:
        """Whether NVML said that the GPU is lost."""
        return any(failure.startswith("GpuIsLost") for failure in self.errors.values())

    def __call__(self, question: str, function: str, *arguments: Any) -> Any:
        """What a function gives; None where it gives nothing.

        pynvml refuses texts that are not UTF-8: the function inside its wrapper gives their bytes.
        """
        if function in self.missing:
            return None
        try:
            found = getattr(self._nvml, function)
            return getattr(found, "__wrapped__", found)(*arguments)
        except Exception as error:
            self._note(question, function, error)
            return None

    def _note(self, question: str, function: str, error: Exception) -> None:
        if name_error(error) == "FunctionNotFound" or not hasattr(self._nvml, function):
            self.missing.add(function)
        else:
            self.errors[question] = describe(error)

    def first(self, question: str, *calls: tuple[Any, ...]) -> Any:
        """The answer of the first call that gives one: a function and its arguments."""
        for function, *arguments in calls:
            answer = self(question, function, *arguments)
            if answer is not None:
                self.errors.pop(question, None)
                return answer
        return None

    def text(self, question: str, function: str, *arguments: Any) -> str | None:
        """A text, with replacement characters where it is not UTF-8."""
        answer = self(question, function, *arguments)
        return None if answer is None else self.decode(question, answer)

    def decode(self, question: str, value: Any) -> str:
        """The text of what NVML gave; older bindings give bytes."""
        if not isinstance(value, bytes):
            return str(value)
        try:
            return value.decode()
        except UnicodeDecodeError:
            self.errors[question] = "the library's text is not UTF-8"
            return value.decode("utf-8", "replace")

    def group(self, question: str, calls: dict[str, tuple[Any, ...]], scale: float = 1) -> dict[str, Any] | None:
        """Several numbers that belong together, divided by ``scale``; None where none of them is known.

        Then the group counts as one question without an answer.
        """
        answers = {name: self(f"{question}.{name}", *call) for name, call in calls.items()}
        if any(answer is not None for answer in answers.values()):
            return {name: _divide(answer, scale) for name, answer in answers.items()}
        failures = [failure for name in calls if (failure := self.errors.pop(f"{question}.{name}", None))]
        if failures:
            self.errors[question] = failures[0]
        return None

    def fields(self, question: str, handle: Any, numbers: list[int]) -> list[Any]:
        """The values of numbered fields, None for each that the GPU does not have."""
        values = self(question, "nvmlDeviceGetFieldValues", handle, numbers)
        if values is None:
            return [None] * len(numbers)
        return [_field_value(value) for value in values]

    def name(self, question: str, words: dict[int, str], function: str, *arguments: Any) -> str | None:
        """An enumerated answer in words, None for a number without one."""
        return words.get(self(question, function, *arguments))

    def switch(self, question: str, function: str, *arguments: Any) -> bool | None:
        """An answer that is on or off."""
        answer = self(question, function, *arguments)
        return None if answer is None else bool(answer)


def _divide(answer: Any, scale: float) -> Any:
    return answer if answer is None or scale == 1 else answer / scale


def _field_value(value: Any) -> Any:
    if value.nvmlReturn != 0 or not 0 <= value.valueType < len(_MEMBERS):
        return None
    return getattr(value.value, _MEMBERS[value.valueType])


def name_error(error: Exception) -> str:
    """``LibRmVersionMismatch`` of pynvml's class, or the name of another exception."""
    return type(error).__name__.replace("NVMLError_", "")


def describe(error: Exception) -> str:
    """``GpuIsLost (15): GPU is lost``."""
    code = getattr(error, "value", None)
    try:
        words = str(error)
    except Exception:
        words = "no description"  # the library words it, and may fail at that too
    return f"{name_error(error)} ({code}): {words}" if code is not None else f"{name_error(error)}: {words}"
