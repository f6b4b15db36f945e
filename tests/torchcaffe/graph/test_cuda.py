"""The GPU path, where there is a GPU: against the CPU's plain layers, and recorded against one operation at a time."""

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from torchcaffe import mode
from torchcaffe.fast.data import records
from torchcaffe.graph.recorder import CudaGraphs
from torchcaffe.graph.repeated import WARM_UP
from torchcaffe.lockstep import Lockstep, Training
from torchcaffe.precision import Precision
from torchcaffe.signals import Action
from torchcaffe.solvers import Solver

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")

KD, PLAIN = "resnet14-resnet8/kd/net1_solver", "resnet8/plain/solver"
# Plain nets of two widths, hint steps, soft targets, concurrent hints, a step of SL-ResNet.
TRAININGS = [
    PLAIN,
    KD,
    "resnet26w32-resnet14/hint-kd/net1_solver",
    "resnet26-resnet14/proposed/g1_solver",
    "resnet26-resnet14/proposed/g3_solver",
    "resnet26-resnet8/concurrent/stage1_solver",
    "resnet8/sl-resnet/s2_solver",
]
BOUNDS = runpy.run_path(str(Path(__file__).parents[2] / "parity" / "bounds.py"))
DRAWS = 4


@pytest.fixture(autouse=True)
def gpu() -> Iterator[None]:
    mode.set_mode_gpu()
    yield
    mode.set_precision(Precision.FLOAT32)
    mode.set_mode_cpu()


@pytest.fixture
def compiled(open_solver: Callable[..., Solver]) -> Iterator[Callable[..., Solver]]:
    """Opens a solver on the GPU, compiled; convolutions always by the same algorithm, so that bits can be compared."""
    before = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark

    def open_it(training: str, recorder: object = None, **settings: object) -> Solver:
        solver = open_solver(training, "cuda:0", **settings)
        solver.compile(recorder)
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
        return solver

    yield open_it
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = before


def one_pass(solver: Solver) -> dict[str, torch.Tensor]:
    """Every blob and every param's diff after an iteration's passes."""
    solver.clear_param_diffs()
    loss = solver.forward_backward()
    found = {f"blob {name}": solver.net.blob(name).data for name in solver.net.blob_names}
    diffs = {f"diff {p.layer} {p.index}": p.blob.diff for p in solver.net.params.learnable if not p.is_frozen}
    return {name: values.double().cpu() for name, values in {**found, **diffs, "loss": loss}.items()}


def far(got: dict[str, torch.Tensor], want: dict[str, torch.Tensor], bound: float) -> list[str]:
    return [f"{name}: {d:.1e}" for name in want if (d := distance(got[name], want[name])) > bound]


def distance(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).norm() / (b.norm() or 1))


@pytest.mark.parametrize("training", TRAININGS)
def test_an_iteration_equals_the_cpus_plain_layers(training, open_solver):
    """In float64, where rounding hides nothing; Caffe's bound is 1e-4."""
    plain = open_solver(training, dtype=torch.float64)
    gpu = open_solver(training, "cuda:0", torch.float64)
    gpu.compile()
    assert far(one_pass(gpu), one_pass(plain), 1e-9) == []


@pytest.mark.parametrize("training", TRAININGS)
def test_an_iteration_in_float32_is_within_the_parity_bound(training, open_solver):
    """A value within rounding of zero opens a ReLU on one device and not on the other: such a draw tells nothing."""
    problems = []
    for seed in range(3, 3 + DRAWS):
        plain, gpu = (open_solver(training, device, random_seed=seed) for device in ("cpu", "cuda:0"))
        gpu.compile()
        got, want = one_pass(gpu), one_pass(plain)
        problems = far(got, want, BOUNDS["NETS"])
        same_gates = all(torch.equal(got[name] == 0, want[name] == 0) for name in want if name.startswith("blob "))
        if not problems or same_gates:
            break
    assert problems == []


@pytest.mark.parametrize("training", TRAININGS)
def test_recorded_equals_one_operation_at_a_time(training, compiled, failing, assert_same, log_lines):
    recorded, ordinary = compiled(training), compiled(training, failing)
    for solver in (recorded, ordinary):
        solver.solve()
    assert_same(recorded, ordinary)
    assert any(line.startswith("Recorded as one CUDA graph: each iteration") for line in log_lines())
    assert not [line for line in log_lines() if line.startswith("Not recorded") and "this recorder" not in line]


@pytest.mark.parametrize(
    "settings", [{"iter_size": 3}, {"lr_policy": "poly", "power": 2}, {"average_loss": 2}], ids=str
)
def test_settings(settings, compiled, failing, assert_same):
    recorded, ordinary = compiled(KD, **settings), compiled(KD, failing, **settings)
    for solver in (recorded, ordinary):
        solver.step(9)
    assert_same(recorded, ordinary)


def test_batches_are_the_cpus(compiled, open_solver):
    """The same images, crops and mirrors as on the CPU, all through recorded iterations."""
    cpu, gpu = open_solver(PLAIN, test_interval=1000), compiled(PLAIN, test_interval=1000)
    for _ in range(9):
        cpu.step(1)
        gpu.step(1)
        for name in ("data", "label"):
            assert torch.equal(gpu.net.blob(name).data.cpu(), cpu.net.blob(name).data)
        assert gpu.net.layer("data").get_state() == cpu.net.layer("data").get_state()


def test_a_database_too_large_for_the_gpu(compiled, assert_same, monkeypatch):
    resident = compiled(KD)
    monkeypatch.setattr(records, "_room", lambda device: 0)
    monkeypatch.setattr(records, "_loaded", {})
    streamed = compiled(KD)
    for solver in (resident, streamed):
        solver.step(12)
    assert_same(resident, streamed)


