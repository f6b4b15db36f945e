"""A teacher's caffemodel that is given, beside a description of what it is."""

from pathlib import Path

import pytest

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import load_experiment
from layerhint.kept.description import Description, path_beside
from layerhint.records import fingerprint
from layerhint.steps.take_teacher import TakeTeacher
from layerhint.trainings.expand import expand


def described(folder: Path, training: str) -> Path:
    weights = folder / "given.caffemodel"
    weights.write_bytes(b"weights")
    told = Description(
        training=training,
        title="Another net: plain training",
        sha256=fingerprint.of_file(weights),
        bytes=7,
        accuracy=0.5,
        iterations=3,
        seed=1,
        engine={"name": "torch"},
        device=None,
        finished="2026-01-02",
        source=None,
        inputs={},
        parents=[],
    )
    told.write(weights)
    return weights


def test_one_that_is_described_as_another_is_refused(tmp_path: Path) -> None:
    teacher = expand(load_experiment("table3"))[0]
    assert teacher.id == "mnist/resnet32/plain/plain"
    weights = described(tmp_path, "mnist/resnet8/plain/plain")
    with pytest.raises(
        LayerhintError,
        match=r"given\.json beside it, it is mnist/resnet8/plain/plain \(Another net: plain training\), and the "
        r"teacher is mnist/resnet32/plain/plain\.",
    ):
        TakeTeacher(teacher, weights, {}, tmp_path)
    path_beside(weights).unlink()
    assert TakeTeacher(teacher, weights, {}, tmp_path).weights == weights


def test_one_that_is_described_as_the_teacher_is_taken(tmp_path: Path) -> None:
    teacher = expand(load_experiment("table3"))[0]
    weights = described(tmp_path, teacher.id)
    assert TakeTeacher(teacher, weights, {}, tmp_path).weights == weights
