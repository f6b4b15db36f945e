"""A compiled net: its operations, in order."""

from collections import Counter
from collections.abc import Callable, Sequence

import torch

from torchcaffe.blob import Blob
from torchcaffe.fast.device_data import DeviceData
from torchcaffe.fast.folded_convolution import FoldedConvolution
from torchcaffe.fast.op import Op, PlainOp


class Program:
    """Runs a net's operations forward and backward. Blobs and params are the net's own."""

    def __init__(self, ops: Sequence[Op], device: torch.device, dtype: torch.dtype, bf16: bool = False) -> None:
        """`bf16` says that some operations make data and diffs of that type."""
        self.ops, self.bf16 = ops, bf16
        self._folded = [op for op in ops if isinstance(op, FoldedConvolution)]
        self.data = [op for op in ops if isinstance(op, DeviceData)]
        self._forward: list[Callable[[], torch.Tensor | None]] = []
        self._backward: list[tuple[Callable[[], None], list[Blob]]] = []
        for op in ops:
            self._forward += [op.widen_data, op.forward] if bf16 and not op.takes_bf16 else [op.forward]
        for op in reversed(ops):
            if op.needs_backward:
                self._backward += [(op.widen_diffs, [])] if bf16 and not op.takes_bf16 else []
                self._backward.append((op.backward, _inner_tops(op)))
        self._no_loss = torch.zeros((), device=device, dtype=dtype)

    def forward(self) -> torch.Tensor:
        """Runs the net forward; gives the weighted sum of its losses (0-d tensor, on the device)."""
        loss = self._no_loss
        with torch.no_grad():
            for run in self._forward:
                part = run()
                if part is not None:
                    loss = loss + part
        return loss

    def backward(self) -> None:
        """Runs backward what needs it; params' diffs are added to. To be called once after a `forward`.

        The diffs of blobs that layers make of others are not kept: they read as zero, and their memory is used again.
        """
        with torch.no_grad():
            for run, spent in self._backward:
                run()
                for blob in spent:
                    blob.take_diff()

    # What a recorded program needs before each replay.

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

    def summary(self) -> str:
        """What was fused, in one line: `15 BatchNorm+Scale+ReLU, ...`, and how many layers are plain."""
        kinds = Counter(op.kind for op in self.ops if type(op) is not PlainOp)
        plain = sum(type(op) is PlainOp for op in self.ops)
        return ", ".join([*(f"{count} {kind}" for kind, count in kinds.items()), f"{plain} plain"])


def _inner_tops(op: Op) -> list[Blob]:
    """The tops whose diffs have done their work once the operation has run backward."""
    return [top for top in op.tops if op.bottoms and not any(top is bottom for bottom in op.bottoms)]
