"""The training loop: eager, channels-last, torch.optim.SGD; float32, or bf16 by autocast."""

from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - as all of PyTorch's users call it
from torch import Tensor

from benchmarks.pytorch.batches import Batches
from benchmarks.pytorch.recipe import Recipe, SoftTargets
from benchmarks.pytorch.resnet import LOGITS, ResNet


class Training:
    """A student that learns labels, a teacher's hints, or labels and a teacher's softened outputs, on the device that
    its batches are on."""

    def __init__(
        self, recipe: Recipe, student: ResNet, teacher: ResNet | None, batches: Batches, bf16: bool = False
    ) -> None:
        self.recipe = recipe
        self.student = _placed(student, batches.device)
        self.teacher = None if teacher is None else _placed(teacher, batches.device).requires_grad_(False).eval()
        self.batches = batches
        self.bf16 = bf16
        self.optimizer = torch.optim.SGD(
            student.parameters(),
            lr=recipe.lr,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
            fused=True if batches.device.type == "cuda" else None,
        )

    def step(self) -> Tensor:
        """One iteration; gives its loss."""
        images, labels = self.batches.next()
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.bf16):
            loss = self.loss(images, labels)
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        self.optimizer.step()
        return loss.detach()

    def loss(self, images: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch."""
        taught: list[Tensor] = []
        if self.teacher is not None:
            with torch.no_grad():
                taught = self.teacher(images)
        learned = self.student(images)
        if self.recipe.pairs:
            pairs = zip(learned, taught, strict=True)
            return self.recipe.pair_weight * sum((_hint_loss(*pair) for pair in pairs), images.new_zeros(()))
        loss = F.cross_entropy(learned[0], labels)
        if self.recipe.soft:
            loss = loss + _soft_loss(learned[0], taught[0], self.recipe.soft)
        return loss


def build(recipe: Recipe, weights: Path, batches: Batches, bf16: bool = False) -> Training:
    """The nets of a recipe with the weights of a file: a state dict for each net, by "student" and "teacher"."""
    states = torch.load(weights, weights_only=True)
    guided, hints = ([pair[side] for pair in recipe.pairs] or [LOGITS] for side in (0, 1))
    images, classes = recipe.channels, recipe.classes
    student = ResNet(recipe.student, recipe.student_filters, images, classes, guided, recipe.regressors)
    student.load_state_dict(states["student"])
    teacher = None
    if recipe.teacher is not None:
        teacher = ResNet(recipe.teacher, recipe.teacher_filters, images, classes, hints)
        teacher.load_state_dict(states["teacher"])
    return Training(recipe, student, teacher, batches, bf16)


def _placed(net: ResNet, device: torch.device) -> ResNet:
    moved: ResNet = net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return moved


def _hint_loss(guided: Tensor, hint: Tensor) -> Tensor:
    """Caffe's EuclideanLoss: the sum of squares over 2N."""
    return F.mse_loss(guided, hint, reduction="sum") / (2 * len(guided))


def _soft_loss(student: Tensor, teacher: Tensor, soft: SoftTargets) -> Tensor:
    """lambda CE(softmax(p_t / tau), softmax(p_s / tau)), the mean over the images."""
    targets = F.softmax(teacher / soft.temperature, dim=1)
    return soft.weight * F.cross_entropy(student / soft.temperature, targets)
