"""Warns of a net that stays on the device where it was built though the mode has changed: in Caffe it would move."""

from weakref import WeakSet

from torchcaffe import mode
from torchcaffe.glog import logger
from torchcaffe.net import Net

_told: "WeakSet[Net]" = WeakSet()


def tell_of_other_mode(net: Net) -> None:
    """Logs a warning, once a net, that it runs on a CPU though the mode is GPU, or the other way round."""
    own, now = net.place.device.type, mode.device().type
    if own == now or net in _told:
        return
    _told.add(net)
    chosen = {"cpu": "set_mode_cpu()", "cuda": "set_mode_gpu()"}
    logger.warning(
        "Net '%s' was built before %s, and stays on %s: call it first, then build the net",
        *(net.name, chosen[now], "the CPU" if own == "cpu" else net.place.device),
    )
