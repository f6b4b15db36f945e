"""A training iteration as one piece of work on fixed addresses."""

from collections.abc import Hashable
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.autograd.graph import increment_version

from torchcaffe.fast.folded_convolution import FoldedConvolution
from torchcaffe.fast.program import Program
from torchcaffe.fast.upload import upload
from torchcaffe.graph.recorder import Recorder
from torchcaffe.graph.repeated import Repeated

if TYPE_CHECKING:
    from torchcaffe.solvers.solver import Solver


class WholeIteration:
    """Clears the params' diffs, runs the net forward and backward over `iter_size` batches, and updates the params.

    What changes from one iteration to the next is on the device before the work begins: the batches (see `DeviceData`)
    and each group's learning rate.
    """

    def __init__(self, solver: "Solver", program: Program, recorder: Recorder) -> None:
        self._solver, self._program = solver, program
        self._rates: list[float] = []
        place = solver.net.place
        self._rates_on_device = torch.zeros(len(solver.coming_rates()), device=place.device, dtype=place.dtype)
        moved = [node.layer for op in program.ops if not isinstance(op, FoldedConvolution) for node in op.nodes]
        self._written = [blob for layer in moved for blob in layer.blobs]
        self._repeated = Repeated("iterations", self._work, recorder, solver.net.blobs)

    def fits(self) -> bool:
        """Whether the net runs by the program that is recorded, and nobody wants to step in between its parts."""
        solver, net = self._solver, self._solver.net
        callbacks = solver.on_start or solver.on_gradients_ready or net.before_forward or net.after_forward
        return net.program is self._program and not callbacks

    def run(self) -> torch.Tensor:
        """Does all of an iteration but counting it; gives its loss."""
        self._stage_rates()
        self._program.prepare()
        self._program.stage(self._solver.param.iter_size)
        loss = self._repeated(self._key())
        increment_version([blob.data for blob in self._written])  # PyTorch does not see what a replay writes.
        return loss

    def _work(self) -> torch.Tensor:
        solver = self._solver
        self._program.begin(solver.param.iter_size)
        solver.clear_param_diffs()
        loss = solver.forward_backward()
        with torch.no_grad():
            solver.update_params(self._rates_on_device.unbind())
        return loss

    def _stage_rates(self) -> None:
        rates = self._solver.coming_rates()
        if rates != self._rates:
            real = np.float64 if self._rates_on_device.dtype == torch.float64 else np.float32
            upload(self._rates_on_device, np.array(rates, dtype=real))
            self._rates = rates

    def _key(self) -> Hashable:
        """The addresses of all that outlives an iteration, and the solver's settings but for its rates."""
        solver, net = self._solver, self._solver.net
        tensors = [blob.data for layer in net.layers for blob in layer.blobs]
        tensors += [param.blob.diff for param in net.params.learnable]
        param = solver.param
        settings = (param.momentum, param.momentum2, param.weight_decay, param.rms_decay, param.delta, param.iter_size)
        return *settings, *(tensor.data_ptr() for tensor in [*tensors, *solver.history])
