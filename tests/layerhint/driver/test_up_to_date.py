"""What is done once and then kept, and what is done again and why."""

from dataclasses import replace
from pathlib import Path

import pytest
from small_run import NET1, STUDENT, TEACHER, setting, trained

from layerhint.experiments.experiment import load_experiment
from layerhint.records.fingerprint import of_prototxt
from layerhint.records.records import is_past, read_finished
from layerhint.rendering.render import render
from layerhint.running.plan import Plan
from layerhint.running.run import mark, run
from layerhint.steps.step import Context


def test_every_step_once_and_then_none(scene: tuple[Plan, Context]) -> None:
    plan, context = scene
    assert [step.id for step in plan.steps] == [
        "data/cifar10",
        TEACHER,
        STUDENT,
        f"{NET1}_init",
        NET1,
    ]
    assert list(plan.pending(context)) == [step.id for step in plan.steps]
    assert run(plan, context).done == 5
    assert plan.pending(context) == {}
    assert run(plan, context).done == 0
    record = trained(context.workspace.records, NET1)
    result = record.result
    assert result.made_by == "driver"
    assert (result.device, result.threads) == ("cpu", 2)
    assert result.final == {"accuracy": 0.625}
    assert result.curves.train[0].loss == 10
    assert len(result.curves.train) == result.iterations_run == 30
    assert result.frozen is not None
    assert result.frozen.identical
    generated = context.workspace.layout.solver(plan.trains[-1].training)
    assert 'lr_policy: "multistep"' in record.prototxt[generated]
    for path, text in record.prototxt.items():
        assert of_prototxt(text) == record.inputs[path]
    assert len(record.prototxt) == 3  # solver, training net, test net
    assert record.provenance.packages["numpy"]
    assert result.frozen.batch_norm_layers == 13  # 6 n + 1 convolutions in a 14-layer ResNet, n = 2.


def test_a_changed_schedule_trains_again_what_depends_on_it(scene: tuple[Plan, Context], tmp_path: Path) -> None:
    run(*scene)
    plan, context = setting(tmp_path / "small.yaml", tmp_path, **{"kd.lambda": 4})
    pending = plan.pending(context)
    assert list(pending) == [f"{NET1}_init", NET1]
    assert "stage2_train.prototxt" in pending[f"{NET1}_init"]
    assert run(plan, context).done == 2
    replaced = Path(context.workspace.layout.weights) / "cifar10/resnet14-resnet8/kd/replaced"
    assert [path.name for path in sorted(replaced.iterdir())] == ["net1_iter_30.caffemodel", "net1_iter_30.solverstate"]


def test_another_device_trains_nothing_again(scene: tuple[Plan, Context], tmp_path: Path) -> None:
    """The solvers of a real Caffe say which device it is."""
    plan, context = scene
    run(plan, context)
    on_cpu = render(load_experiment(tmp_path / "small.yaml", profile="smoke"), context.workspace.layout, "CPU")
    assert on_cpu != context.texts
    assert plan.pending(replace(context, texts=on_cpu)) == {}


def test_a_result_that_is_gone_or_altered_is_made_again(scene: tuple[Plan, Context]) -> None:
    plan, context = scene
    run(plan, context)
    student = Path(context.workspace.layout.final_weights(plan.trains[1].training))
    student.unlink()
    assert list(plan.pending(context).values()) == [f"missing: {student}"]
    student.write_bytes(b"x")
    assert list(plan.pending(context).values()) == [f"no longer what this step left: {student}"]


def test_a_figure_of_the_past_is_none_until_its_training_is_done_again(
    scene: tuple[Plan, Context], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A student that diverges under new settings has no result, and so have those that could not begin."""
    run(*scene)
    plan, context = setting(tmp_path / "small.yaml", tmp_path, **{"plain.base_lr": 0.5})
    monkeypatch.setenv("FAKE_CAFFE", "nan")
    records = context.workspace.records
    mark(plan, plan.pending(context), context)
    assert {name for name in (TEACHER, STUDENT, NET1) if is_past(records, name)} == {TEACHER, STUDENT, NET1}
    run(plan, context)
    assert read_finished(records, STUDENT) is not None
    assert {name for name in (TEACHER, STUDENT, NET1) if is_past(records, name)} == {STUDENT}
    monkeypatch.delenv("FAKE_CAFFE")
    run(plan, context)
    assert not is_past(records, STUDENT)
