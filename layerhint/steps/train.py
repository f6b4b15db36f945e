"""Train: one `caffe train`, watched, resumed where it was, and checked when it is done."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from layerhint import fingerprint
from layerhint.caffe_log import LogReader, read_log, read_test_log
from layerhint.engines.engine import Engine
from layerhint.errors import LayerhintError
from layerhint.folders import make_folder
from layerhint.records import read_record, remove_record, write_record
from layerhint.steps.frozen import prove_frozen
from layerhint.steps.make_data import content
from layerhint.steps.resume import Progress, find_progress, set_aside
from layerhint.steps.step import Context, Step
from layerhint.steps.watch import Pace, follow, iteration, numbers, printed, stop
from layerhint.trainings import Training


class StoppedError(Exception):
    """The person stopped the run; the step left a snapshot to go on from."""


class Train(Step):
    """Runs a training from its initial weights, or from where it was stopped, to its last iteration.

    What a person trained by hand with the line in the solver's header is taken up: a final caffemodel as it
    is, a solverstate to go on from, if they are newer than the initial weights. `kept` is the caffemodel whose
    weights it holds frozen.
    """

    kind = "train"

    def __init__(
        self,
        training: Training,
        needs: tuple[str, ...],
        kept: str | None,
        setting: dict[str, Any],
        data: Path,
    ) -> None:
        super().__init__(training.id, needs)
        self.training = training
        self.kept = kept
        self.setting = setting
        self.data = data

    @property
    def iterations(self) -> int:
        return self.training.schedule.max_iter

    def inputs(self, context: Context) -> dict[str, str]:
        layout = context.workspace.layout
        texts = [
            layout.solver(self.training),
            layout.train_net(self.training),
            layout.test_net(self.training),
        ]
        initial = layout.initial_weights(self.training)
        return {
            "engine": context.engine.kind,
            "data": content(self.data),
            **{path: fingerprint.of_prototxt(context.texts[path]) for path in texts if path},
            **({initial: fingerprint.of_file(Path(initial))} if initial else {}),
        }

    def outputs(self, context: Context) -> tuple[Path, ...]:
        return (Path(context.workspace.layout.final_weights(self.training)),)

    def execute(self, context: Context) -> dict[str, Any]:
        began = self._begin(context)
        log = context.workspace.logs / f"{self.id}.log"
        if began.iteration < self.iterations:
            reader = self._train(context, began, log)
        else:
            reader = read_log(log) if log.is_file() else LogReader()
        spent = self._spent(context)
        by_driver = bool(reader.train)
        record = {
            "training": self._identity(),
            **self.setting,
            "engine": context.engine.describe() if by_driver else {"name": "by hand"},
            **_machine(reader, context.engine),
            "made_by": "driver" if by_driver else "hand",
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(spent["seconds"], 3),
            "iterations_run": spent["iterations"],
            "iterations_per_second": round(spent["iterations"] / spent["seconds"], 4) if spent["seconds"] else None,
            "resumed_from": began.snapshot,
            "curves": _curves(reader),
            "final": self._final(context, reader),
            "frozen": self._proof(context),
        }
        remove_record(context.workspace.records, self._started_id)
        return record

    # How long it took, over all its stints.

    def _spent(self, context: Context) -> dict[str, Any]:
        started = read_record(context.workspace.records, self._started_id) or {}
        return {"seconds": started.get("seconds", 0.0), "iterations": started.get("iterations", 0)}

    def _spend(self, context: Context, since: float, began: Progress) -> None:
        """Adds the stint that ends now to the record of what has been started."""
        prefix = Path(context.workspace.layout.snapshot_prefix(self.training))
        reached = find_progress(prefix, self.iterations, self._initial(context)).iteration
        spent = self._spent(context)
        spent["seconds"] += time.monotonic() - since
        spent["iterations"] += reached - began.iteration
        self._write_started(context, spent)

    # Where to begin.

    @property
    def _started_id(self) -> str:
        return f"{self.id}.started"

    def _begin(self, context: Context) -> Progress:
        """From where this training goes on; files of a training with other inputs are set aside first."""
        prefix = Path(context.workspace.layout.snapshot_prefix(self.training))
        inputs = self.inputs(context)
        records = context.workspace.records
        started = read_record(records, self._started_id)
        finished = read_record(records, self.id)
        last = started or finished
        if last is not None and last["inputs"] != inputs:
            for path in set_aside(prefix):
                context.display.say(f"  set aside, made from other inputs: {path}")
            (context.workspace.logs / f"{self.id}.log").unlink(missing_ok=True)
            started = None
        spent = {"seconds": started["seconds"], "iterations": started["iterations"]} if started else {}
        self._write_started(context, {"seconds": 0.0, "iterations": 0, **spent})
        return find_progress(prefix, self.iterations, self._initial(context))

    def _write_started(self, context: Context, spent: dict[str, Any]) -> None:
        content = {"kind": "started", "inputs": self.inputs(context), **spent}
        write_record(context.workspace.records, self._started_id, content)

    def _initial(self, context: Context) -> Path | None:
        initial = context.workspace.layout.initial_weights(self.training)
        return Path(initial) if initial else None

    # Training.

    def _train(self, context: Context, began: Progress, log: Path) -> LogReader:
        layout = context.workspace.layout
        make_folder(Path(layout.final_weights(self.training)).parent)
        if began.snapshot:
            context.display.say(f"  {self.id} goes on from {began.snapshot}")
        elif log.is_file():
            log.unlink()
        reader = read_log(log) if log.is_file() else LogReader()
        offset = log.stat().st_size if log.is_file() else 0
        process = context.engine.train(
            layout.solver(self.training), layout.initial_weights(self.training), began.snapshot, log
        )
        since = time.monotonic()
        title = f"{self.training.folder.rpartition('/')[2]}/{self.training.name}"
        pace = Pace(context.outlook, self.training, began.iteration)
        with context.display.training(title, began.iteration, self.iterations) as bar:
            try:
                for _ in follow(process, log, offset, reader):
                    reached = iteration(reader, began.iteration)
                    bar.update(reached, "  ".join([*numbers(reader), *pace.at(reached)]))
            except KeyboardInterrupt:
                stop(process)
                raise StoppedError from None
            finally:
                self._spend(context, since, began)
        context.outlook.finished(self.training, began.iteration, time.monotonic() - since)
        if process.returncode:
            why = context.engine.explain(printed(log, offset), process.returncode)
            raise LayerhintError(f"{self.id}: {why} (log: {log})")
        final = Path(layout.final_weights(self.training))
        if not final.is_file():
            raise StoppedError  # A signal reached the child itself: it has left a snapshot.
        return reader

    # What the record says.

    def _identity(self) -> dict[str, Any]:
        t = self.training
        return {
            "dataset": t.dataset,
            "method": t.method,
            "stage": t.stage,
            "net": t.student,
            "name": t.name,
            "folder": t.folder,
            "title": t.title,
            "max_iter": self.iterations,
            "seed": t.seed,
            "init_seed": t.init.seed if t.init else None,
            "batch_size": t.batch_size,
        }

    def _final(self, context: Context, reader: LogReader) -> dict[str, float] | None:
        """The final model's test outputs: from the log, or measured now if it holds no test of it."""
        net = context.workspace.layout.test_net(self.training)
        if net is None or self.training.schedule.test_iter is None:
            return None
        last = reader.test.get(self.iterations)
        if last is not None and last.outputs:
            return last.outputs
        weights = context.workspace.layout.final_weights(self.training)
        return read_test_log(context.engine.test(net, weights, self.training.schedule.test_iter))

    def _proof(self, context: Context) -> dict[str, Any]:
        if self.training.frozen is None or self.kept is None:
            return {"teacher": None}
        layout = context.workspace.layout
        return prove_frozen(
            Path(layout.final_weights(self.training)),
            Path(self.kept),
            self.training.frozen,
        )


def _curves(reader: LogReader) -> dict[str, Any]:
    return {
        "train": [
            {"iteration": p.iteration, "loss": p.loss, "outputs": p.outputs, "lr": p.lr} for p in reader.train_points()
        ],
        "test": [{"iteration": p.iteration, "outputs": p.outputs} for p in reader.finished_tests()],
    }


_ENGINE_LINE = re.compile(r"\(PyTorch [^,]+, (?P<device>.+), (?P<precision>[a-z]+\d+), (?P<threads>\d+) threads?\)")


def _machine(reader: LogReader, engine: Engine) -> dict[str, Any]:
    """Device, precision and threads, as torchcaffe's first log line states them; a real Caffe is float32, and on the
    CPU where its solvers say so."""
    found = _ENGINE_LINE.search(reader.engine_line or "")
    if found is None:
        on_cpu = reader.train and engine.solver_mode == "CPU"
        return {"device": "cpu" if on_cpu else None, "precision": "float32", "threads": None}
    return {"device": found["device"], "precision": found["precision"], "threads": int(found["threads"])}
