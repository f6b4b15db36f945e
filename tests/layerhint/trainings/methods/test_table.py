"""A method has a name, a title and trainings."""

from typing import get_args

import pytest

from layerhint.experiments.experiment import load_experiment
from layerhint.experiments.methods import METHOD_TITLES, Method
from layerhint.trainings.expand import expand


def test_every_method_has_a_title_of_its_own() -> None:
    assert tuple(METHOD_TITLES) == get_args(Method)
    assert len(set(METHOD_TITLES.values())) == len(METHOD_TITLES)


@pytest.mark.parametrize("method", get_args(Method))
def test_every_method_has_trainings(method: Method) -> None:
    """CIFAR-10's protocol has the numbers of all methods."""
    experiment = load_experiment("table1").model_copy(update={"methods": (method,)})
    nets = [training for training in expand(experiment) if training.stage == 2]
    assert [(net.method, net.student) for net in nets] == [(method, number) for number in (1, 2, 3)]
    assert all(METHOD_TITLES[method] in net.title for net in nets)
