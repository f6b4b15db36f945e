"""The true-label term: cross entropy on the logits of the net that trains, softened where the switch says so."""

from collections.abc import Iterator

from layerhint.lint.branches import Branch, logits_of_side
from layerhint.lint.cases import NetCase
from layerhint.lint.fields import settings
from layerhint.lint.finding import Finding
from layerhint.lint.rules.soft_targets import check_temperature
from torchcaffe.proto.caffe_pb2 import LayerParameter


def check_true_labels(case: NetCase) -> Iterator[Finding]:
    """Each SoftmaxWithLoss of a training net is on (p_s, label), or on (p_s / tau, label), without settings."""
    if not case.trains:
        return
    for at, layer in enumerate(case.net.layers):
        if layer.type == "SoftmaxWithLoss":
            yield from _scores(case, at)
            yield from _labels(case, at)
            yield from _settings(case, layer)


def _scores(case: NetCase, at: int) -> Iterator[Finding]:
    layer, kd = case.net.layers[at], case.described.kd
    branch = Branch.of(case, at, 0)
    softened = kd is not None and kd.label_term == "softened"
    if branch.types(case) != (("Power",) if softened else ()) or not branch.starts_at(
        case, logits_of_side(case, "student")
    ):
        wanted = "p_s / tau" if softened else "p_s"
        yield Finding(
            case.net.file,
            layer.name,
            f"on '{layer.bottom[0]}' it is not CE(y_true, softmax({wanted}))",
            f"Let it read {wanted}, the student's logits{' over tau' if softened else ''}",
        )
    elif kd is not None:
        yield from check_temperature(case, branch, kd)


def _labels(case: NetCase, at: int) -> Iterator[Finding]:
    layer = case.net.layers[at]
    if layer.bottom[1] != "label":
        yield Finding(
            case.net.file,
            layer.name,
            f"its labels are '{layer.bottom[1]}', those of the images are 'label'",
            'Write `bottom: "label"` second',
        )


def _settings(case: NetCase, layer: LayerParameter) -> Iterator[Finding]:
    """Nothing is set but what the rule on the losses' weights checks."""
    for found in settings(layer, "loss_weight", "loss_param"):
        yield Finding(
            case.net.file, layer.name, f"its {found.path} is {found.found}, expected {found.wanted}", found.remedy
        )
