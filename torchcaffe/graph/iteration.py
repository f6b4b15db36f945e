"""A solver's training iteration as work on fixed addresses, which can be recorded."""

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

    `stage` brings what changes between iterations to the device before the work begins: the batches (see `DeviceData`)
    and each group's learning rate.

    Args:
        runner: runs the net's passes.
        program: the operations that are part of this iteration's work.
    """

    def __init__(self, solver: "Solver", runner: "Runner", program: Program) -> None:
        self.solver = solver
        self._runner, self._program = runner, program
        self._rates: list[float] = []
        place = solver.net.place
        self._rates_on_device = torch.zeros(len(solver.coming_rates()), device=place.device, dtype=place.dtype)
        # Layers instead of blobs: a script may replace a layer's blobs.
        self._moved = [node.layer for op in program.ops if not isinstance(op, FoldedConvolution) for node in op.nodes]
        # The net's construction decides which params learn, so `key`, called each time, need not check every param.
        params = solver.net.params.learnable
        learns = [not param.is_frozen for param in params]
        self._learning = [holder for param in compress(params, learns) for holder in param.holders]
        self._elsewhere = [(layer, i) for layer, i in self._learning if layer not in self._moved]
        self._weighed = solver.net.weighed_tops()
        # The history holds one array a param, in the params' order, then perhaps a second one a param.
        self._kept = [i for i in range(len(solver.history)) if learns[i % len(learns)]]

    @abstractmethod
    def run(self) -> torch.Tensor:
        """Does an iteration except for counting it; returns its loss."""

    def fits(self) -> bool:
        """Whether the net still runs by `runner`, and no callback runs between the iteration's parts."""
        solver, net = self.solver, self.solver.net
        return net.program is self._runner and not (solver.on_start or solver.on_gradients_ready or net.is_watched)

    def stage(self) -> None:
        """Writes rates and batches to where the work reads them. Raises CaffeError for data that cannot be read."""
        rates = self.solver.coming_rates()
        if rates != self._rates:
            real = np.float64 if self._rates_on_device.dtype == torch.float64 else np.float32
            upload(self._rates_on_device, np.array(rates, dtype=real))
            self._rates = rates
        self._program.prepare()
        self._program.stage(self.solver.param.iter_size)

    def work(self) -> torch.Tensor:
        """The work to be recorded: the iteration itself; returns its loss."""
        self._program.begin(self.solver.param.iter_size)
        self.solver.clear_param_diffs()
        loss = self.passes()
        with torch.no_grad():
            self.solver.update_params(self._rates_on_device.unbind())
        return loss

    @abstractmethod
    def passes(self) -> torch.Tensor:
        """The forward and backward passes of `work`; returns their loss."""

    def count_writes(self) -> None:
        """Tells PyTorch, which does not see a replay's writes, that params, diffs and statistics have changed."""
        increment_version([*(blob.data for blob in self._read()), *self._diffs()])

    def key(self) -> tuple[Hashable, ...]:
        """What a recording depends on: addresses that the work reads and that outlive an iteration, and settings.

        The params of folded layers are left out unless they learn: `stage` folds them again in place. A loss weight is
        a top's diff, which gets another address when a script writes there.
        """
        param, history = self.solver.param, self.solver.history
        tensors = [*(blob.data for blob in self._read()), *self._diffs()]
        tensors += [top.diff for top in self._weighed if top.has_diff]
        tensors += [history[i] for i in self._kept]
        settings = (param.momentum, param.momentum2, param.weight_decay, param.rms_decay, param.delta, param.iter_size)
        return *settings, *(tensor.data_ptr() for tensor in tensors)

    def _read(self) -> list[Blob]:
        """The params and statistics that the work reads, except those that are folded and do not learn."""
        moved = [blob for layer in self._moved for blob in layer.blobs]
        return [*moved, *(layer.blobs[i] for layer, i in self._elsewhere)]

    def _diffs(self) -> list[torch.Tensor]:
        return [layer.blobs[i].diff for layer, i in self._learning]
