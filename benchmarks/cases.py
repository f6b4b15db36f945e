"""The trainings that are measured, and how they are chosen by name."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from benchmarks.case import Case
from layerhint.errors import LayerhintError
from layerhint.validation import nearest


def _plain(name: str, folder: str, depth: int, committed: bool = True) -> Case:
    return Case(name, f"Plain, {depth} layers", f"{folder}/plain", "train", "solver", depth, committed=committed)


def _hint(name: str, title: str, folder: str, step: str, teacher: int, student: int) -> Case:
    return Case(name, f"{title}, {teacher} -> {student}", folder, f"{step}_train", f"{step}_solver", student, teacher)


def _soft(name: str, folder: str, teacher: int, student: int) -> Case:
    return Case(name, f"KD, {teacher} -> {student}", folder, "stage2_train", "net1_solver", student, teacher)


_CIFAR = "cifar10/resnet26-resnet14"
_CIFAR_8 = "cifar10/resnet26-resnet8"
_MNIST = "mnist/resnet32-resnet8"

CASES: tuple[Case, ...] = (
    _plain("plain-8", "cifar10/resnet8", 8),
    _plain("plain-14", "cifar10/resnet14", 14),
    _plain("plain-20", "cifar10/resnet20", 20, committed=False),
    _plain("plain-26", "cifar10/resnet26", 26),
    _plain("plain-32", "cifar10/resnet32", 32, committed=False),
    _hint("hint-1", "Hint step 1", f"{_CIFAR}/proposed", "g1", 26, 14),
    _hint("hint-2", "Hint step 2", f"{_CIFAR}/proposed", "g2", 26, 14),
    _hint("hint-3", "Hint step 3", f"{_CIFAR}/proposed", "g3", 26, 14),
    _hint("hint-kd", "Hint-KD, Stage 1", f"{_CIFAR}/hint-kd", "stage1", 26, 14),
    _hint("concurrent", "Concurrent, Stage 1", f"{_CIFAR_8}/concurrent", "stage1", 26, 8),
    _soft("kd-26-14", f"{_CIFAR}/kd", 26, 14),
    _soft("kd-26-8", f"{_CIFAR_8}/concurrent", 26, 8),
    _plain("mnist-plain-8", "mnist/resnet8", 8),
    _plain("mnist-plain-32", "mnist/resnet32", 32),
    _hint("mnist-hint-1", "Hint step 1", f"{_MNIST}/proposed", "g1", 32, 8),
    _hint("mnist-hint-2", "Hint step 2", f"{_MNIST}/proposed", "g2", 32, 8),
    _hint("mnist-hint-3", "Hint step 3", f"{_MNIST}/proposed", "g3", 32, 8),
    _hint("mnist-hint-kd", "Hint-KD, Stage 1", f"{_MNIST}/hint-kd", "stage1", 32, 8),
    _soft("mnist-kd-32-8", f"{_MNIST}/kd", 32, 8),
)


def choose(patterns: Sequence[str], cases: Sequence[Case] = CASES) -> list[Case]:
    """The cases whose names match some pattern (`plain-*`), in their order; all of them without a pattern.

    Raises LayerhintError for a pattern that no name matches.
    """
    names = [case.name for case in cases]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise LayerhintError(f"no net is named {pattern!r}{nearest(pattern, names)}; --list shows them all")
    return [case for case in cases if not patterns or any(fnmatchcase(case.name, pattern) for pattern in patterns)]
