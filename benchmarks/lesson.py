"""Who learns what from whom, in a word: trainings of one word take one time an iteration."""

from collections.abc import Iterable

from benchmarks.pytorch.recipe import Recipe
from layerhint.trainings.architecture import ResNet
from layerhint.trainings.trainings import Training


def lesson_of_recipe(recipe: Recipe) -> str:
    """`14`, `14 of 26`, `14 of 26: res2_2 as res2_4`: depths, and the pairs of a hint training."""
    return _word(recipe.student, recipe.teacher, recipe.pairs)


def lesson_of_training(training: Training) -> str | None:
    """The same of an experiment's training; None with a teacher that is no ResNet of the paper's."""
    net = training.train
    if net.teacher is not None and not isinstance(net.teacher, ResNet):
        return None
    pairs = [(pair.guided.name, pair.hint.name) for pair in net.pairs]
    return _word(net.net.depth, None if net.teacher is None else net.teacher.depth, pairs)


def _word(student: int, teacher: int | None, pairs: Iterable[tuple[str, str]]) -> str:
    who = str(student) if teacher is None else f"{student} of {teacher}"
    return ": ".join(filter(None, [who, ", ".join(f"{guided} as {hint}" for guided, hint in pairs)]))
