"""Decides which of a solver's work is recorded, and logs it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torchcaffe.fast.common_pass import CommonPass, Member
from torchcaffe.fast.op import Op
from torchcaffe.fast.program import Program
from torchcaffe.glog import logger
from torchcaffe.graph.forward import RepeatedForward
from torchcaffe.graph.recorder import Recorder
from torchcaffe.graph.refusal import why_not_recorded
from torchcaffe.graph.side_by_side import SideBySide
from torchcaffe.graph.whole_iteration import WholeIteration
from torchcaffe.net import Net, Runner

if TYPE_CHECKING:
    from torchcaffe.solvers.solver import Solver


def record_runs(solver: "Solver", program: Program, recorder: Recorder) -> WholeIteration | None:
    """The solver's iterations, to be recorded; None if that is not possible. Logs a line."""
    if _say("each iteration", _why_no_iterations(solver, program.ops), recorder):
        return WholeIteration(solver, program, recorder)
    return None


def record_side_by_side(
    solvers: Sequence[tuple[str, "Solver"]], common: CommonPass, recorder: Recorder
) -> SideBySide | None:
    """Records the iterations of `solvers`, which are given with their names in messages, as one from now on.

    Their nets are members of the common pass. A log line names each solver that cannot be recorded, and why: it runs
    operation by operation. Returns None if no solver can be recorded.
    """
    fitting: list[tuple[Solver, Member]] = []
    for name, solver in solvers:
        member = solver.net.program
        assert isinstance(member, Member)
        solver.whole = None
        reason = _why_no_iterations(solver, [*common.ops, *member.own.ops])
        if reason is None:
            fitting.append((solver, member))
        else:
            _say(f"each iteration of {name}", reason, recorder)
    if not fitting:
        return None
    _say(f"each iteration of {len(fitting)} trainings, side by side", None, recorder)
    together = SideBySide(common, recorder)
    for solver, member in fitting:
        together.take_in(solver, member)
    return together


def record_forward(net: Net, program: Program, recorder: Recorder | None) -> Runner:
    """A test net's program with recorded forward passes; `program` itself if that is not possible."""
    if recorder is not None and _say(f"each batch of net '{net.name}'", why_not_recorded(net, program.ops), recorder):
        return RepeatedForward(net, program, recorder)
    return program


def _why_no_iterations(solver: "Solver", ops: Sequence[Op]) -> str | None:
    """Why iterations of these operations cannot be recorded, in words; None if they can be."""
    reason = why_not_recorded(solver.net, ops)
    if reason is None and solver.param.clip_gradients >= 0:
        return "clip_gradients needs to know the gradients' norm"
    return reason


def _say(what: str, reason: str | None, recorder: Recorder) -> bool:
    if reason is None:
        logger.info("Recorded as one %s: %s", recorder.name, what)
    else:
        logger.info("Not recorded as a %s: %s; %s", recorder.name, what, reason)
    return reason is None
