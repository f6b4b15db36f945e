"""The machine's name."""

import os
from pathlib import Path

import pytest

from layerhint import machine


def test_the_cpu_is_named_as_the_system_names_it(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nvendor_id\t: X\nmodel name\t: Some CPU @ 2.40GHz: fast\n\nprocessor\t: 1\n")
    assert machine.cpu_name(cpuinfo) == "Some CPU @ 2.40GHz: fast"


@pytest.mark.parametrize(("flags", "words"), [("sse avx avx2 avx512f", "X with AVX-512"), ("avx2 avx", "X with AVX2")])
def test_vector_instructions_are_part_of_the_name(flags: str, words: str, tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"model name\t: X\nflags\t\t: fpu {flags}\n\nmodel name\t: Y\n")
    assert machine.cpu_name(cpuinfo) == words


def test_a_system_without_that_file_still_has_a_name(tmp_path: Path) -> None:
    assert machine.cpu_name(tmp_path / "absent")


@pytest.mark.parametrize(("count", "words"), [(1, "1 core"), (6, "6 cores")])
def test_cores_are_those_that_this_process_may_use(count: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(count)), raising=False)
    assert machine.describe_machine().endswith(f", {words}")
