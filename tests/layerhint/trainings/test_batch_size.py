"""Which batch size a training has: the teacher's, the students' own, or the same by a switch."""

from typing import Any

import pytest

from layerhint.experiments.experiment import load_experiment
from layerhint.trainings.expand import expand


def sizes(name: str, **overrides: Any) -> tuple[int, int, set[int]]:
    """Of the teacher, the plain student and all that learn from the teacher."""
    teacher, student, *others = expand(load_experiment(name, overrides))
    return teacher.batch_size, student.batch_size, {training.batch_size for training in others}


@pytest.mark.parametrize("name", ["table1", "fig7", "table2"])
def test_cifar_s_students_have_their_own(name: str) -> None:
    assert sizes(name, **{"batch_size.student": 32}) == (128, 32, {32})
    assert sizes(name, **{"batch_size.teacher": 256}) == (256, 128, {128})


def test_mnist_s_students_have_the_teacher_s_unless_the_switch_says_otherwise() -> None:
    assert sizes("table4", **{"batch_size.student": 32}) == (64, 64, {64})
    assert sizes("table4", **{"batch_size.student": 32, "student_batch_size": "own"}) == (64, 32, {32})
