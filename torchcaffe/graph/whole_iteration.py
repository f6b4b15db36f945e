"""A solver's training iteration, recorded as a whole."""

from typing import TYPE_CHECKING

import torch

from torchcaffe.fast.program import Program
from torchcaffe.graph.iteration import Iteration
from torchcaffe.graph.recorder import Recorder
from torchcaffe.graph.repeated import Repeated

if TYPE_CHECKING:
    from torchcaffe.solvers.solver import Solver


class WholeIteration(Iteration):
    """An iteration of a net's program as one piece of work."""

    def __init__(self, solver: "Solver", program: Program, recorder: Recorder) -> None:
        super().__init__(solver, program, program)
        self._repeated = Repeated("iterations", self.work, recorder, solver.net.blobs)

    def run(self) -> torch.Tensor:
        self.stage()
        loss = self._repeated(self.key())
        self.count_writes()
        return loss

    def passes(self) -> torch.Tensor:
        return self.solver.forward_backward()
