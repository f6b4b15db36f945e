"""A protocol with longer or shorter schedules."""

from typing import Any

from layerhint.experiments.protocol import Plain, Protocol


def scaled_protocol(protocol: Protocol, factor: float, keep_window: bool) -> Protocol:
    """All iteration counts times `factor`, at least 1.

    A length with tests is rounded to tens or hundreds, so that a test interval divides it: Caffe tests the
    final model only then.
    BatchNorm's window, 1/(1 - moving_average_fraction) iterations, shrinks with a shorter schedule (to 10 at
    least), unless `keep_window`: statistics from before the last rate drops would spoil every test, and
    the frozen teacher with them.
    """
    hint, network = protocol.hint, protocol.network
    update: dict[str, Any] = {
        "plain": _scaled_plain(protocol.plain, factor),
        "hint": hint.model_copy(
            update={
                "single": _times(hint.single, factor),
                "layer_wise": tuple(_times(count, factor) for count in hint.layer_wise),
                "concurrent": hint.concurrent and _times(hint.concurrent, factor),
            }
        ),
    }
    if not keep_window:
        fraction = _shorter_window(network.moving_average_fraction, factor)
        update["network"] = network.model_copy(update={"moving_average_fraction": fraction})
    if protocol.sl_resnet:
        iterations = _times(protocol.sl_resnet.iterations, factor)
        update["sl_resnet"] = protocol.sl_resnet.model_copy(update={"iterations": iterations})
    return protocol.model_copy(update=update)


def _times(count: int, factor: float) -> int:
    return max(1, round(count * factor))


def _shorter_window(fraction: float, factor: float) -> float:
    """The fraction whose window is `factor` times as long, but no shorter than 10 iterations, and never longer."""
    return min(fraction, max(0.9, round(1 - (1 - fraction) / factor, 9)))


def _scaled_plain(plain: Plain, factor: float) -> Plain:
    length = _times(plain.max_iter, factor)
    unit = 100 if length >= 1000 else 10 if length >= 20 else 1
    length = unit * round(length / unit)
    steps = tuple(min(_times(step, factor), length) for step in plain.stepvalue)
    return plain.model_copy(update={"max_iter": length, "stepvalue": steps})
