"""Where lint stands: before any step of a run, and in tools/render.py."""

from pathlib import Path

import pytest

from layerhint.commands import render as rendering
from layerhint.driver import pipeline
from layerhint.rendering.render import render
from layerhint.run_command import run_command

FAULT = "layer 'hint/loss': its loss_weight is 2, the protocol's is 1. Write `loss_weight: 1`"


def render_with_a_fault(*arguments: object, **named: object) -> dict[str, str]:
    files = render(*arguments, **named)  # type: ignore[arg-type]
    path = next(path for path in files if path.endswith("proposed/g1_train.prototxt"))
    return {**files, path: files[path].replace('top: "hint/loss"', 'top: "hint/loss" loss_weight: 2')}


@pytest.mark.parametrize("more", [[], ["--plan"]])
def test_a_run_with_findings_starts_nothing(
    more: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pipeline, "render", render_with_a_fault)
    assert run_command(pipeline.main, ["fig4", "--profile", "smoke", "--out", str(tmp_path / "run"), *more]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    first, second = output.err.splitlines()
    assert first.startswith("error: nothing was started. 1 fault in the generated files")
    assert second == f"  {tmp_path}/run/generated/cifar10/resnet14-resnet8/proposed/g1_train.prototxt: {FAULT}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("more", [[], ["--check"]])
def test_rendering_ends_with_all_findings(
    more: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rendering, "render", render_with_a_fault)
    assert run_command(rendering.main, ["fig4", "--out", str(tmp_path), *more]) == 1
    assert capsys.readouterr().err.endswith(f"proposed/g1_train.prototxt: {FAULT}\n")
