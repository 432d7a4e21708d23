"""Answers that depend on a program's file alone are given again until that file changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlenv.system.process import Completed
from mlenv.system.remembered import Memory, describe_program


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "tool"
    path.write_text("one")
    return path


class Asked:
    """A program that counts how often it was asked."""

    def __init__(self, status: int | None = 0) -> None:
        self.count = 0
        self._status = status

    def __call__(self) -> Completed:
        self.count += 1
        return Completed(status=self._status, stdout=f"answer {self.count}")


def ask(kept: Path | None, program: Path, asked: Asked, *words: str) -> str:
    return Memory(str(kept) if kept else None).get([str(program), *words], asked).stdout


def test_asked_once_for_the_same_file(tmp_path: Path, program: Path) -> None:
    asked = Asked()
    kept = tmp_path / "cache" / "answers.mp"
    assert ["answer 1"] * 3 == [ask(kept, program, asked, "--version") for _ in range(3)]


def test_asked_again_for_another_file(tmp_path: Path, program: Path) -> None:
    asked = Asked()
    kept = tmp_path / "answers.mp"
    ask(kept, program, asked)
    program.write_text("two, and longer")
    assert "answer 2" == ask(kept, program, asked)


def test_other_words_are_another_question(tmp_path: Path, program: Path) -> None:
    asked = Asked()
    kept = tmp_path / "answers.mp"
    assert ["answer 1", "answer 2", "answer 1"] == [ask(kept, program, asked, *words) for words in ("a", "b", "a")]


@pytest.mark.parametrize("status", [1, None, -11])
def test_a_failure_is_not_remembered(tmp_path: Path, program: Path, status: int | None) -> None:
    asked = Asked(status)
    kept = tmp_path / "answers.mp"
    assert ["answer 1", "answer 2"] == [ask(kept, program, asked) for _ in range(2)]


@pytest.mark.parametrize("damage", [b"", b"\xff\x00", b"\x81\xa1a\x01"])
def test_a_damaged_memory_only_costs_time(tmp_path: Path, program: Path, damage: bytes) -> None:
    kept = tmp_path / "answers.mp"
    kept.write_bytes(damage)
    asked = Asked()
    assert ["answer 1", "answer 1"] == [ask(kept, program, asked) for _ in range(2)]


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path: Path, program: Path) -> None:
    (tmp_path / "file").write_text("")
    asked = Asked()
    assert ["answer 1", "answer 2"] == [ask(tmp_path / "file" / "answers.mp", program, asked) for _ in range(2)]


def test_a_program_that_is_not_there_is_asked_each_time(tmp_path: Path) -> None:
    asked = Asked()
    assert describe_program(str(tmp_path / "none")) is None
    assert ["answer 1", "answer 2"] == [ask(tmp_path / "answers.mp", tmp_path / "none", asked) for _ in range(2)]


def test_links_lead_to_the_file_that_counts(tmp_path: Path, program: Path) -> None:
    link = tmp_path / "link"
    os.symlink(program, link)
    assert describe_program(str(program)) == describe_program(str(link))


def test_a_script_counts_with_what_it_starts(tmp_path: Path, program: Path) -> None:
    script = tmp_path / "script"
    script.write_text(f'#!/bin/sh\nexec "{program}" "$@"\n')
    before = describe_program(str(script))
    program.write_text("two, and longer")
    assert before is not None
    assert before != describe_program(str(script))


def test_a_script_that_may_start_anything_is_asked_each_time(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text('#!/bin/sh\nexec nvcc "$@"\n')
    assert describe_program(str(script)) is None
