"""Who learns what from whom, as a short text: trainings with the same text take the same time an iteration."""

from collections.abc import Iterable

from benchmarks.pytorch.recipe import FILTERS, Filters, Recipe
from layerhint.trainings.architecture import ResNet
from layerhint.trainings.trainings import Training


def lesson_of_recipe(recipe: Recipe) -> str:
    """`14`, `14 of 26`, `14 of 26w32: res2_2 as res2_4`: depths, widths, and the pairs of a hint training."""
    teacher = None if recipe.teacher is None else _net(recipe.teacher, recipe.teacher_filters)
    return _word(_net(recipe.student, recipe.student_filters), teacher, recipe.pairs)


def lesson_of_training(training: Training) -> str | None:
    """`lesson_of_recipe` for an experiment's training; None if its teacher is not one of the paper's ResNets."""
    net = training.train
    if net.teacher is not None and not isinstance(net.teacher, ResNet):
        return None
    pairs = [(pair.guided.name, pair.hint.name) for pair in net.pairs]
    teacher = None if net.teacher is None else _net(net.teacher.depth, net.teacher.filters)
    return _word(_net(net.net.depth, net.net.filters), teacher, pairs)


def _net(depth: int, filters: Filters) -> str:
    """A net's depth and first width; the other widths may be missing, where a net is cut off."""
    return str(depth) if filters[0] == FILTERS[0] else f"{depth}w{filters[0]}"


def _word(student: str, teacher: str | None, pairs: Iterable[tuple[str, str]]) -> str:
    who = student if teacher is None else f"{student} of {teacher}"
    return ": ".join(filter(None, [who, ", ".join(f"{guided} as {hint}" for guided, hint in pairs)]))
