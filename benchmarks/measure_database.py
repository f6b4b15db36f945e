"""Measures how fast images are written to an LMDB, and read from it as batches, cropped and mirrored."""

from collections.abc import Sequence

from benchmarks.contender import Contender
from benchmarks.interleave import Pace, interleave
from benchmarks.job import Job
from benchmarks.measured import Database
from benchmarks.pytorch.recipe import Recipe
from torchcaffe.proto.text import read_net, to_text


def measure_database(job: Job, engines: Sequence[Contender], pace: Pace) -> Database:
    """Lets the Data layers of the engines, and PyTorch's batches from memory, read in turn."""
    net = read_net(job.net)
    del net.layer[1:]  # The Data layer comes first.
    file = job.net.with_name("data.prototxt")
    file.write_text(to_text(net), encoding="utf-8")
    commands = {engine.key: engine.reading(job, str(file)) for engine in engines}
    series = interleave(commands, pace)
    images = job.images
    return Database(
        images=images.kind.title,
        records=images.records,
        bytes_per_record=images.kind.bytes_per_record,
        writing_seconds=images.seconds,
        lmdb_bytes=images.lmdb_bytes,
        batch=Recipe.read(job.recipe).batch,
        seconds={key: found.seconds for key, found in series.items()},
    )
