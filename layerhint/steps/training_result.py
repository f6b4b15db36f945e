"""The parts of a training's record."""

import re
from dataclasses import dataclass

from layerhint.engines.engine import FLOAT32, Engine
from layerhint.records.training import TrainingIdentity
from layerhint.steps.step import Context
from layerhint.trainings.trainings import Training
from layerhint.watching.caffe_log import LogReader, read_test_log

_ENGINE_LINE = re.compile(r"\(PyTorch [^,]+, (?P<device>.+), (?P<precision>[a-z]+\d+), (?P<threads>\d+) threads?\)")


@dataclass(frozen=True)
class Computed:
    """The device, the precision and the number of CPU threads that a training was computed with; None: not known."""

    device: str | None
    precision: str
    threads: int | None


def identity(training: Training) -> TrainingIdentity:
    """Which training it is."""
    return TrainingIdentity(
        dataset=training.dataset,
        method=training.method,
        stage=training.stage,
        net=training.student,
        name=training.name,
        folder=training.folder,
        title=training.title,
        max_iter=training.schedule.max_iter,
        seed=training.seed,
        init_seed=training.init.seed if training.init else None,
        batch_size=training.batch_size,
    )


def computed(reader: LogReader, engine: Engine) -> Computed:
    """Device, precision and threads, as torchcaffe's first log line states them; a real Caffe is float32, and on the
    CPU where its solvers say so."""
    match = _ENGINE_LINE.search(reader.engine_line or "")
    if match is None:
        on_cpu = reader.train and engine.solver_mode == "CPU"
        return Computed("cpu" if on_cpu else None, FLOAT32, None)
    return Computed(match["device"], match["precision"], int(match["threads"]))


def final_outputs(training: Training, reader: LogReader, context: Context) -> dict[str, float] | None:
    """The final model's test outputs: from the log, or measured now if it holds no test of it."""
    layout = context.workspace.layout
    net = layout.test_net(training)
    if net is None or training.schedule.test_iter is None:
        return None
    last = reader.test.get(training.schedule.max_iter)
    if last is not None and last.outputs:
        return last.outputs
    return read_test_log(context.engine.test(net, layout.final_weights(training), training.schedule.test_iter))
