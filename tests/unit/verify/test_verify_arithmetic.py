"""The arithmetic that an error names, and the references that owe nothing to a framework."""

from __future__ import annotations

import importlib
import math
import random
from collections.abc import Callable
from typing import Any

import pytest


def load(name: str) -> Any:
    return importlib.import_module(f"mlenv.verify.payloads.{name}")


arithmetic, exact, verdicts, common = load("_arithmetic"), load("_exact"), load("_verdicts"), load("_common")


class Table:
    """As much of an array as a reading needs."""

    def __init__(self, rows: list[list[float]]) -> None:
        self.rows = rows
        self.shape = (len(rows), len(rows[0]))

    def combine(self, other: Table, operate: Callable[[float, float], float]) -> Table:
        pairs = zip(self.rows, other.rows, strict=True)
        return Table([[operate(a, b) for a, b in zip(*pair, strict=True)] for pair in pairs])

    def __sub__(self, other: Table) -> Table:
        return self.combine(other, lambda a, b: a - b)

    def __mul__(self, other: Table) -> Table:
        return self.combine(other, lambda a, b: a * b)

    def __abs__(self) -> Table:
        return Table([[abs(number) for number in row] for row in self.rows])

    def sum(self) -> float:
        return math.fsum(number for row in self.rows for number in row)

    def max(self) -> float:
        return max(max(row) for row in self.rows)


def make_tables(norm: float) -> tuple[Table, Table]:
    """A product of normal numbers whose relative error is near the norm, and the exact one."""
    generator = random.Random(1)
    exact_rows = [[generator.gauss(0, 20) for _ in range(64)] for _ in range(64)]
    found = [[number * (1 + norm * generator.gauss(0, 1)) for number in row] for row in exact_rows]
    return Table(found), Table(exact_rows)


@pytest.mark.parametrize(
    ("norm", "asked", "name"),
    [
        (8e-16, "float64", "fp64"),
        (2.4e-7, "float32", "fp32"),
        (2.9e-4, "float32", "tf32"),
        (2.9e-3, "float32", "bf16"),
        (3.6e-4, "float16", "fp16"),
        (2.9e-3, "bfloat16", "bf16"),
        (3.8e-2, "float8", "fp8"),
    ],
)
def test_an_error_names_its_arithmetic(norm: float, asked: str, name: str) -> None:
    reading = arithmetic.judge(*make_tables(norm), asked, "a product")
    assert (reading.arithmetic, reading.norm) == (name, pytest.approx(norm, rel=0.2))


@pytest.mark.parametrize(
    ("norm", "asked", "words"),
    [
        (2e-7, "float64", "a product: float64 has the accuracy of float32 only (relative error 2.0e-07)"),
        (2.9e-3, "float16", "float16 has the accuracy of bfloat16 only"),
        (3.8e-2, "float32", "float32 has the accuracy of float8 only"),
        (3.8e-2, "bfloat16", "bfloat16 has the accuracy of float8 only"),
    ],
)
def test_less_than_the_format_has_fails(norm: float, asked: str, words: str) -> None:
    with pytest.raises(verdicts.Failure) as caught:
        arithmetic.judge(*make_tables(norm), asked, "a product")
    assert caught.value.reason == "low-precision"
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "reason", "words"),
    [
        (math.nan, "not-a-number", "holds NaN or infinite ones"),
        (math.inf, "not-a-number", "holds NaN or infinite ones"),
        (1e6, "wrong-number", "which no arithmetic explains"),
        (0.5, "wrong-number", "an element is wrong by"),
    ],
)
def test_one_wrong_element_is_no_rounding(wrong: float, reason: str, words: str) -> None:
    found, reference = make_tables(2.4e-7)
    found.rows[3][17] += wrong
    with pytest.raises(verdicts.Failure, match=words) as caught:
        arithmetic.judge(found, reference, "float32", "a product")
    assert caught.value.reason == reason


def test_what_may_run_instead_depends_on_the_framework() -> None:
    tables = make_tables(2.9e-4)
    assert arithmetic.judge(*tables, "float32", "a product", arithmetic.HALVES).arithmetic == "fp16"
    with pytest.raises(verdicts.Failure, match="has the accuracy of TF32 only"):
        arithmetic.judge(*tables, "float32", "a product", ())


def test_an_exact_result_is_of_the_format_itself() -> None:
    reference = make_tables(0.0)[1]
    assert arithmetic.judge(reference, reference, "float32", "a product") == (0.0, "fp32")


