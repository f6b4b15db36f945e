"""Operations that can be recorded, and what they need before each replay."""

from collections.abc import Sequence

import torch

from torchcaffe.fast.convolution.folded import FoldedConvolution
from torchcaffe.fast.data.device_data import DeviceData
from torchcaffe.fast.op import Op


class Replayable:
    """Operations that run in order; what changes from one run to the next is written to fixed addresses beforehand."""

    def __init__(self, ops: Sequence[Op]) -> None:
        self.ops = ops
        self._folded = [op for op in ops if isinstance(op, FoldedConvolution)]
        self.data = [op for op in ops if isinstance(op, DeviceData)]

    def prepare(self) -> None:
        """Brings the folded weights up to date, which recorded passes take as given."""
        with torch.no_grad():
            for op in self._folded:
                op.prepare()

    def stage(self, batches: int) -> None:
        """Makes the next batches of data ready at fixed addresses."""
        for op in self.data:
            op.stage(batches)

    def begin(self, batches: int) -> None:
        """Has the next forward passes read the first `batches` that are staged."""
        for op in self.data:
            op.begin(batches)
