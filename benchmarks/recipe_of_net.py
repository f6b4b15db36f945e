"""What PyTorch has to do for the same training as a generated net."""

from collections.abc import Mapping

from benchmarks.case import Case
from benchmarks.images import ImageKind
from benchmarks.pytorch.recipe import Recipe, SoftTargets
from torchcaffe.proto.caffe_pb2 import LayerParameter, NetParameter, SolverParameter

_TEACHER = "teacher/"


def recipe_of(case: Case, net: NetParameter, solver: SolverParameter, kind: ImageKind) -> Recipe:
    """Reads the losses, the batches and the updates from the files; the depths are the case's."""
    layers = {layer.name: layer for layer in net.layer}
    data = layers["data"]
    hints = [layer for layer in net.layer if layer.type == "EuclideanLoss"]
    return Recipe(
        student=case.student,
        teacher=case.teacher,
        pairs=tuple((layer.bottom[0], layer.bottom[1].removeprefix(_TEACHER)) for layer in hints),
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
    )


def _soft_targets(layers: Mapping[str, LayerParameter]) -> SoftTargets | None:
    if "kd/loss" not in layers:
        return None
    return SoftTargets(1 / layers["kd/student_scaled"].power_param.scale, layers["kd/loss"].loss_weight[0])