def test_readings_are_noted_by_what_was_asked_for() -> None:
    note = common.Note("cuda:0", [])
    readings = {"float32": arithmetic.Reading(2.9e-4, "tf32"), "bfloat16": arithmetic.Reading(2.9e-3, "bf16")}
    words = arithmetic.note_readings(note, readings)
    assert words == ("float32 ran as TF32 (relative error 2.9e-04), bfloat16 ran as bfloat16 (relative error 2.9e-03)")
    assert note.measured == {
        "norm": 2.9e-4,
        "arithmetic": "tf32",
        "norm_bfloat16": 2.9e-3,
        "arithmetic_bfloat16": "bf16",
    }


def test_the_product_of_whole_numbers_is_the_one_of_a_loop() -> None:
    left, right = exact.make_matrices()
    columns = list(zip(*right, strict=True))
    by_loop = [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in left[:8]]
    assert exact.multiply(left[:8], right) == by_loop
    assert exact.multiply([[-(10**6), 3]], [[10**9, -(10**9)], [-7, 7]]) == [[-(10**15) - 21, 10**15 + 21]]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_named_before_wrong_ones(number: float) -> None:
    with pytest.raises(verdicts.Failure, match=r"element \[1, 0\] is .* and must be 3 \(2 of 4") as caught:
        exact.compare([[5.0, 2.0], [number, 4.0]], [[1, 2], [3, 4]], "float32")
    assert caught.value.reason == "not-a-number"


def test_the_convolution_is_the_one_of_its_definition() -> None:
    images, filters, found = load("_convolution").make_whole()

    def pixel(image: list[list[list[int]]], y: int, x: int) -> int:
        """The sum of one filter around a pixel; outside the image all is zero."""
        inside = range(16)
        return sum(
            image[c][y + i - 1][x + j - 1] * filters[5][c][i][j]
            for c in range(8)
            for i in range(3)
            for j in range(3)
            if y + i - 1 in inside and x + j - 1 in inside
        )

    assert (len(found), len(found[0])) == (2 * 16 * 16, 16)
    places = [(n, y, x) for n in range(2) for y in (0, 7, 15) for x in (0, 9, 15)]
    assert [found[256 * n + 16 * y + x][5] for n, y, x in places] == [pixel(images[n], y, x) for n, y, x in places]


def test_the_gradient_step_is_that_of_differences() -> None:
    gradient = load("_gradient")
    left, right, signs = [[1, 2], [-1, 1]], [[1, 0, -1], [1, -1, 1]], [[1, -1, 1], [-1, 1, 1]]

    def loss(weights: list[list[float]]) -> float:
        products = [[sum(a * weights[k][j] for k, a in enumerate(row)) for j in range(3)] for row in left]
        return sum(
            max(number, 0.0) * sign
            for pair in zip(products, signs, strict=True)
            for number, sign in zip(*pair, strict=True)
        )

    def slope(i: int, j: int) -> float:
        """To the left of a kink at zero, where relu's derivative is taken to be zero."""
        less = [[number - 1e-6 * ((i, j) == (k, m)) for m, number in enumerate(row)] for k, row in enumerate(right)]
        more = [[number + 1e-6 * ((i, j) == (k, m)) for m, number in enumerate(row)] for k, row in enumerate(right)]
        return (loss(more) - loss(less)) / 2e-6

    found = gradient.descend(left, right, signs)
    smooth = [(i, j) for i in range(2) for j in (1, 2)]  # In the first column a product is zero.
    assert [found[i][j] for i, j in smooth] == pytest.approx([right[i][j] - slope(i, j) for i, j in smooth])
    assert [found[0][0], found[1][0]] == [1 - 1 * 1, 1 - 2 * 1]


@pytest.mark.parametrize(
    ("losses", "reason"), [([9.0, 8.0, 5.0], "does-not-learn"), ([9.0, math.nan, 1.0], "not-a-number"), ([9, 2], "")]
)
def test_a_training_must_halve_its_loss(losses: list[float], reason: str) -> None:
    note = common.Note("cpu", [])
    if not reason:
        load("_torch.training").judge_losses(losses, note)
        assert note.measured == {"first_loss": 9, "last_loss": 2}
        return
    with pytest.raises(verdicts.Failure) as caught:
        load("_torch.training").judge_losses(losses, note)
    assert caught.value.reason == reason
