"""For a solver's compiled nets: lets the user's code read them, and also run them layer by layer."""

from weakref import WeakSet

from torch.autograd.graph import increment_version

from torchcaffe.errors import NetError
from torchcaffe.net import Net
from torchcaffe.pycaffe.first_backward import forget_forward

_ran: WeakSet[Net] = WeakSet()  # Nets that have run compiled.


def about_to_run(net: Net) -> None:
    """Prepares a net, if it is compiled, for a run: takes note of writes to params, and of layers not having run."""
    if net.program is not None:
        forget_forward(net)
        count_writes(net)
        _ran.add(net)


def count_writes(net: Net) -> None:
    """Makes a compiled net notice what the user's code wrote into params.

    On a CPU a param's array is its memory, and PyTorch does not see numpy's writes there. A program folds weights again
    when PyTorch's count of writes has changed.
    """
    if net.program is not None and net.place.device.type == "cpu":
        increment_version([blob.data for layer in net.layers for blob in layer.blobs])


def check_backward(net: Net, start: int, end: int) -> None:
    """Refuses (`NetError`) to run layers `start` down to `end` backward if the last forward pass was compiled.

    Such a pass keeps nothing for them, and the bottoms of in-place layers have been overwritten.
    """
    if net not in _ran:
        return
    for node in reversed(net.nodes[end : start + 1]):
        if node.need_backward and not node.layer.has_run:
            raise NetError(
                f"layer '{node.layer.name}' ({node.layer.param.type}) has run compiled (`solver.compile()`), which "
                "keeps nothing for net.backward(): call net.forward() before it"
            )
