"""What a person trained by hand is taken up as it is."""

from pathlib import Path

import pytest
from small_run import TEACHER, trained

from layerhint.engines.engine import Start
from layerhint.running.plan import Plan
from layerhint.running.run import run
from layerhint.steps.step import Context
from torchcaffe.proto import caffe_pb2


def test_what_was_trained_by_hand_is_taken_up(scene: tuple[Plan, Context], monkeypatch: pytest.MonkeyPatch) -> None:
    plan, context = scene
    run(Plan(plan.steps[:1]), context)
    teacher = plan.trains[0].training
    layout = context.workspace.layout
    Path(layout.final_weights(teacher)).parent.mkdir(parents=True)
    start = Start(layout.solver(teacher), None, None, Path(layout.weights) / "by_hand.log")
    by_hand = context.engine.train(start)
    assert by_hand.wait() == 0
    written = Path(layout.final_weights(teacher)).stat().st_mtime_ns
    run(Plan(plan.steps[:2]), context)
    assert Path(layout.final_weights(teacher)).stat().st_mtime_ns == written
    record = trained(context.workspace.records, TEACHER)
    assert record.result.made_by == "hand"
    assert record.result.iterations_run == 0
    assert record.result.final == {"accuracy": 0.375}, "measured by `caffe test`, since there is no log of it"


def test_what_was_trained_anew_by_hand_is_measured_anew(scene: tuple[Plan, Context]) -> None:
    """The driver's log tells of another caffemodel."""
    plan, context = scene
    plan = Plan(plan.steps[:2])
    run(plan, context)
    teacher = Path(context.workspace.layout.final_weights(plan.trains[0].training))
    net = caffe_pb2.NetParameter.FromString(teacher.read_bytes())
    net.layer[1].blobs[0].data[0] += 1
    teacher.write_bytes(net.SerializeToString())
    run(plan, context)
    record = trained(context.workspace.records, TEACHER)
    assert record.result.made_by == "hand"
    assert record.result.curves.train == ()
    assert record.result.final == {"accuracy": 0.375}, "measured by `caffe test`"
    assert plan.pending(context) == {}
