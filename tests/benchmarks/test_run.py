"""The command from end to end, for one small net."""

import json
from pathlib import Path

import pytest

from benchmarks.cli import main
from layerhint.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_a_run_leaves_tables_and_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # It works from any folder.
    before = set((ROOT / "runs").glob("*"))
    pace = ["--rounds", "2", "--turn", "0", "--warm-up", "0", "--threads", "1"]
    arguments = ["--nets", "mnist-plain-8", "--engines", "pytorch,plain,fast", *pace, "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    (text,), (samples,) = ([*(tmp_path / "out").glob(f"speed-*{suffix}")] for suffix in (".md", ".json"))
    (line,) = json.loads(samples.read_text())["iterations"]
    assert {key: len(seconds) for key, seconds in line["seconds"].items()} == {"pytorch": 2, "plain": 2, "fast": 2}
    assert len(line["flops_rate"]) == 2
    for title in ("Milliseconds a training iteration", "Floors", "Peak memory", "Start-up", "LMDB"):
        assert f"## {title}\n" in text.read_text()
    assert set((ROOT / "runs").glob("*")) == before
