"""Exports a net: converts it, checks it, writes it, measures it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from layerhint.cost.count import count_cost
from layerhint.engines.engine import Engine
from layerhint.engines.net_process import NetProcess
from layerhint.export.check import Checked, check
from layerhint.export.convert import Deployed, convert, read_deployed
from layerhint.export.images import Images, RandomImages, TestImages
from layerhint.export.locate import Subject
from layerhint.export.preparation import Preparation, read_preparation
from layerhint.export.runtime import VERSION, OnnxNet
from layerhint.export.table import Measured, Times, agreement_line, comparison
from layerhint.files import write_bytes
from layerhint.machine import cores, describe_machine
from layerhint.records import fingerprint
from layerhint.wording import engine_name

BATCHES = (1, 128)


def export(
    subject: Subject, out: Path, engines: Sequence[Engine], *, with_mean: bool, limit: int | None, console: Console
) -> Checked:
    """Checks that the ONNX model agrees with every engine on the test images, writes `out`, then measures latencies.

    Args:
        engines: the engines to compare with.
        with_mean: whether the model takes the images as the LMDB has them, and prepares them itself.
        limit: how many test images; None for all.

    Raises:
        LayerhintError, CaffeError: something is absent, cannot be converted or does not agree; nothing is written.
    """
    deployed = read_deployed(subject.model, subject.weights)
    preparation = read_preparation(subject.test_net) if with_mean and subject.test_net else None
    model = convert(deployed, _facts(subject, deployed, preparation), preparation).SerializeToString()
    images = TestImages(subject.test_net, limit) if subject.test_net else RandomImages(deployed.image_shape)
    checked = _check(model, subject, engines, images, deployed.scores)
    write_bytes(out, model, "Choose another place with --out")
    console.print(f"wrote {out}", markup=False, soft_wrap=True)
    for name, agreement in checked.agreements.items():
        console.print(agreement_line(name, agreement, checked, deployed.scores), markup=False, soft_wrap=True)
    console.print(comparison(_measure(model, subject, engines, checked), checked.images, checked.name))
    runtimes = "; ".join([*(engine_name(engine.describe()) for engine in engines), f"onnxruntime {VERSION}"])
    console.print(f"Median times on {describe_machine()}. {runtimes}.", markup=False, soft_wrap=True)
    return checked


def _facts(subject: Subject, deployed: Deployed, preparation: Preparation | None) -> dict[str, str]:
    """The model's metadata: where it comes from, and what it takes."""
    takes = "as the Caffe net does: prepared as its test net prepares them" if preparation is None else "bytes 0..255"
    return {
        "title": deployed.net.name,
        **subject.facts,
        "caffemodel": subject.weights.name,
        "caffemodel_sha256": fingerprint.of_file(subject.weights),
        "images": f"{takes}; channels in the order of the training images",
        "scores": deployed.scores,
    }


def _check(model: bytes, subject: Subject, engines: Sequence[Engine], images: Images, scores: str) -> Checked:
    with ExitStack() as stack:
        nets = {
            _name(engine): stack.enter_context(NetProcess(engine, subject.model, subject.weights, cores()))
            for engine in engines
        }
        return check(OnnxNet(model, cores()), nets, images, scores)


def _measure(model: bytes, subject: Subject, engines: Sequence[Engine], checked: Checked) -> list[Measured]:
    """A column for each engine, and one for onnxruntime."""
    columns = []
    size = count_cost(subject.model).caffemodel_bytes  # The weights at hand may hold a teacher as well.
    for engine in engines:
        correct = checked.agreements[_name(engine)].correct if checked.labelled else None
        columns.append(Measured(_name(engine), size, _caffe_times(subject, engine), correct))
    times = _times(lambda batch, threads: OnnxNet(model, threads).times(batch))
    correct = checked.correct if checked.labelled else None
    return [*columns, Measured("onnxruntime", len(model), times, correct)]


def _caffe_times(subject: Subject, engine: Engine) -> Times:
    def measure(batch: int, threads: int) -> list[float]:
        with NetProcess(engine, subject.model, subject.weights, threads) as net:
            return net.times(batch)

    return _times(measure)


def _times(measure: Callable[[int, int], list[float]]) -> Mapping[tuple[int, int], list[float]]:
    """Milliseconds of each run by (batch size, threads): with one thread, and with all cores."""
    return {(batch, threads): measure(batch, threads) for batch in BATCHES for threads in sorted({1, cores()})}


def _name(engine: Engine) -> str:
    return "torchcaffe" if engine.name == "torch" else "Caffe"
