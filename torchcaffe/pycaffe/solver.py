"""Solvers as pycaffe shows them."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from torchcaffe import solvers as core
from torchcaffe.glog import log_by_default
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import read_solver
from torchcaffe.pycaffe.arrays import net_runs, person_runs
from torchcaffe.pycaffe.compiled import about_to_run, count_writes
from torchcaffe.pycaffe.net import Net
from torchcaffe.pycaffe.other_mode import tell_of_other_mode


class Solver:
    """A solver from a prototxt. Its kind is the class's, whatever `type` the prototxt gives.

    Raises as `torchcaffe.solvers.Solver`.
    """

    _type: ClassVar[str] = "SGD"

    def __init__(self, solver_file: str | Path) -> None:
        log_by_default()
        with net_runs():
            self._solver = core.solver_class(self._type)(read_solver(solver_file))

    def __repr__(self) -> str:
        """`AdamSolver at iteration 20 of 5,000 with Net 'LeNet' (TRAIN): 9 layers, 431,080 params`."""
        return f"{type(self).__name__} at iteration {self.iter:,} of {self.param.max_iter:,} with {self.net}"

    @cached_property
    def net(self) -> Net:
        return Net._of(self._solver.net)

    @cached_property
    def test_nets(self) -> list[Net]:
        return [Net._of(net) for net in self._solver.test_nets]

    @property
    def iter(self) -> int:
        """The number of updates so far."""
        return self._solver.iter

    @property
    def param(self) -> caffe_pb2.SolverParameter:
        """The settings; a change of base_lr or max_iter holds from the next iteration on."""
        return self._solver.param

    @property
    def lr(self) -> float:
        """The learning rate of the coming update."""
        return self._solver.learning_rate()

    @net_runs()
    def compile(self) -> None:
        """Makes `step` and `solve` run the nets as `caffe train` does from now on: by fused layers, which is faster.

        On a CPU the result equals that of `caffe train` bit for bit; without this call, that of `caffe train -plain`,
        which differs in the last bits. For a script, this changes:
        - the diffs of blobs between layers are not kept, and their values mean nothing; those of params and losses are
          as before.
        - arrays of blobs have the same values as before, and callbacks (`add_callback`) may read blobs and change
          params and their diffs. What a callback writes into other blobs may have no effect.
        - `net.backward()` after a `step` needs a `net.forward()` in between, and says so.
        `solver.net.forward()` and `backward()` run the layers one by one as before; so does everything while the net
        has callbacks of its own (`net.before_forward(run)` and so on). A second call does nothing.
        """
        if self._solver.net.program is None:
            self._solver.compile()

    @net_runs()
    def step(self, iterations: int) -> None:
        """Runs this many iterations."""
        self._about_to_run()
        self._solver.step(iterations)

    @net_runs()
    def solve(self, resume_file: str | Path | None = None) -> None:
        """Runs up to max_iter, from a solverstate if one is given."""
        self._about_to_run()
        self._solver.solve(resume_file)

    @net_runs()
    def apply_update(self) -> None:
        """Changes the params by their diffs, as one iteration does."""
        self._solver.apply_update()

    @net_runs()
    def snapshot(self) -> None:
        """Writes a caffemodel and a solverstate."""
        self._solver.snapshot()

    @net_runs()
    def restore(self, state_file: str | Path) -> None:
        """Restores a solverstate and the caffemodel that it names."""
        self._solver.restore(state_file)

    def share_weights(self, net: Net) -> None:
        """Makes the params of `net` those of the train net."""
        net.share_with(self.net)

    def add_callback(self, on_start: Callable[[], None], on_gradients_ready: Callable[[], None]) -> None:
        """Calls `on_start` before each iteration's first forward, `on_gradients_ready` before its update."""
        self._solver.on_start += [person_runs()(on_start), self._count_writes]
        self._solver.on_gradients_ready += [person_runs()(on_gradients_ready), self._count_writes]

    def _about_to_run(self) -> None:
        tell_of_other_mode(self._solver.net)
        for net in (self._solver.net, *self._solver.test_nets):
            about_to_run(net)

    def _count_writes(self) -> None:
        for net in (self._solver.net, *self._solver.test_nets):
            count_writes(net)


class SGDSolver(Solver):
    """Stochastic gradient descent with momentum, for gradient g: h <- momentum h + rate g, w <- w - h."""

    _type = "SGD"


class NesterovSolver(SGDSolver):
    """Nesterov's accelerated gradient: h' <- momentum h + rate g, w <- w - ((1 + momentum) h' - momentum h)."""

    _type = "Nesterov"


class AdaGradSolver(SGDSolver):
    """A rate for each number that falls with its gradients: h <- h + g^2, w <- w - rate g / (sqrt(h) + delta)."""

    _type = "AdaGrad"


class RMSPropSolver(SGDSolver):
    """The gradient over its running root mean square, by rms_decay and delta."""

    _type = "RMSProp"


class AdaDeltaSolver(SGDSolver):
    """Steps in the params' own units, by momentum and delta."""

    _type = "AdaDelta"


class AdamSolver(SGDSolver):
    """Running mean and mean square of the gradient, by momentum, momentum2 and delta."""

    _type = "Adam"


_CLASSES: dict[str, type[Solver]] = {
    cls._type: cls for cls in (SGDSolver, NesterovSolver, AdaGradSolver, RMSPropSolver, AdaDeltaSolver, AdamSolver)
}


def get_solver(solver_file: str | Path) -> Solver:
    """The solver of a prototxt, of the kind that its `type` gives."""
    solver_type = read_solver(solver_file).type
    core.solver_class(solver_type)  # Refuses an unknown type.
    return _CLASSES[solver_type](solver_file)
