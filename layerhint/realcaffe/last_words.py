"""The end of a real Caffe's log: what it says last, and the layer and file that it was working on."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from layerhint.caffe_command import MESSAGE

_NET = re.compile(r"^Creating (?:training|test) net .*file: (?P<file>.+)$")
_LAYER = re.compile(r"^Creating [Ll]ayer (?P<layer>.+)$")
_NET_DONE = "Network initialization done."
_STACK_TRACE = "*** Check failure stack trace: ***"
# What protobuf, the C++ runtime and the loader write, not glog.
_OUTSIDE_GLOG = re.compile(
    r"^\[libprotobuf ERROR [^\]]*\] .*"
    r"|^terminate called after throwing an instance of .*"
    r"|.*error while loading shared libraries: .*"
)


@dataclass(frozen=True)
class LastWords:
    """The end of a real Caffe's log.

    `text` is all that bears on the fault, one message a line; `line` is the first of them, as Caffe printed it after
    time and process; `layer` is the layer that was being made, `net` the file of the net that was made last.
    """

    text: str
    line: str | None
    layer: str | None
    net: str | None

    @property
    def where(self) -> str:
        """`layer 'ip' of net.prototxt`, or as much of it as is known."""
        if self.layer is None:
            return self.net or "the net"
        return f"layer '{self.layer}'" + (f" of {self.net}" if self.net else "")


def last_words(log: Iterable[str]) -> LastWords:
    """Reads a log, in the form that glog writes (Caffe 1.0, `src/caffe/net.cpp`, `src/caffe/solver.cpp`).

    A layer is named only if it failed while its net was being made: no line tells which one computes afterwards.
    """
    net = layer = line = None
    evidence: list[str] = []
    for raw in log:
        text = raw.rstrip("\n")
        if text == _STACK_TRACE:
            break
        found = MESSAGE.match(text)
        if found is None:
            if _OUTSIDE_GLOG.match(text):
                evidence.append(text)
                line = line or text
            continue
        message = found["message"].strip()
        if told := _NET.match(message):
            net, layer = told["file"], None
        elif told := _LAYER.match(message):
            layer = told["layer"]
        elif message == _NET_DONE:
            layer = None
        elif found["level"] == "F":
            evidence.append(message)
            line = line or f"{found['place']}] {message}"
    return LastWords("\n".join(evidence), line, layer, net)
