"""ResNet 6n+2 for small images with zero-padded shortcuts (He et al. 2015, section 4.2), its blocks named as the
generated nets name them."""

from collections.abc import Iterable, Sequence

import torch.nn.functional as F  # noqa: N812 - as all of PyTorch's users call it
from torch import Tensor, nn

from benchmarks.pytorch.recipe import Filters, Regressor

LOGITS = "fc"
# Caffe's moving_average_fraction is what stays, PyTorch's momentum what is new.
_MOMENTUM = 1 - 0.999


class ConvNorm(nn.Module):
    """A 3x3 convolution without bias and its BatchNorm."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels, eps=1e-5, momentum=_MOMENTUM)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.bn(self.conv(x))
        return out


class Block(nn.Module):
    """A residual module: two convolutions and a shortcut without params."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = ConvNorm(in_channels, out_channels, stride)
        self.conv2 = ConvNorm(out_channels, out_channels)
        self.stride = stride
        self.new_channels = out_channels - in_channels

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv2(F.relu(self.conv1(x), inplace=True))
        if self.stride > 1:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.new_channels))
        out += x
        return F.relu(out, inplace=True)


class ResNet(nn.Module):
    """The net of this depth, from its images (N, C, H, W) up to the highest of `outputs`: names of blocks, or `fc`.

    A forward pass gives these outputs, in their order, each after its regressor if it has one. `filters` are the widths
    of the three stages.
    """

    def __init__(
        self,
        depth: int,
        filters: Filters,
        channels: int,
        classes: int,
        outputs: Sequence[str],
        regressors: Iterable[Regressor] = (),
    ) -> None:
        super().__init__()
        self.outputs = tuple(outputs)
        blocks = _blocks(depth, filters)
        kept = len(blocks) if LOGITS in outputs else 1 + max(list(blocks).index(name) for name in outputs)
        self.conv1 = ConvNorm(channels, filters[0])
        self.blocks = nn.ModuleDict({name: Block(*blocks[name]) for name in list(blocks)[:kept]})
        self.fc = nn.Linear(filters[-1], classes) if LOGITS in outputs else None
        self.after = {regressor.guided: regressor.name for regressor in regressors}
        self.regressors = nn.ModuleDict({r.name: _convolution(r, blocks[r.guided][1]) for r in regressors})

    def forward(self, x: Tensor) -> list[Tensor]:
        tops: dict[str, Tensor] = {}
        x = F.relu(self.conv1(x), inplace=True)
        for name, block in self.blocks.items():
            x = block(x)
            tops[name] = x
        if self.fc is not None:
            tops[LOGITS] = self.fc(x.mean(dim=(2, 3)))
        return [self._regressed(name, tops[name]) for name in self.outputs]

    def _regressed(self, name: str, x: Tensor) -> Tensor:
        if name not in self.after:
            return x
        wider: Tensor = self.regressors[self.after[name]](x)
        return wider


def _convolution(regressor: Regressor, in_channels: int) -> nn.Conv2d:
    kernel = regressor.kernel
    return nn.Conv2d(in_channels, regressor.channels, kernel, padding=kernel // 2, bias=False)


def _blocks(depth: int, filters: Filters) -> dict[str, tuple[int, int, int]]:
    """The blocks by name, bottom to top, each as (input channels, output channels, stride)."""
    blocks = {}
    width = filters[0]
    for stage, wide in enumerate(filters, 1):
        for index in range(1, (depth - 2) // 6 + 1):
            blocks[f"res{stage}_{index}"] = (width, wide, 1 + (stage > 1 and index == 1))
            width = wide
    return blocks
