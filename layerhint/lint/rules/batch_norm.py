"""BatchNorm: whose statistics a layer uses, and its two numbers."""

from collections.abc import Iterator

from layerhint.lint.cases import NetCase
from layerhint.lint.finding import Finding
from layerhint.rendering.numbers import as_float32, number
from layerhint.trainings.own_net import OwnNet
from torchcaffe.proto.caffe_pb2 import LayerParameter


def check_batch_norm(case: NetCase) -> Iterator[Finding]:
    """A frozen BatchNorm uses the statistics that it has; any other takes Caffe's default, by phase."""
    for layer in case.net.layers:
        if layer.type == "BatchNorm":
            yield from _statistics(case, layer)
            yield from _numbers(case, layer)


def _statistics(case: NetCase, layer: LayerParameter) -> Iterator[Finding]:
    param = layer.batch_norm_param
    if case.is_frozen(layer.name):
        if not param.use_global_stats:
            yield Finding(
                case.net.file,
                layer.name,
                "it is frozen, but without use_global_stats it uses the batch's statistics and moves its own, "
                "whatever lr_mult says",
                "Write `batch_norm_param { use_global_stats: true }`",
            )
    elif param.HasField("use_global_stats"):
        yield Finding(
            case.net.file,
            layer.name,
            f"use_global_stats is {str(param.use_global_stats).lower()} in a layer that is not frozen",
            "Leave it out: Caffe then takes the batch's statistics in training and the averages in tests",
        )


def _numbers(case: NetCase, layer: LayerParameter) -> Iterator[Finding]:
    """Both are the protocol's, but a frozen layer's averages do not move, and a user's own teacher keeps its eps."""
    network = case.experiment.protocol.network
    wanted = {"eps": network.eps, "moving_average_fraction": network.moving_average_fraction}
    if case.is_frozen(layer.name):
        if isinstance(case.described.teacher, OwnNet):
            return
        del wanted["moving_average_fraction"]
    for field, value in wanted.items():
        found = getattr(layer.batch_norm_param, field)
        if found != as_float32(value):
            yield Finding(
                case.net.file,
                layer.name,
                f"its {field} is {found:g}, the protocol's is {number(value)}",
                f"Write `batch_norm_param {{ {field}: {number(value)} }}`",
            )
