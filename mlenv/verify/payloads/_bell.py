"""The Bell state: the first of two qubits put into superposition, the second tied to it."""

import cmath

from ._verdicts import Failure

AMPLITUDES = [0.5**0.5, 0.0, 0.0, 0.5**0.5]
LIMIT = 1e-12


def judge(what, found):
    """The largest error of an amplitude; :class:`Failure` where it is not the state but for a common phase."""
    numbers = [complex(number) for number in found]
    if len(numbers) != 4:
        raise Failure("wrong-number", f"{what} has {len(numbers)} amplitudes and not 4")
    turn = cmath.exp(-1j * cmath.phase(numbers[0]))
    error = max(abs(number * turn - AMPLITUDES[i]) for i, number in enumerate(numbers))
    if not error <= LIMIT:
        raise Failure("wrong-number", f"{what} is {[format(number, '.6g') for number in numbers]}, no Bell state")
    return error


def judge_counts(what, counts):
    """:class:`Failure` where the two qubits are not measured alike each time, or always the same."""
    if set(counts) != {"00", "11"}:
        raise Failure("wrong-number", f"{what} measured {dict(counts)}: both 00 and 11, and nothing else, must occur")
