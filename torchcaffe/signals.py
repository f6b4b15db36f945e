"""Signals that ask a running solver to stop or to snapshot."""

import signal
from enum import Enum
from types import FrameType, TracebackType


class Action(Enum):
    """What a solver is asked to do, between two iterations or two batches of a test."""

    NONE = "none"
    STOP = "stop"
    SNAPSHOT = "snapshot"


class SignalHandler:
    """Catches SIGINT, SIGTERM and SIGHUP while it is open, and turns them into actions.

    SIGTERM, which job schedulers send, acts as SIGINT does. For the main thread only.
    Source: Caffe 1.0, `src/caffe/util/signal_handler.cpp`.
    """

    def __init__(self, on_sigint: Action, on_sighup: Action) -> None:
        self._actions = {signal.SIGINT: on_sigint, signal.SIGTERM: on_sigint}
        if hasattr(signal, "SIGHUP"):
            self._actions = {signal.SIGHUP: on_sighup} | self._actions
        self._caught: set[int] = set()
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> "SignalHandler":
        for number in self._actions:
            self._before[number] = signal.signal(number, self._catch)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def requested(self) -> Action:
        """The action of a signal that has come in since the last call; SIGHUP comes before the others."""
        for number, action in self._actions.items():
            if number in self._caught:
                self._caught.discard(number)
                return action
        return Action.NONE

    def _catch(self, number: int, frame: FrameType | None) -> None:
        self._caught.add(number)
