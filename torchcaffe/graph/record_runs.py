"""Which of a solver's work is recorded."""

from typing import TYPE_CHECKING

from torchcaffe.fast.program import Program
from torchcaffe.graph.forward import RepeatedForward
from torchcaffe.graph.iteration import WholeIteration
from torchcaffe.graph.recorder import Recorder
from torchcaffe.graph.refusal import why_not_recorded
from torchcaffe.log import logger
from torchcaffe.net import Net, Runner

if TYPE_CHECKING:
    from torchcaffe.solvers.solver import Solver


def record_runs(solver: "Solver", program: Program, recorder: Recorder) -> WholeIteration | None:
    """The solver's iterations, from now on recorded; None, and a line in the log, if that cannot be."""
    reason = why_not_recorded(solver.net, program)
    if reason is None and solver.param.clip_gradients >= 0:
        reason = "clip_gradients needs to know the gradients' norm"
    if _say("each iteration", reason, recorder):
        return WholeIteration(solver, program, recorder)
    return None


def record_forward(net: Net, program: Program, recorder: Recorder | None) -> Runner:
    """A test net's program, its passes from now on recorded; as it is where that cannot be."""
    if recorder is not None and _say(f"each batch of net '{net.name}'", why_not_recorded(net, program), recorder):
        return RepeatedForward(net, program, recorder)
    return program


def _say(what: str, reason: str | None, recorder: Recorder) -> bool:
    if reason is None:
        logger.info("Recorded as one %s: %s", recorder.name, what)
    else:
        logger.info("Not recorded as a %s: %s; %s", recorder.name, what, reason)
    return reason is None
