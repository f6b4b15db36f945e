"""The GPU path, on a machine with a GPU: its tests, then milliseconds an iteration beside a plain PyTorch loop.

    make gpu-check        # with the `python3`, or PYTHON=..., that has a PyTorch for the GPU

ResNet-14 by itself, and KD from ResNet-26 to it, with batches of 128 images of CIFAR-10's size. The PyTorch loop is
what a good user writes, `benchmarks.pytorch` with its images on the GPU, chosen, cropped and mirrored there, and cuDNN
choosing its fastest algorithms. Its numbers and ours are taken in turns.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import lmdb
import numpy as np
import torch

from benchmarks.pytorch.batches import Batches
from benchmarks.pytorch.recipe import Recipe, SoftTargets
from benchmarks.pytorch.resnet import LOGITS, ResNet
from benchmarks.pytorch.training import Training
from torchcaffe import mode
from torchcaffe.precision import Precision
from torchcaffe.proto.binary import array_to_blob, write_binary
from torchcaffe.proto.caffe_pb2 import Datum, SolverParameter
from torchcaffe.proto.text import read_net, read_solver
from torchcaffe.solvers import Solver, create_solver

ROOT = Path(__file__).parents[1]
TESTS = ("tests/torchcaffe/graph", "tests/torchcaffe/fast", "tests/torchcaffe/layers/test_cuda.py")
SOLVERS = {"ResNet-14": "resnet14/plain/solver", "KD 26 -> 14": "resnet26-resnet14/kd/net1_solver"}
RECORDS, BATCH, SIZE, CROP = 10_000, 128, 40, 32
TEMPERATURE, SOFT = 3.0, 5.0  # Of KD, as in its prototxt.

Step = Callable[[int], object]


class GpuBatches(Batches):
    """Batches from images on a GPU, chosen, cropped and mirrored there without its waiting for the CPU."""

    def next(self) -> tuple[torch.Tensor, torch.Tensor]:
        device = self._labels.device
        assert self._means is not None
        chosen = torch.randint(len(self._labels), (BATCH,), device=device)
        top, left = torch.randint(SIZE - CROP + 1, (2, BATCH), device=device)
        images = self._windows[chosen, :, top, left].float() - self._means[top, left]
        mirrored = torch.rand(BATCH, 1, 1, 1, device=device) < 0.5
        images = torch.where(mirrored, images.flip(3), images)
        return images.contiguous(memory_format=torch.channels_last), self._labels[chosen]


def eager(name: str, images: torch.Tensor, labels: torch.Tensor, precision: Precision) -> Step:
    """PyTorch's loop: gives what runs some iterations of it."""
    soft = SoftTargets(TEMPERATURE, SOFT) if name.startswith("KD") else None
    recipe = Recipe(
        student=14, teacher=26 if soft else None, pairs=(), pair_weight=0, soft=soft, channels=3, classes=10,
        batch=BATCH, crop=CROP, mirror=True, lr=0.01, momentum=0.9, weight_decay=1e-4,
    )  # fmt: skip
    student = ResNet(14, 3, 10, [LOGITS]).to(images.device)
    teacher = ResNet(26, 3, 10, [LOGITS]).to(images.device) if soft else None
    batches = GpuBatches(images, labels, images.float().mean(0), BATCH, CROP, mirror=True)
    training = Training(recipe, student, teacher, batches)

    def step(iterations: int) -> None:
        with torch.autocast(images.device.type, torch.bfloat16, enabled=precision is Precision.BF16):
            for _ in range(iterations):
                training.step()

    return step


def ours(name: str, folder: Path) -> Step:
    """The solver as `caffe train` runs it, without displays, tests and snapshots."""
    param = read_solver(ROOT / f"generated/cifar10/{SOLVERS[name]}.prototxt")
    net = param.train_net_param
    net.CopyFrom(read_net(ROOT / param.train_net))
    for data in (layer for layer in net.layer if layer.type == "Data"):
        data.data_param.source = str(folder / "db")
        data.transform_param.mean_file = str(folder / "mean.binaryproto")
    for field in ("train_net", "test_net", "test_iter", "test_interval", "display", "snapshot"):
        param.ClearField(field)
    param.MergeFrom(SolverParameter(base_lr=0.01, snapshot_after_train=False))
    solver: Solver = create_solver(param)
    for layer in solver.net.layers:
        if layer.param.batch_norm_param.use_global_stats:
            for blob, value in zip(layer.blobs, (0, 1, 1), strict=True):
                blob.data.fill_(value)
    solver.compile()
    return solver.step


def write_data(folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """A database of random images, its mean, and both on the GPU for PyTorch's loop."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (RECORDS, 3, SIZE, SIZE), dtype=np.uint8)
    labels = rng.integers(0, 10, RECORDS)
    with lmdb.open(str(folder / "db"), map_size=1 << 28) as env, env.begin(write=True) as transaction:
        for i, (image, label) in enumerate(zip(images, labels, strict=True)):
            datum = Datum(channels=3, height=SIZE, width=SIZE, data=image.tobytes(), label=int(label))
            transaction.put(b"%08d" % i, datum.SerializeToString())
    write_binary(folder / "mean.binaryproto", array_to_blob(images.mean(0, dtype=np.float32)[None]))
    return torch.from_numpy(images).cuda(), torch.from_numpy(labels).cuda()


def milliseconds(step: Step, iterations: int) -> float:
    torch.cuda.synchronize()
    start = time.perf_counter()
    step(iterations)
    torch.cuda.synchronize()
    return (time.perf_counter() - start) * 1e3 / iterations


def compare(name: str, precision: Precision, folder: Path, data: tuple[torch.Tensor, torch.Tensor]) -> str:
    """A line of the table: the median of some turns, with the range of them."""
    mode.set_precision(precision)
    torch.backends.cudnn.benchmark = True
    steps = eager(name, *data, precision), ours(name, folder)
    for step in steps:
        step(30)
    turns = [[milliseconds(step, 200) for step in steps] for _ in range(5)]
    cells = [f"{median(ms):7.3f} ({min(ms):.3f}-{max(ms):.3f})" for ms in zip(*turns, strict=True)]
    ratio = median(loop for loop, _ in turns) / median(mine for _, mine in turns)
    return f"{name:<12} {precision:<8} {cells[0]:>24} {cells[1]:>24} {ratio:6.2f}"


def run_tests() -> int:
    """As the repository's settings say, but warnings of another PyTorch's are shown, not errors."""
    # A test that hangs must not take the time of what comes after.
    command = [sys.executable, "-m", "pytest", "-q", "-W", "default", "--timeout=60", "--durations=5", *TESTS]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--no-tests", action="store_true", help="only the table")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print(f"gpu-check needs a GPU, and PyTorch {torch.__version__} sees none here", file=sys.stderr)
        return 2
    failed = 0 if options.no_tests else run_tests()
    mode.set_device(0)
    cudnn = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
    print(f"{torch.cuda.get_device_name(0)}, PyTorch {torch.__version__}, cuDNN {cudnn}")
    print(f"ms an iteration, batch {BATCH}: the median of 5 turns of 200 (least-most)")
    print(f"{'':<12} {'':<8} {'PyTorch, eager':>24} {'torchcaffe':>24} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as folder:
        data = write_data(Path(folder))
        for name in SOLVERS:
            for precision in Precision:
                print(compare(name, precision, Path(folder), data), flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
