"""A solver's training iteration as work on fixed addresses."""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.autograd.graph import increment_version

from torchcaffe.blob import Blob
from torchcaffe.fast.convolution.folded import FoldedConvolution
from torchcaffe.fast.data.upload import upload
from torchcaffe.fast.program import Program

if TYPE_CHECKING:
    from torchcaffe.net import Runner
    from torchcaffe.solvers.solver import Solver


class Iteration(ABC):
    """Clears the params' diffs, runs the net forward and backward over `iter_size` batches, and updates the params.

    What changes from one iteration to the next is on the device before the work begins: the batches (see `DeviceData`)
    and each group's learning rate.

    Args:
        runner: what the net runs by.
        program: what of it is this iteration's work.
    """

    def __init__(self, solver: "Solver", runner: "Runner", program: Program) -> None:
        self.solver = solver
        self._runner, self._program = runner, program
        self._rates: list[float] = []
        place = solver.net.place
        self._rates_on_device = torch.zeros(len(solver.coming_rates()), device=place.device, dtype=place.dtype)
        # By layer, to whose blobs a script may give others.
        self._moved = [node.layer for op in program.ops if not isinstance(op, FoldedConvolution) for node in op.nodes]
        # What learns is settled when a net is built: a key, which is wanted each time, asks no param again.
        params = solver.net.params.learnable
        learns = [not param.is_frozen for param in params]
        self._learning = [holder for param in compress(params, learns) for holder in param.holders]
        self._elsewhere = [(layer, i) for layer, i in self._learning if layer not in self._moved]
        self._weighed = solver.net.weighed_tops()
        # The history holds one array of each param, in their order, then a second of each, where there are more.
        self._kept = [i for i in range(len(solver.history)) if learns[i % len(learns)]]

    @abstractmethod
    def run(self) -> torch.Tensor:
        """Does all of an iteration but counting it; gives its loss."""

    def fits(self) -> bool:
        """Whether the net runs by what is recorded, and nobody wants to step in between the iteration's parts."""
        solver, net = self.solver, self.solver.net
        return net.program is self._runner and not (solver.on_start or solver.on_gradients_ready or net.is_watched)

    def stage(self) -> None:
        """Writes what changes to where the work reads it. Raises CaffeError for data that cannot be read."""
        rates = self.solver.coming_rates()
        if rates != self._rates:
            real = np.float64 if self._rates_on_device.dtype == torch.float64 else np.float32
            upload(self._rates_on_device, np.array(rates, dtype=real))
            self._rates = rates
        self._program.prepare()
        self._program.stage(self.solver.param.iter_size)

    def work(self) -> torch.Tensor:
        """The iteration itself; gives its loss."""
        self._program.begin(self.solver.param.iter_size)
        self.solver.clear_param_diffs()
        loss = self.passes()
        with torch.no_grad():
            self.solver.update_params(self._rates_on_device.unbind())
        return loss

    @abstractmethod
    def passes(self) -> torch.Tensor:
        """The passes of the work, forward and backward; gives their loss."""

    def count_writes(self) -> None:
        """Tells PyTorch, which does not see what a replay writes, that params, diffs and statistics are others now."""
        increment_version([*(blob.data for blob in self._read()), *self._diffs()])

    def key(self) -> tuple[Hashable, ...]:
        """The addresses that the work reads of what outlives an iteration, and the solver's settings but for its rates.

        Folded weights are among them only where the update moves them: they are brought up to date where they are (see
        `stage`). A weight in the loss is a top's diff, which a script binds anew by writing there.
        """
        param, history = self.solver.param, self.solver.history
        tensors = [*(blob.data for blob in self._read()), *self._diffs()]
        tensors += [top.diff for top in self._weighed if top.has_diff]
        tensors += [history[i] for i in self._kept]
        settings = (param.momentum, param.momentum2, param.weight_decay, param.rms_decay, param.delta, param.iter_size)
        return *settings, *(tensor.data_ptr() for tensor in tensors)

    def _read(self) -> list[Blob]:
        """The params and statistics that the work reads, but for those that are folded and do not learn."""
        moved = [blob for layer in self._moved for blob in layer.blobs]
        return [*moved, *(layer.blobs[i] for layer, i in self._elsewhere)]

    def _diffs(self) -> list[torch.Tensor]:
        return [layer.blobs[i].diff for layer, i in self._learning]
