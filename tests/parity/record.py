"""The tables of the worst errors, collected over the run and written as Markdown.

They are collected from the tests' reports, so that it does not matter which process ran a test.
"""

import platform
from collections import defaultdict
from pathlib import Path
from textwrap import wrap

import numpy as np
import pytest
import torch
from tables import COUNT, TABLES, Table

import torchcaffe
from layerhint.realcaffe.find import find_real_caffe
from torchcaffe.files import write_bytes_atomically

ABOUT = (
    "Written by `make parity`; the tests are in `tests/parity/`. Shown is the worst error of each row: of a blob"
    " ||a - b|| / ||b||, of a loss |a / b - 1|."
)


class Record:
    """Collects what the tests recorded under "parity": table, row, column, error; shows it, and writes it to `file`.

    On a GPU that is written without the tables that are measured on the CPU alone.
    """

    def __init__(self, file: Path | None, device: torch.device) -> None:
        self._file, self._device = file, device
        self._errors: dict[str, dict[str, dict[str, list[float]]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(list))
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "teardown":  # Every report of a test repeats its properties.
            return
        for key, value in report.user_properties:
            if key == "parity":
                table, row, column, error = value
                self._errors[table][row][column].append(error)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
        if not self._errors:
            return
        terminalreporter.section("worst errors")
        for name, table in TABLES.items():
            if name in self._errors:
                terminalreporter.line("\n".join(self._markdown(name, table)))
        if self._file is None:
            return
        on_cpu = self._device.type == "cpu"
        missing = sorted({name for name, table in TABLES.items() if table.gpu or on_cpu} - self._errors.keys())
        if exitstatus or missing:
            why = f"nothing was measured for {', '.join(missing)}" if missing else "not all tests passed"
            terminalreporter.line(f"{self._file} is not written: {why}")
            return
        write_bytes_atomically(self._file, self.text().encode())
        terminalreporter.line(f"written to {self._file}")

    def text(self) -> str:
        """The whole file."""
        lines = ["# Parity: torchcaffe against the real Caffe", "", *wrap(ABOUT, 120), "", *_engines(self._device), ""]
        if self._device.type == "cuda":
            lines += [f"Both compute on a GPU, {torch.cuda.get_device_name(self._device)}.", ""]
        for name, table in TABLES.items():
            if name not in self._errors:
                continue
            lines += [f"## {table.title}", "", *wrap(table.text, 120), "", *self._markdown(name, table), ""]
            if table.lacking:
                lines += [*wrap(table.lacking, 120), ""]
        return "\n".join(lines)

    def _markdown(self, name: str, table: Table) -> list[str]:
        heads = [table.rows, *([COUNT] if table.count else []), *table.columns.values()]
        lines = [_line(heads), _line(["---", *["---:"] * (len(heads) - 1)])]
        for row, columns in sorted(self._errors[name].items()):
            count = [str(max(len(errors) for errors in columns.values()))] if table.count else []
            cells = [_number(columns[column]) if column in columns else "" for column in table.columns]
            lines.append(_line([row, *count, *cells]))
        return lines


def _number(errors: list[float]) -> str:
    worst = max(errors)
    return f"{worst:.1e}" if worst else "0"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _engines(device: torch.device) -> list[str]:
    """The versions of both engines, as a table."""
    real = find_real_caffe(cuda=device.type == "cuda")
    caffe = "unknown: a Caffe that this project did not build"
    if real is not None and real.manifest:
        source, versions = real.manifest["source"], real.manifest["versions"]
        built_for = "CUDA" if real.manifest["options"]["cuda"] else "CPU"
        caffe = (
            f"{source['project']} {source['version']} for the {built_for}, recipe {real.manifest['recipe']}, "
            f"{versions['compiler']}, protobuf {versions['protoc'].removeprefix('libprotoc ')}"
        )
    libraries = f"PyTorch {torch.__version__}, numpy {np.__version__}, Python {platform.python_version()}"
    own = f"{torchcaffe.torchcaffe_version}, {libraries}"
    return ["| engine | version |", "| --- | --- |", _line(["Caffe", caffe]), _line(["torchcaffe", own])]
