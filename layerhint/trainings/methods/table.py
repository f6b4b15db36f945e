"""The table of methods: what each of them trains."""

from typing import assert_never

from layerhint.experiments.methods import Method
from layerhint.trainings.methods.built_experiment import BuiltExperiment
from layerhint.trainings.methods.hints import hint_trainings
from layerhint.trainings.methods.kd import kd_trainings, start_after_hints
from layerhint.trainings.methods.pairs import Stage1, last_pair, middle_pair, pair_by_pair, pairs_together
from layerhint.trainings.methods.sl_resnet import sl_resnet_trainings
from layerhint.trainings.trainings import Training


def method_trainings(built: BuiltExperiment, method: Method) -> list[Training]:
    """The trainings of a method, each after those it starts from; its nets share one Stage 1, as the paper's do.

    mypy finds a method that has no line here. Raises LayerhintError where the data set's protocol lacks a number of the
    method, or for hint layers that make no pairs.
    """
    match method:
        case "kd":
            return _with_kd(built, method, [])
        case "hint-kd":
            return _hints_and_kd(built, method, middle_pair)
        case "hint-kd-plus":
            return _hints_and_kd(built, method, last_pair)
        case "proposed":
            return _hints_and_kd(built, method, pair_by_pair)
        case "concurrent":
            return _hints_and_kd(built, method, pairs_together)
        case "sl-resnet":
            return sl_resnet_trainings(built, with_kd=False)
        case "sl-resnet-kd":
            return sl_resnet_trainings(built, with_kd=True)
        case _:
            assert_never(method)


def _hints_and_kd(built: BuiltExperiment, method: Method, stage1: Stage1) -> list[Training]:
    return _with_kd(built, method, hint_trainings(built, method, stage1))


def _with_kd(built: BuiltExperiment, method: Method, stage1: list[Training]) -> list[Training]:
    """`stage1`, and from there or from random weights the nets of Stage 2."""
    start = start_after_hints(built, stage1[-1] if stage1 else None)
    return [*stage1, *kd_trainings(built, method, start, built.experiment.protocol.kd.lambda_)]
