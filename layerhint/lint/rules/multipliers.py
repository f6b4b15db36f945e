"""Which params the solver may move: (lr_mult, decay_mult) is (0, 0) or (1, 1)."""

from collections.abc import Iterator

from layerhint.lint.cases import NetCase
from layerhint.lint.finding import Finding
from torchcaffe.proto.caffe_pb2 import LayerParameter, ParamSpec

STILL, LEARNS = (0.0, 0.0), (1.0, 1.0)


def check_multipliers(case: NetCase) -> Iterator[Finding]:
    """Frozen layers, statistics and constants stand still; every other param learns and decays at full rate."""
    for layer in case.net.layers:
        count = len(case.net.param_shapes(layer.name))
        why_still = _why_still(case, layer)
        found = _multipliers(layer, count)
        if set(found) - {STILL if why_still else LEARNS}:
            said = ", ".join(f"({lr:g}, {decay:g})" for lr, decay in found)
            yield Finding(
                case.net.file,
                layer.name,
                f"the (lr_mult, decay_mult) of its {count} params are {said}, but {why_still or 'it has to learn'}",
                f"Write `param {{ lr_mult: 0 decay_mult: 0 }}` {count} times"
                if why_still
                else "Leave its `param` out: both are then 1",
            )


def _multipliers(layer: LayerParameter, count: int) -> list[tuple[float, float]]:
    """The multipliers of each param blob; 1 if they are not set."""
    specs = [*layer.param, *[ParamSpec()] * (count - len(layer.param))]
    return [(spec.lr_mult, spec.decay_mult) for spec in specs]


def _why_still(case: NetCase, layer: LayerParameter) -> str | None:
    if case.is_frozen(layer.name):
        return "it is frozen"
    if layer.type == "BatchNorm":
        return "they are statistics, which no solver may move"
    filler = layer.convolution_param.weight_filler
    if layer.type == "Convolution" and filler.type == "constant" and filler.value != 0:
        return "its weights are constants, as exact subsampling needs them"
    return None
