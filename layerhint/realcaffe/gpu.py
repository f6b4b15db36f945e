"""Asks a real Caffe whether it can compute on a GPU here."""

import subprocess
from dataclasses import dataclass
from enum import Enum

from layerhint.caffe_command import WHOLE_LOG
from layerhint.errors import LayerhintError
from layerhint.realcaffe.caffe_explanation import explain
from layerhint.realcaffe.find import RealCaffe


class Gpu(Enum):
    """What a Caffe has of GPU code, in words that end a description of it."""

    NO_CODE = "without GPU code"
    NOT_HERE = "with GPU code, which links and loads; it was not run, since no GPU is here that it can use"
    READY = "with GPU code, which ran on a GPU here"


@dataclass(frozen=True)
class Answer:
    """The answer, and why it is not READY, in plain words and in Caffe's own."""

    gpu: Gpu
    why: str | None = None


def ask_for_gpu(real: RealCaffe) -> Answer:
    """Runs `caffe device_query`, which a build without GPU code refuses and one with it answers if it finds a GPU.

    Raises:
        LayerhintError: the command cannot be started.
    """
    try:
        done = subprocess.run(
            [str(real.binary), "device_query", "-gpu", "all"],
            env=real.environment | WHOLE_LOG,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise LayerhintError(f"the Caffe at {real.root} does not run: {fault}") from fault
    if done.returncode == 0:
        return Answer(Gpu.READY)
    why = explain(done.stderr.splitlines(), done.returncode)
    return Answer(Gpu.NO_CODE if "CPU-only" in done.stderr else Gpu.NOT_HERE, why)
