"""The tables of trainings: time, floors, memory, start-up."""

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.floors import ARITHMETIC, BYTES
from benchmarks.measured import FAST, Iterations, StartUp
from benchmarks.report.numbers import ABSENT, percent, plain, times, with_spread
from benchmarks.report.table import Table
from benchmarks.statistics import spread

Titles = Mapping[str, str]


def iterations_table(found: Sequence[Iterations], titles: Titles) -> Table:
    """Milliseconds an iteration, and how many times as fast the fast path is as each other engine."""
    compared = [key for key in titles if key != FAST] if FAST in titles else []
    rows = []
    for line in found:
        milliseconds = {key: with_spread(line.milliseconds(key)) for key in line.seconds}
        factors = {key: times(line.times_as_fast(FAST, key)) for key in line.seconds if compared}
        rows.append((*_name(line), *_cells(milliseconds, titles), *_cells(factors, compared)))
    return Table(
        "Milliseconds a training iteration",
        ("Net", "Images", *titles.values(), *(f"fast vs. {titles[key]}" for key in compared)),
        tuple(rows),
        2,
        (
            "An iteration is data, forward, backward and update. Median (quartiles) of the rounds. A factor says how "
            "many times as fast the fast path is: the median of the rounds' own factors.",
        ),
    )


def floors_table(found: Sequence[Iterations], titles: Titles) -> Table:
    """What an iteration must do, how long that takes this machine, and how near to it each engine comes."""
    rows = []
    for line in found:
        shares = {key: percent(line.share_of_arithmetic(key)) for key in line.seconds}
        work = [line.flops / 1e9, _milliseconds(line.arithmetic_floor), line.bytes / 1e6]
        rows.append((*_name(line), *map(plain, [*work, _milliseconds(line.bytes_floor)]), *_cells(shares, titles)))
    flops = spread([rate / 1e9 for line in found for rate in line.flops_rate])
    rates = spread([rate / 1e9 for line in found for rate in line.bytes_rate])
    return Table(
        "Floors",
        ("Net", "Images", "GFLOP", "arithmetic, ms", "MB", "bytes, ms", *titles.values()),
        tuple(rows),
        2,
        (
            "The engines' columns are the share of the arithmetic floor that they reach: the floor over the time.",
            f"Arithmetic: {ARITHMETIC}; over the rate of the best of several torch.mm, {with_spread(flops)} GFLOP/s.",
            f"Bytes: {BYTES}; over the rate of a large copy, {with_spread(rates)} GB/s read and written. "
            "What stays in a cache from one layer to the next costs less than that.",
            "Both rates are measured between the engines' turns, each round's floor with its own.",
        ),
    )


def memory_table(found: Sequence[Iterations], titles: Titles, on_gpu: bool) -> Table:
    """The most memory that each engine's process had: of a GPU, or resident."""
    rows = [
        (*_name(line), *_cells({key: plain(size / 2**20) for key, size in line.peak_bytes.items()}, titles))
        for line in found
    ]
    note = "MiB resident at most, with Python, the libraries, and what is mapped of the LMDB or held of the images."
    if on_gpu:
        note = "MiB of the GPU's memory beyond the process's CUDA context, with the images that it holds there."
    return Table("Peak memory", ("Net", "Images", *titles.values()), tuple(rows), 2, (note,))


def start_up_table(found: Sequence[StartUp], titles: Titles) -> Table:
    """Seconds of a whole process that trains for one iteration."""
    rows = [
        (
            line.title,
            line.images,
            *_cells({key: with_spread(spread(runs)) for key, runs in line.seconds.items()}, titles),
        )
        for line in found
    ]
    note = (
        "Seconds of a whole process: start, build, one iteration, end; for Caffe and torchcaffe `caffe train` with "
        "max_iter 1. Median (quartiles)."
    )
    return Table("Start-up", ("Net", "Images", *titles.values()), tuple(rows), 2, (note,))


def _name(line: Iterations) -> tuple[str, str]:
    return line.title, f"{line.images}, batch {line.batch}"


def _cells(texts: Mapping[str, str], engines: Iterable[str]) -> list[str]:
    """The text of each engine, or `ABSENT`."""
    return [texts.get(key, ABSENT) for key in engines]


def _milliseconds(seconds: Sequence[float]) -> float:
    return 1000 * spread(seconds).median
