"""What is measured, and what it is made of."""

from pathlib import Path

import pytest

from benchmarks.case import Case
from benchmarks.cases import CASES, choose
from benchmarks.cli import main
from benchmarks.environment import blas_settings, for_child, unhandicapped
from benchmarks.generated_files import own_solver, read_generated
from benchmarks.images import KINDS
from benchmarks.lesson import lesson_of_recipe
from benchmarks.pytorch.recipe import FILTERS, Recipe, Regressor, SoftTargets
from benchmarks.recipe_of_net import recipe_of
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import load_experiment
from layerhint.paths import ROOT
from layerhint.trainings.alike import alike
from layerhint.trainings.expand import expand
from torchcaffe.proto.caffe_pb2 import SolverParameter


def recipe(name: str) -> Recipe:
    (case,) = choose([name])
    return recipe_of(case, *read_generated(case), KINDS[case.images])


def test_names_are_distinct_and_patterns_keep_the_order() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    assert choose([]) == list(CASES)
    assert [case.name for case in choose(["kd-26-8", "hint-?"])] == ["hint-1", "hint-2", "hint-3", "kd-26-8"]


def test_an_unknown_name_is_an_error_that_names_the_close_one() -> None:
    with pytest.raises(LayerhintError, match=r"no net is named 'plain-9'; did you mean 'plain-8'\?"):
        choose(["plain-8", "plain-9"])


def test_recipes_are_those_of_the_paper() -> None:
    """CIFAR: 128 crops of 32 x 32, mirrored; MNIST: 64 images as they are. The hint steps' rate is 1e-4."""
    plain = recipe("plain-20")
    assert plain == Recipe(20, None, (), 1.0, None, 3, 10, 128, 32, True, plain.lr, plain.momentum, plain.weight_decay)
    assert (plain.lr, plain.momentum, plain.weight_decay) == pytest.approx((0.1, 0.9, 0.0001))
    assert recipe("mnist-plain-8").batch == 64
    assert (recipe("mnist-plain-8").crop, recipe("mnist-plain-8").mirror) == (28, False)
    hint = recipe("hint-3")
    assert (hint.pairs, hint.pair_weight, hint.lr) == ((("res3_2", "res3_4"),), 1.0, pytest.approx(0.0001))
    concurrent = recipe("concurrent")
    assert concurrent.pairs == (("res1_1", "res1_4"), ("res2_1", "res2_4"), ("res3_1", "res3_4"))
    assert concurrent.pair_weight == pytest.approx(1 / 3)
    assert (concurrent.student_filters, concurrent.teacher_filters, concurrent.regressors) == (FILTERS, FILTERS, ())
    soft = recipe("kd-26-14").soft
    assert soft is not None
    assert (soft.temperature, soft.weight) == (pytest.approx(3), 5)


def wide() -> Recipe:
    """Table 5's wide teacher, whose hints a regressor stands before."""
    case = Case("wide", "wide", "cifar10/resnet26w32-resnet14/proposed", "g2_train", "g2_solver", 14, 26)
    return recipe_of(case, *read_generated(case), KINDS[case.images])


def test_widths_and_regressors_are_read_from_the_net() -> None:
    assert wide().pairs == (("res2_2", "res2_4"),)
    assert wide().regressors == (Regressor("hint", "res2_2", 64, 1),)
    # The teacher is cut off below its third stage.
    assert (wide().student_filters, wide().teacher_filters[:2]) == (FILTERS, (32, 64))
    assert lesson_of_recipe(wide()) == "14 of 26w32: res2_2 as res2_4"


def test_a_recipe_comes_back_from_its_file(tmp_path: Path) -> None:
    for written in (recipe("concurrent"), wide(), recipe("kd-26-8")):
        written.write(tmp_path / "recipe.json")
        assert Recipe.read(tmp_path / "recipe.json") == written
    assert isinstance(Recipe.read(tmp_path / "recipe.json").soft, SoftTargets)


def test_the_solver_updates_and_does_nothing_else() -> None:
    (case,) = choose(["plain-8"])
    _, solver = read_generated(case)
    own = own_solver(solver, Path("net.prototxt"))
    assert (own.train_net, own.max_iter, own.solver_mode) == ("net.prototxt", 1, SolverParameter.CPU)
    assert [getattr(own, field) for field in ("display", "snapshot", "snapshot_after_train")] == [0, 0, False]
    assert not [*own.test_net, *own.test_iter]
    assert (own.base_lr, own.momentum, own.stepvalue) == (solver.base_lr, solver.momentum, solver.stepvalue)


def test_a_real_caffe_runs_without_what_slows_its_blas() -> None:
    given = {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_L2_SIZE": "512", "OPENBLAS_VERBOSE": "2", "PATH": "/bin"}
    assert unhandicapped(given) == {"OPENBLAS_VERBOSE": "2", "PATH": "/bin"}
    assert list(blas_settings(given)) == ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_VERBOSE"]


def test_a_child_has_its_threads_and_finds_the_benchmarks() -> None:
    child = for_child({"PATH": "/bin", "PYTHONPATH": "/caffe/python"}, 3)
    assert child["PYTHONPATH"].split(":") == ["/caffe/python", str(ROOT)]
    assert child["OPENBLAS_NUM_THREADS"] == child["OMP_NUM_THREADS"] == "3"
    assert for_child({}, 3)["PYTHONPATH"] == str(ROOT)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--nets", "plain-9"], "no net is named 'plain-9'"),
        (["--engines", "tensorflow"], "there is no engine 'tensorflow': choose among caffe, pytorch, plain, fast"),
        (["--parts", "all"], "--parts all: there is no such part of cpu; choose among iterations, lockstep, start-up"),
        (["--device", "cuda:0", "--parts", "data"], "--parts data: there is no such part of cuda:0; choose among iter"),
        (["--device", "gpu"], "there is no device 'gpu': say cpu, or cuda:0"),
        (["--precision", "tf32"], "--precision tf32 is a way in which GPUs compute"),
        (["--precision", "half"], "there is no precision 'half'"),
        (["--rounds", "0"], "--rounds 0: it must be at least 1"),
        (["--together", "1"], "--together 1: it must be at least 2"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert capsys.readouterr().err.startswith(f"error: {said}")


def test_list_shows_every_net(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    printed = capsys.readouterr().out
    assert all(case.name in printed for case in CASES)


def test_table_1_has_as_many_students_in_lockstep_as_the_help_says(capsys: pytest.CaptureFixture[str]) -> None:
    (group,) = alike(expand(load_experiment("table1")))
    with pytest.raises(SystemExit):
        main(["--help"])
    assert f"in Table 1 a teacher has {len(group)} students)" in " ".join(capsys.readouterr().out.split())
