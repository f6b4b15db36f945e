"""Records the forward pass of a test net."""

import torch

from torchcaffe.fast.program import Program
from torchcaffe.graph.recorder import Recorder
from torchcaffe.graph.repeated import Repeated
from torchcaffe.net import Net


class RepeatedForward:
    """A net's program with a recorded forward pass; the outputs are copies, which the next pass does not overwrite."""

    def __init__(self, net: Net, program: Program, recorder: Recorder) -> None:
        self._net, self._program = net, program
        self._weighed = net.weighed_tops()
        self._repeated = Repeated(f"the passes of net '{net.name}'", self._work, recorder, net.blobs)

    def forward(self) -> torch.Tensor:
        """Runs the net forward; gives the weighted sum of its losses (0-d tensor, on the device)."""
        self._program.prepare()
        self._program.stage(1)
        read = [blob.data for layer in self._net.layers for blob in layer.blobs]
        read += [top.diff for top in self._weighed if top.has_diff]
        loss = self._repeated(tuple(tensor.data_ptr() for tensor in read))
        for _, blob, _ in self._net.outputs():
            blob.data = blob.data.clone()
        return loss

    def backward(self) -> None:
        self._program.backward()

    def _work(self) -> torch.Tensor:
        self._program.begin(1)
        return self._program.forward()
