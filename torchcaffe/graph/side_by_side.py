"""The training iterations of several solvers as one piece of work, in which their nets' common work is done once.

For example, students A and B learn from one teacher: the common pass is the Data layer and the teacher; each student's
own part is its layers, its losses and its update. One round of their lockstep:

    lockstep    calls `expect` with A and B, which are both in the pause before an iteration.
    A's turn    The solver runs its share, which asks for the next common pass. So the round's work is done:
                  1. A's and B's learning rates, and the batch's places and draws, are written to fixed addresses;
                  2. Data, the teacher; then A's forward, backward and update beside B's;
                  3. each share is given its loss.
                A takes its loss, counts the update, displays.
    B's turn    Its share asks for the same common pass, which has run. B takes its loss, counts, displays.

Step 2 runs unrecorded three times, is recorded the fourth time, and replayed from then on. When A has ended, only B is
expected: that is other work, which is recorded anew. When A runs forward without an iteration, for its last display,
its own part is not in the work, and runs by itself afterwards.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

import torch

from torchcaffe.errors import CaffeError
from torchcaffe.fast.common_pass import CommonPass, Member
from torchcaffe.graph.iteration import Iteration
from torchcaffe.graph.recorder import Recorder
from torchcaffe.graph.repeated import Repeated

if TYPE_CHECKING:
    from torchcaffe.solvers.solver import Solver


class SideBySide:
    """Runs the common pass, then each solver's own part of its iteration, all of these side by side.

    Solvers take turns. The first that needs the next common pass runs the iterations of all expected solvers; the
    others find theirs done. If other solvers are expected than before, the work is recorded anew.
    """

    def __init__(self, common: CommonPass, recorder: Recorder) -> None:
        self._common, self._recorder = common, recorder
        common.computed_by = self._run
        self._all: list[Share] = []
        self._expected: list[Share] = []
        self._running: list[Share] = []

    def take_in(self, solver: "Solver", member: Member) -> "Share":
        """Makes a solver run its iterations by a share in this work, which is returned."""
        share = Share(solver, member)
        self._all.append(share)
        solver.whole = share
        return share

    def expect(self, solvers: Collection["Solver"]) -> None:
        """Announces the solvers whose turns come next, for an iteration or something else."""
        self._expected = [share for share in self._all if share.solver in solvers and share.is_due()]

    def _run(self) -> None:
        ready = [share for share in self._expected if share.make_ready()]
        if not ready:
            self._common.compute()
            return
        if ready != self._running:
            blobs = [blob for share in ready for blob in share.solver.net.blobs]
            what = f"iterations of {len(ready)} side by side"
            self._repeated = Repeated(what, self._work, self._recorder, [*blobs, *self._common.results])
            self._running = ready
        self._common.prepare()
        self._common.stage(1)
        losses = self._repeated((*(share.key() for share in ready), *self._common.addresses()))
        for share, loss in zip(ready, losses.unbind(), strict=True):
            share.end(loss)

    def _work(self) -> torch.Tensor:
        self._common.begin(1)
        self._common.compute()
        return torch.stack(self._recorder.side_by_side([share.work for share in self._running]))


class Share(Iteration):
    """A solver's share in iterations side by side: the part of its iteration that is its own."""

    def __init__(self, solver: "Solver", member: Member) -> None:
        super().__init__(solver, member, member.own)
        self._member = member
        self._failure: CaffeError | None = None
        self._loss: torch.Tensor | None = None  # The loss of an iteration that is done, until `run` takes it.

    def is_due(self) -> bool:
        """Whether the solver is in the pause before an iteration that it will run by this share."""
        return self.solver.coming is self and not self.solver.requested_early_exit

    def make_ready(self) -> bool:
        """Calls `stage`; returns False if that failed. The error is raised in the solver's own turn."""
        try:
            self.stage()
        except CaffeError as error:
            self._failure = error
        return self._failure is None

    def run(self) -> torch.Tensor:
        self._member.take_part()
        if self._failure is not None:
            raise self._failure
        loss, self._loss = self._loss, None
        if loss is None:
            raise AssertionError("a solver iterates that was not expected to")
        return loss

    def passes(self) -> torch.Tensor:
        loss = self._member.own.forward()
        self._member.own.backward()
        return loss

    def end(self, loss: torch.Tensor) -> None:
        """Keeps the loss of the work for `run`."""
        self._loss = loss
        self.count_writes()
