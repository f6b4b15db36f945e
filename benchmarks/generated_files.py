"""The generated nets and solvers, made to run on the benchmark's own images."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from benchmarks.case import Case
from benchmarks.images import Images
from layerhint.experiments.experiment import load_experiment
from layerhint.paths import repository_folder
from layerhint.rendering.render import render
from torchcaffe.proto.caffe_pb2 import NetParameter, SolverParameter
from torchcaffe.proto.text import parse_net, parse_solver, read_net, read_solver

SEED = 1
_UNWANTED = (
    *("net", "train_net", "test_net", "test_iter", "test_interval", "test_initialization"),
    *("display", "snapshot", "snapshot_prefix"),
)


def read_generated(case: Case) -> tuple[NetParameter, SolverParameter]:
    """The train net and the solver of a case, from `generated/` or, if they are not committed, rendered."""
    generated = repository_folder("generated")
    if case.committed:
        return read_net(generated / case.train_net), read_solver(generated / case.solver_file)
    files = _rendered()
    net, solver = (f"{generated.name}/{file}" for file in (case.train_net, case.solver_file))
    return parse_net(files[net], net), parse_solver(files[solver], solver)


@cache
def _rendered() -> Mapping[str, str]:
    return render(load_experiment(Path(__file__).with_name("depths.yaml")))


def point_to_images(net: NetParameter, images: Images) -> None:
    """Makes the Data layers of a net read these images, whatever data set the files were rendered for."""
    for layer in net.layer:
        if layer.type == "Data":
            layer.data_param.source = str(images.database)
            if layer.transform_param.HasField("mean_file"):
                mean = Path(layer.transform_param.mean_file).name
                layer.transform_param.mean_file = str(images.folder / mean)


def own_solver(solver: SolverParameter, net: Path) -> SolverParameter:
    """A copy of the solver for one iteration on the CPU, without tests, displays and snapshots."""
    own = SolverParameter()
    own.CopyFrom(solver)
    for field in _UNWANTED:
        own.ClearField(field)
    own.train_net = str(net)
    own.max_iter = 1
    own.random_seed = SEED
    own.snapshot_after_train = False
    own.solver_mode = SolverParameter.CPU
    return own
