"""Reads off a generated net the recipe by which PyTorch does the same training."""

from collections.abc import Mapping

from benchmarks.case import Case
from benchmarks.images import ImageKind
from benchmarks.pytorch.recipe import FILTERS, Filters, Pair, Recipe, Regressor, SoftTargets
from torchcaffe.proto.caffe_pb2 import LayerParameter, NetParameter, SolverParameter

_TEACHER = "teacher/"


def recipe_of(case: Case, net: NetParameter, solver: SolverParameter, kind: ImageKind) -> Recipe:
    """Reads the losses, the widths, the batches and the updates from the files; the depths are the case's."""
    layers = {layer.name: layer for layer in net.layer}
    data = layers["data"]
    hints = [layer for layer in net.layer if layer.type == "EuclideanLoss"]
    return Recipe(
        student=case.student,
        teacher=case.teacher,
        pairs=tuple(_pair(layer, layers) for layer in hints),
        pair_weight=hints[0].loss_weight[0] if hints and hints[0].loss_weight else 1.0,
        soft=_soft_targets(layers),
        channels=kind.channels,
        classes=layers["fc"].inner_product_param.num_output if "fc" in layers else 0,
        batch=data.data_param.batch_size,
        crop=data.transform_param.crop_size or kind.size + 2 * kind.pad,
        mirror=data.transform_param.mirror,
        lr=solver.base_lr,
        momentum=solver.momentum,
        weight_decay=solver.weight_decay,
        student_filters=_filters(layers, ""),
        teacher_filters=_filters(layers, _TEACHER),
        regressors=tuple(_regressor(layer) for layer in net.layer if _is_regressor(layer)),
    )


def _pair(loss: LayerParameter, layers: Mapping[str, LayerParameter]) -> Pair:
    """The guided and the hint blob of a loss, between which a regressor may stand."""
    guided, hint = loss.bottom
    maker = layers.get(guided)
    return maker.bottom[0] if maker and _is_regressor(maker) else guided, hint.removeprefix(_TEACHER)


def _is_regressor(layer: LayerParameter) -> bool:
    return layer.name.endswith("/regressor")


def _regressor(layer: LayerParameter) -> Regressor:
    param = layer.convolution_param
    return Regressor(layer.name.removesuffix("/regressor"), layer.bottom[0], param.num_output, param.kernel_size[0])


def _filters(layers: Mapping[str, LayerParameter], prefix: str) -> Filters:
    """The widths of a net's stages; for a stage that the net lacks, and that is not built, the paper's."""
    first, second, third = (layers.get(f"{prefix}res{stage}_1/conv1") for stage in (1, 2, 3))
    return _width(first, FILTERS[0]), _width(second, FILTERS[1]), _width(third, FILTERS[2])


def _width(layer: LayerParameter | None, usual: int) -> int:
    return usual if layer is None else layer.convolution_param.num_output


def _soft_targets(layers: Mapping[str, LayerParameter]) -> SoftTargets | None:
    if "kd/loss" not in layers:
        return None
    return SoftTargets(1 / layers["kd/student_scaled"].power_param.scale, layers["kd/loss"].loss_weight[0])