def test_resumed_equals_uninterrupted(compiled, assert_same):
    whole = compiled(KD)
    whole.step(6)
    state = whole.snapshot()
    whole.step(6)
    resumed = compiled(KD)
    resumed.step(5)
    resumed.restore(state)
    resumed.step(6)
    assert_same(whole, resumed)


@pytest.fixture
def compiled_several(compiled, vary) -> Callable[..., list[Solver]]:
    """Compiled solvers of these nets with these settings, no two with the same weights."""

    def open_them(plan: list[tuple[str, dict[str, object]]]) -> list[Solver]:
        solvers = []
        for number, (training, settings) in enumerate(plan):
            solvers.append(compiled(training, **settings))
            vary(solvers[-1], number)
        return solvers

    return open_them


# Three students of one teacher; then a hint step and a plain net beside KD, one that ends early, and then goes forward
# by itself while the others are recorded anew, and one that cannot be recorded.
@pytest.mark.parametrize(
    ("plan", "recorded"),
    [
        ([(KD, {})] * 3, 3),
        (
            [
                (KD, {"max_iter": 6, "display": 3}),
                ("resnet14-resnet8/proposed/g2_solver", {"max_iter": 14}),
                (KD, {"max_iter": 14, "clip_gradients": 1e6}),
                (PLAIN, {"max_iter": 14}),
            ],
            3,
        ),
    ],
    ids=["alike", "unlike"],
)
def test_lockstep_equals_separate_recorded_runs(
    plan, recorded, compiled_several, trainer, assert_same_training, log_lines
):
    """To the bit: a branch runs the kernels that the training runs by itself, and these add up in one order."""
    alone, together = compiled_several(plan), compiled_several(plan)
    left_alone, left_together = trainer.alone(alone, 6), trainer.together(together, 6)
    for one, left, other, left_too in zip(alone, left_alone, together, left_together, strict=True):
        assert_same_training(one, left, other, left_too)
    assert f"Recorded as one CUDA graph: each iteration of {recorded} trainings, side by side" in log_lines()
    assert not [line for line in log_lines() if line.startswith("Not recorded") and "which run as they are" in line]


def test_a_lockstep_whose_work_waits_goes_on_unrecorded(
    compiled_several, trainer, assert_same_training, log_lines, monkeypatch
):
    """CUDA breaks the recording off in one of the branches; the iteration is done after all, and those after it."""
    alone, together = compiled_several([(KD, {})] * 3), compiled_several([(KD, {})] * 3)
    update_params = together[1].update_params

    def and_wait(rates) -> None:
        update_params(rates)
        float(rates[0])

    monkeypatch.setattr(together[1], "update_params", and_wait)
    left_alone, left_together = trainer.alone(alone, 6), trainer.together(together, 6)
    for one, left, other, left_too in zip(alone, left_alone, together, left_together, strict=True):
        left_too.said[:] = [line for line in left_too.said if not line.startswith("Not recorded as a CUDA graph: ")]
        assert_same_training(one, left, other, left_too)
    broken_off = "Not recorded as a CUDA graph: iterations of 3 side by side"
    assert sum(line.startswith(broken_off) for line in log_lines()) == 1


def test_no_branch_has_the_stream_that_branches_join():
    """However many there are: what branches let go of goes to that stream, and must not be given to one of them."""
    recorder = CudaGraphs(torch.device("cuda:0"))
    recorder.side_by_side([lambda: torch.zeros(())] * 100)
    assert len(recorder._sides) == 100
    assert recorder._stream not in recorder._sides


def test_a_lockstep_does_not_wait_for_the_gpu(compiled_several):
    solvers = compiled_several([(KD, {"display": 0, "test_interval": 1000, "max_iter": 100})] * 3)
    rounds = Lockstep([Training(str(i), solver) for i, solver in enumerate(solvers)], lambda: Action.NONE).rounds()
    for _ in range(WARM_UP + 2):
        next(rounds)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(5):
            next(rounds)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_nothing_waits_for_the_gpu(compiled):
    solver = compiled(KD, display=0, test_interval=1000)
    solver.step(WARM_UP + 2)
    torch.cuda.set_sync_debug_mode("error")
    try:
        solver.step(5)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_work_that_waits_goes_on_unrecorded(compiled, failing, assert_same, log_lines, monkeypatch):
    """CUDA breaks the recording off; the iteration is done after all, and those after it."""
    waiting, ordinary = compiled(KD), compiled(KD, failing)
    forward_backward = waiting.forward_backward

    def and_wait() -> torch.Tensor:
        loss = forward_backward()
        float(loss)
        return loss

    monkeypatch.setattr(waiting, "forward_backward", and_wait)
    for solver in (waiting, ordinary):
        solver.step(9)
    assert_same(waiting, ordinary)
    assert sum(line.startswith("Not recorded as a CUDA graph: iterations") for line in log_lines()) == 2


@pytest.mark.parametrize(("precision", "bound"), [(Precision.TF32, 2e-2), (Precision.BF16, 5e-2)])
@pytest.mark.parametrize("training", [PLAIN, KD, "resnet26-resnet14/proposed/g3_solver"])
def test_precision(training, precision, bound, open_solver):
    """The loss is near float32's, and is not float32's."""
    losses = []
    for wanted in (Precision.FLOAT32, precision):
        mode.set_precision(wanted)
        solver = open_solver(training, "cuda:0")
        solver.compile()
        solver.step(1)
        losses.append(float(solver.loss.mean))
        solver.step(WARM_UP + 3)
        assert torch.isfinite(solver.loss.mean)
    assert losses[1] == pytest.approx(losses[0], rel=bound)
    assert losses[1] != losses[0]
