"""That fuzzing finds what it is to find: readers that are broken on purpose."""

import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from fuzz import __main__ as command
from fuzz import corpus
from fuzz.judge import Finding, judge
from fuzz.mutate import Mutator
from fuzz.reader import Reader
from fuzz.shorten import shorten
from fuzz.table import Result, write
from torchcaffe.errors import CaffeError
from torchcaffe.memory import check_memory

MIB = 1 << 20


class Broken(Reader):
    text = True
    act: Callable[[bytes], object]

    def seeds(self) -> Iterable[bytes]:
        return [b"seed"]

    def read(self, data: bytes) -> None:
        self.act(data)


def broken(act: Callable[[bytes], object], tmp_path: Path) -> Broken:
    reader = Broken(tmp_path)
    reader.act = act
    return reader


def refuse(message: str) -> Callable[[bytes], object]:
    def act(data: bytes) -> None:
        raise CaffeError(message)

    return act


def for_ever(data: bytes) -> None:
    while True:
        pass


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (lambda data: data.decode("ascii"), "UnicodeDecodeError"),
        (lambda data: bytearray(4096 * MIB), "memory"),  # More than the process may hold in reserve.
        (for_ever, "hang"),
        (refuse(" "), "message"),
        (refuse("x" * 6000), "message"),
        (lambda data: exit(3), "SystemExit"),
    ],
)
def test_what_a_reader_may_not_do_is_a_finding(act: Callable[[bytes], object], kind: str, tmp_path: Path) -> None:
    finding = judge(broken(act, tmp_path), b"\xff", seconds=0.2, memory=100 * MIB)
    assert finding is not None
    assert finding.kind == kind


@pytest.mark.parametrize("act", [lambda data: None, refuse("it is cut short"), lambda data: bytearray(10 * MIB)])
def test_reading_and_refusing_are_no_findings(act: Callable[[bytes], object], tmp_path: Path) -> None:
    assert judge(broken(act, tmp_path), b"", memory=100 * MIB) is None


def test_memory_is_asked_for_before_it_is_taken(tmp_path: Path) -> None:
    """What the process's limit leaves is what can be had."""
    finding = judge(broken(lambda data: check_memory(200 * MIB, "it"), tmp_path), b"", memory=100 * MIB)
    assert finding is None
    assert judge(broken(lambda data: check_memory(50 * MIB, "it"), tmp_path), b"", memory=100 * MIB) is None


def test_an_input_is_made_shorter_as_long_as_it_finds_the_same(tmp_path: Path) -> None:
    reader = broken(lambda data: 1 // (b"bad" not in data), tmp_path)
    data = b"one\ntwo\nbad\nthree\nfour\n" * 3
    finding = judge(reader, data)
    assert finding is not None
    assert shorten(reader, data, finding) == b"bad\n"


def test_changes_are_the_same_for_the_same_seed() -> None:
    made = [Mutator(random.Random(4), [b"word"], [b"other\nlines\n"]).change(b"a: 1\nb: 2\n", 64, True) for _ in "ab"]
    assert made[0] == made[1]


def test_changes_keep_to_the_longest() -> None:
    mutator = Mutator(random.Random(4), [b"word"], [b"x" * 5000])
    assert max(len(mutator.change(b"a: 1\n" * 9, 64, text)) for text in (True, False) for _ in range(500)) <= 64


def test_a_process_that_dies_is_a_finding_whose_input_is_kept(tmp_path: Path) -> None:
    (tmp_path / "progress.json").write_text('{"runs": 7, "seconds": 2.5, "findings": []}')
    (tmp_path / "current").write_bytes(b"deadly")
    (tmp_path / "log").write_text("==1== ERROR: libFuzzer: deadly signal\n")
    result = command.Result("net")
    assert command._take(result, tmp_path, tmp_path / "kept", -11)
    (finding,) = result.findings
    assert (finding.kind, result.runs, result.seconds) == ("death", 7, 2.5)
    assert "SIGSEGV" in finding.detail
    assert [path.read_bytes() for path in corpus.kept("net", tmp_path / "kept")] == [b"deadly"]


def test_the_command_fuzzes_and_writes_its_table(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "table.md"
    arguments = ["--seconds", "1.5", "--reader", "mean_file", "--engine", "plain", "--keep", str(tmp_path / "kept")]
    assert command.main([*arguments, "--out", str(out)]) == 0
    (row,) = [line for line in out.read_text().splitlines() if line.startswith("| mean_file")]
    cells = [cell.strip() for cell in row.split("|")]
    assert int(cells[4].replace(",", "")) > 10
    assert cells[5:7] == ["chance", "0"]


def test_the_table_keeps_the_readers_of_earlier_sessions(tmp_path: Path) -> None:
    page = tmp_path / "fuzz.md"
    finding = Finding("hang", "torchcaffe/net.py:1", "more than 10 s")
    write([Result("solver", True, 60, 7, [finding], "2026-01-01", "a machine"), Result("net", runs=2)], page)
    write([Result("net", runs=3)], page)
    rows = [line.split("|")[1:7] for line in page.read_text().splitlines() if line.startswith(("| net", "| solver"))]
    assert [[row[i].strip() for i in (0, 3, 5)] for row in rows] == [["net", "3", "0"], ["solver", "7", "1"]]
    assert f"- solver: {finding}" in page.read_text()
