"""The real `caffe` command and torchcaffe's, run on the same files; what they leave and log, made comparable."""

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from reader_thread import reader_thread

from layerhint.realcaffe.find import RealCaffe
from torchcaffe.cli import main

_GLOG = re.compile(r"^[IWEF](?:\d{4})?\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ [^\]]+\] ?(.*)$")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]\d+)?(?![\w.])")
_SPEED = re.compile(r"^(Iteration \d+) \(\S+ iter/s, \S+s/\d+ iters\)")
"""Caffe 1.0 shows it; the source that `make caffe` builds does not."""

# Lines of one of the two alone. Of Caffe's, torchcaffe leaves out what tells nothing more.
_ONLY_CAFFE = (
    r"Creating layer .*",  # of the layers' registry: the net's `Creating Layer` follows
    r"Memory required for data: .*",
    r"Initializing net from parameters: ",
    r"The NetState .* a rule in layer .*",
    r"Opened lmdb .*",
    r"Data layer prefetch queue empty|Waiting for data",  # where its threads are not as fast as the net
)
_ONLY_TORCH = (
    r"torchcaffe \S+ \(PyTorch .*\)",
    r"Fast path: .*",
    r"Restarting data prefetching from start\.",  # Caffe 1.0 logs it; the source that `make caffe` builds does not
)
_ALONE = re.compile("|".join((*_ONLY_CAFFE, *_ONLY_TORCH)))

# Of each layer whose weights have no place: the source that `make caffe` builds takes -weights once all nets are made,
# Caffe 1.0 as soon as each is.
WEIGHTS = ("Finetuning from ", "Ignoring source layer ")

# Rounding of values that are logged with six digits.
_RELATIVE, _ABSOLUTE = 1e-4, 1e-6


@dataclass(frozen=True)
class Outcome:
    """How a command ended, what it printed, what it logged after the stamps, and the files that are there then."""

    status: int
    out: str
    messages: list[str]
    files: list[str]


@dataclass(frozen=True)
class BothCommands:
    """Runs a command line on both, each in a folder of its own with the same files."""

    real: RealCaffe
    folder: Path
    capsys: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch

    def write(self, **texts: str) -> None:
        """Writes `<name>.prototxt` for both."""
        for engine in ("caffe", "torch"):
            (self.folder / engine).mkdir(exist_ok=True)
            for name, text in texts.items():
                (self.folder / engine / f"{name}.prototxt").write_text(text, encoding="utf-8")

    def share(self, name: str) -> None:
        """Gives torchcaffe a file that the real Caffe has left."""
        (self.folder / "torch" / name).write_bytes((self.folder / "caffe" / name).read_bytes())

    def run(self, *arguments: str) -> tuple[Outcome, Outcome]:
        """The outcomes of the real Caffe and of torchcaffe; torchcaffe's in this process."""
        folder = self.folder / "caffe"
        done = subprocess.run(
            [self.real.binary, *arguments],
            cwd=folder,
            env=environment(self.real),
            capture_output=True,
            text=True,
            check=False,
        )
        want = Outcome(done.returncode, done.stdout, messages(done.stderr), files(folder))
        folder = self.folder / "torch"
        self.patch.chdir(folder)
        with reader_thread():
            status = main(arguments)
        out, err = self.capsys.readouterr()
        return want, Outcome(status, out, messages(err), files(folder))

    def start(self, engine: str, *arguments: str) -> subprocess.Popen[str]:
        """Starts one of the two, its stderr a pipe."""
        command = [str(self.real.binary)] if engine == "caffe" else [sys.executable, "-m", "torchcaffe.cli"]
        return subprocess.Popen(
            [*command, *arguments],
            cwd=self.folder / engine,
            env=environment(self.real) if engine == "caffe" else None,
            stderr=subprocess.PIPE,
            text=True,
        )


def environment(real: RealCaffe) -> dict[str, str]:
    return real.environment | {"GLOG_logtostderr": "1", "OPENBLAS_NUM_THREADS": "1"}


def files(folder: Path) -> list[str]:
    """The names of the files in a folder, in order."""
    return sorted(path.name for path in folder.iterdir())


def messages(err: str) -> list[str]:
    """The log's messages, without those that only one of the two logs, and without the speed."""
    found: list[str] = [match[1] for line in err.splitlines() if (match := _GLOG.match(line))]
    return [_SPEED.sub(r"\1", text) for text in found if not _ALONE.fullmatch(text)]


def without_weights(log: Sequence[str]) -> list[str]:
    """The messages without those of `WEIGHTS`."""
    return [text for text in log if not text.startswith(WEIGHTS)]


def assert_same_log(got: Sequence[str], want: Sequence[str]) -> None:
    """The same words in the same order, and numbers that differ by rounding only."""
    assert_same_words(got, want)
    values = [[float(value) for text in log for value in _NUMBER.findall(text)] for log in (got, want)]
    assert values[0] == pytest.approx(values[1], rel=_RELATIVE, abs=_ABSOLUTE)


def assert_same_words(got: Sequence[str], want: Sequence[str]) -> None:
    """The same lines in the same order, whatever their numbers are."""
    assert [_NUMBER.sub("#", text) for text in got] == [_NUMBER.sub("#", text) for text in want]
