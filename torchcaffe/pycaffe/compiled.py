"""A solver's nets that run compiled, while a person's code looks on and runs the same nets layer by layer."""

from weakref import WeakSet

from torch.autograd.graph import increment_version

from torchcaffe.errors import NetError
from torchcaffe.net import Net
from torchcaffe.pycaffe.first_backward import forget_forward

_ran: WeakSet[Net] = WeakSet()  # Those that have run compiled.


def about_to_run(net: Net) -> None:
    """Before a net runs compiled, if it does: what was written into params counts, and layers keep nothing by then."""
    if net.program is not None:
        forget_forward(net)
        count_writes(net)
        _ran.add(net)


def count_writes(net: Net) -> None:
    """Has a net's program take note of what was written into params, if it has one.

    On a CPU a param's array is its memory, and PyTorch does not see what numpy writes there: by PyTorch's count a
    program knows what it has to fold anew.
    """
    if net.program is not None and net.place.device.type == "cpu":
        increment_version([blob.data for layer in net.layers for blob in layer.blobs])


def check_backward(net: Net, start: int, end: int) -> None:
    """Refuses (`NetError`) to run layers `start` down to `end` backward where the last pass forward was compiled.

    Such a pass keeps nothing for them, and what a layer in place has read is not there any more.
    """
    if net not in _ran:
        return
    for node in reversed(net.nodes[end : start + 1]):
        if node.need_backward and not node.layer.has_run:
            raise NetError(
                f"layer '{node.layer.name}' ({node.layer.param.type}) has run compiled (`solver.compile()`), which "
                "keeps nothing for net.backward(): call net.forward() before it"
            )
