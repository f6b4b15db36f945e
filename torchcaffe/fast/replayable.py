"""Operations that can be recorded, and their preparation for each replay."""

from collections.abc import Sequence

import torch

from torchcaffe.fast.convolution.folded import FoldedConvolution
from torchcaffe.fast.data.device_data import DeviceData
from torchcaffe.fast.op import Op


class Replayable:
    """Operations in order; what changes between runs is written to fixed addresses before each run."""

    def __init__(self, ops: Sequence[Op]) -> None:
        self.ops = ops
        self._folded = [op for op in ops if isinstance(op, FoldedConvolution)]
        self.data = [op for op in ops if isinstance(op, DeviceData)]

    def prepare(self) -> None:
        """Brings the folded weights up to date, since recorded passes do not fold."""
        with torch.no_grad():
            for op in self._folded:
                op.prepare()

    def stage(self, batches: int) -> None:
        """Writes the next batches of data to fixed addresses."""
        for op in self.data:
            op.stage(batches)

    def begin(self, batches: int) -> None:
        """Makes the next forward passes read the first `batches` staged batches."""
        for op in self.data:
            op.begin(batches)
