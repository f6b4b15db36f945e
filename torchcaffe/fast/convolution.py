"""A convolution on blobs whose channels are innermost in memory, which is how CPUs and GPUs like them best."""

import torch

from torchcaffe.fast.op import PlainOp, channels_last


class ChannelsLastConvolution(PlainOp):
    """The plain layer, on bottoms brought into that layout; its tops, and what follows them, then have it too."""

    def forward(self) -> torch.Tensor | None:
        for bottom in self.bottoms:
            bottom.data = channels_last(bottom.data)
        return super().forward()

    def backward(self) -> None:
        for top in self.tops:
            top.diff = channels_last(top.diff)
        super().backward()
