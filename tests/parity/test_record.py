"""The file of the tables: whole on the CPU; on a GPU what is measured there, and on which."""

from pathlib import Path

import pytest
import torch
from not_there import NOT_THERE, told
from record import Record
from tables import TABLES

GPU = {"layers", "solvers"}


class Lines:
    """Stands for pytest's reporter and for a test's report."""

    when = "teardown"

    def __init__(self, tables: set[str]) -> None:
        self.user_properties = [
            ("parity", [name, "a row", next(iter(TABLES[name].columns)), 1e-7]) for name in sorted(tables)
        ]
        self.lines: list[str] = []

    def section(self, title: str) -> None:
        self.lines.append(title)

    def line(self, text: str) -> None:
        self.lines.append(text)


@pytest.mark.parametrize(
    ("device", "measured", "missing"),
    [
        ("cpu", TABLES.keys(), set()),
        ("cpu", GPU, TABLES.keys() - GPU),
        ("cuda:0", GPU, set()),
        ("cuda:0", {"layers"}, {"solvers"}),
    ],
)
def test_written_if_all_that_the_device_measures_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, measured: set[str], missing: set[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Model 7")
    file = tmp_path / "parity.md"
    record, lines = Record(file, torch.device(device)), Lines(set(measured))
    record.pytest_runtest_logreport(lines)
    record.pytest_terminal_summary(lines, exitstatus=0)
    if missing:
        assert lines.lines[-1] == f"{file} is not written: nothing was measured for {', '.join(sorted(missing))}"
        assert not file.exists()
        return
    text = file.read_text()
    assert [f"## {table.title}" in text for table in TABLES.values()] == [name in measured for name in TABLES]
    told_of = text[text.index("## Layers") :].replace("\n", " ")
    assert told() in told_of
    assert all(f"{kind} ({why})" in told_of for kind, why in NOT_THERE.items())
    assert ("Both compute on a GPU, Model 7." in text) == (device != "cpu")
