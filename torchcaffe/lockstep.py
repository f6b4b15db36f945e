"""Lockstep: several solvers train side by side in one process, which does their nets' common work only once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from torchcaffe.errors import CaffeError
from torchcaffe.fast.common_pass import CommonPass, Member, join, summary
from torchcaffe.glog import logger
from torchcaffe.graph import SideBySide, record_side_by_side
from torchcaffe.signals import Action
from torchcaffe.solvers.solver import Solver


class Training:
    """A compiled solver (restored already, if it is resumed) as a member of a lockstep.

    Args:
        name: what messages call it.
        turn: returns a context that is entered whenever this training runs, such as its log.
    """

    def __init__(
        self, name: str, solver: Solver, turn: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> None:
        self.name, self.solver = name, solver
        self.failure: CaffeError | None = None
        self._turn = turn
        self._pauses = solver.solving()

    def go_on(self) -> bool:
        """Runs to the next pause of `Solver.solving`; False if the training has ended or failed instead."""
        goes_on = self._attempt(lambda: next(self._pauses, self) is not self)
        program = self.solver.net.program
        # Not with a recording, which keeps its memory anyway, and whose results the blobs show.
        if isinstance(program, Member) and not (goes_on and self.solver.whole):
            program.release()
        return goes_on

    def snapshot(self) -> bool:
        """Writes a snapshot, during a pause; False if that failed."""
        return self._attempt(lambda: bool(self.solver.snapshot()))

    def _attempt(self, action: Callable[[], bool]) -> bool:
        try:
            with self._turn():
                return action()
        except CaffeError as error:
            self.failure = error
            return False


class Lockstep:
    """Runs trainings in turns: an iteration of the first, of the second, ..., then the next iteration.

    Each has its own nets, tests, displays and snapshots, and gives the same results as alone, on a CPU bit for bit. One
    may end before the others, or fail without them. On a GPU the iterations of all are recorded as one, in which they
    run side by side (see `torchcaffe.graph.SideBySide`); in its turn each training finds its iteration done.

    Requests act on all trainings at the same iteration: when all have done an iteration, or all have done the tests
    before one. A request to stop also breaks off a test; a snapshot waits for the end of the iteration.

    Args:
        trainings: all must have done the same number of iterations.
        requests: returns the next request that has come in, as `Solver.action_source` does.
    """

    def __init__(self, trainings: Sequence[Training], requests: Callable[[], Action]) -> None:
        self.trainings = trainings
        self._running = list(trainings)
        self._requests = requests
        self._side_by_side: SideBySide | None = None
        self._testing = False  # Whether the trainings run to the pause before an iteration, or to the end.
        self._stop = self._snapshot = False  # What is requested.
        for training in trainings:
            training.solver.action_source = partial(self._request_to, training.solver)

    def run(self) -> None:
        """Trains until all have ended.

        Raises:
            CaffeError: some trainings failed; raised when the others have ended.
        """
        for _ in self.rounds():
            pass

    def rounds(self) -> Iterator[None]:
        """As `run`, but yields whenever each training has done an iteration."""
        common = join([training.solver.net for training in self.trainings if training.solver.param.iter_size == 1])
        logger.info("Lockstep of %d trainings: %s", len(self.trainings), summary(common.works) or "nothing in common")
        self._side_by_side = self._recorded(common)
        while self._running:
            self._go_on(testing=True)
            self._go_on(testing=False)
            yield
        failures = [(training.name, training.failure) for training in self.trainings if training.failure]
        if failures:
            raise type(failures[0][1])("; ".join(f"{name}: {failure}" for name, failure in failures))

    def _recorded(self, common: CommonPass) -> SideBySide | None:
        """The recorded iterations of the trainings whose nets have work in common; None if nothing is recorded."""
        members = [training for training in self.trainings if isinstance(training.solver.net.program, Member)]
        recorder = next((training.solver.recorder for training in members), None)
        if recorder is None:
            return None
        return record_side_by_side([(training.name, training.solver) for training in members], common, recorder)

    def _go_on(self, testing: bool) -> None:
        """Runs each training to its next pause, then acts on the requests that came in."""
        self._testing = testing
        if self._side_by_side and not testing:
            self._side_by_side.expect([training.solver for training in self._running])
        self._running = [training for training in self._running if training.go_on()]
        self._take_requests()
        if self._snapshot and not testing:
            self._running = [training for training in self._running if training.snapshot()]
            self._snapshot = False
        if self._stop:
            for training in self._running:
                training.solver.requested_early_exit = True

    def _request_to(self, solver: Solver) -> Action:
        """The `action_source` of a solver: returns a request to stop, once, and only during tests."""
        if not self._testing:
            return Action.NONE
        self._take_requests()
        return Action.STOP if self._stop and not solver.requested_early_exit else Action.NONE

    def _take_requests(self) -> None:
        while (request := self._requests()) is not Action.NONE:
            if request is Action.STOP:
                self._stop = True
            else:
                self._snapshot = True
