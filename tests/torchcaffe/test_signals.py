"""Signals turned into requests."""

import os
import signal

from torchcaffe.signals import Action, SignalHandler


def test_each_signal_asks_once_for_its_action() -> None:
    with SignalHandler(Action.STOP, Action.SNAPSHOT) as signals:
        assert signals.requested() is Action.NONE
        for number, action in (
            (signal.SIGINT, Action.STOP),
            (signal.SIGTERM, Action.STOP),
            (signal.SIGHUP, Action.SNAPSHOT),
        ):
            os.kill(os.getpid(), number)
            assert signals.requested() is action
            assert signals.requested() is Action.NONE


def test_hangup_goes_first_and_effects_can_be_none() -> None:
    with SignalHandler(Action.NONE, Action.SNAPSHOT) as signals:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGHUP)
        assert [signals.requested() for _ in range(3)] == [Action.SNAPSHOT, Action.NONE, Action.NONE]


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with SignalHandler(Action.STOP, Action.STOP):
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
