"""SL-ResNet (Section 3.3, Figure 6): what each step trains, from what, for how long."""

from typing import Any

import pytest

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import load_experiment
from layerhint.rendering.render import render
from layerhint.trainings.expand import expand, stage1_of
from layerhint.trainings.trainings import Training, WeightSource
from torchcaffe.proto.text import parse_net

OWN = "cifar10/resnet8/sl-resnet"
WITH_KD = "cifar10/resnet14-resnet8/sl-resnet-kd"


def fig7(**overrides: Any) -> dict[str, Training]:
    return {t.id: t for t in expand(load_experiment("fig7", overrides))}


def test_each_step_adds_a_module_and_a_new_head() -> None:
    """12,000 iterations at 0.1 for each step; the old FC is dropped."""
    trainings = fig7()
    s1, s2, s3 = (trainings[f"{OWN}/s{k}"] for k in (1, 2, 3))
    assert s1.init is None
    assert s1.train.net.parts == ("conv1", "res1_1", "pool", "fc")
    assert s3.train.net.parts == ("conv1", "res1_1", "res2_1", "res3_1", "pool", "fc")
    assert s2.init is not None
    assert s2.init.sources == (WeightSource(f"{OWN}/s1", "", ("conv1", "res1_1")),)
    assert s2.init.random == ("res2_1", "fc")
    for step in (s1, s2, s3):
        assert (step.schedule.base_lr, step.schedule.lr_policy, step.schedule.max_iter) == (0.1, "fixed", 12000)
        assert (step.train.teacher, step.frozen) == (None, None)
    assert [s.train.net.output("pool").channels for s in (s1, s2, s3)] == [16, 32, 64]


def test_stage_2_is_as_plain_training_with_a_new_fc_for_each_net() -> None:
    trainings = fig7()
    nets = [trainings[f"{OWN}/net{k}"] for k in (1, 2, 3)]
    plain = trainings["cifar10/resnet8/plain/plain"]
    for net in nets:
        assert net.schedule == plain.schedule
        assert net.init is not None
        assert net.init.sources == (WeightSource(f"{OWN}/s3", "", ("conv1", "res1_1", "res2_1", "res3_1")),)
        assert net.init.random == ("fc",)
    assert len({net.init.seed for net in nets if net.init}) == 3


def test_with_kd_it_shares_stage_1_and_has_its_own_lambda() -> None:
    """Section 3.3: lambda is 5 on CIFAR-10 and 3 on MNIST."""
    trainings = fig7()
    net1 = trainings[f"{WITH_KD}/net1"]
    assert net1.init is not None
    assert [s.training for s in net1.init.sources] == ["cifar10/resnet14/plain/plain", f"{OWN}/s3"]
    assert net1.train.kd is not None
    assert net1.train.kd.lambda_ == 5
    mnist = {t.id: t for t in expand(load_experiment("table4"))}
    lambdas = {
        method: mnist[f"mnist/resnet32-resnet8/{method}/net1"].train.kd.lambda_  # type: ignore[union-attr]
        for method in ("kd", "hint-kd", "proposed", "sl-resnet-kd")
    }
    assert lambdas == {"kd": 5, "hint-kd": 5, "proposed": 5, "sl-resnet-kd": 3}
    assert mnist["mnist/resnet8/sl-resnet/s3"].schedule.max_iter == 8000


def test_stage_1_of_the_method_with_kd_is_found_through_its_nets() -> None:
    trainings = fig7()
    nets = [t for t in trainings.values() if t.method == "sl-resnet-kd"]
    assert [t.id for t in stage1_of(trainings.values(), nets)] == [f"{OWN}/s{k}" for k in (1, 2, 3)]


def test_the_new_reading_holds_what_was_trained() -> None:
    trainings = fig7(sl_resnet_trains="new")
    s3 = trainings[f"{OWN}/s3"]
    assert s3.frozen == WeightSource(f"{OWN}/s2", "", ("conv1", "res1_1", "res2_1"))
    files = render(load_experiment("fig7", {"sl_resnet_trains": "new"}))
    layers = {la.name: la for la in parse_net(files[f"generated/{OWN}/s3_train.prototxt"]).layer}
    assert layers["res2_1/conv1/bn"].batch_norm_param.use_global_stats
    assert [(p.lr_mult, p.decay_mult) for p in layers["conv1"].param] == [(0, 0)]
    assert not layers["res3_1/conv1/bn"].batch_norm_param.use_global_stats
    assert not layers["res3_1/conv1"].param
    assert not layers["fc"].param


def test_a_kept_fc_needs_other_crops_to_tell_the_nets_apart() -> None:
    nets = [fig7(sl_resnet_fc="kept")[f"{OWN}/net{k}"] for k in (1, 2, 3)]
    for net in nets:
        assert net.init is not None
        assert net.init.random == ()
        assert net.init.sources == (WeightSource(f"{OWN}/s3", "", ("conv1", "res1_1", "res2_1", "res3_1", "fc")),)
    assert [net.seed for net in nets] == [4, 5, 6]


def test_mnist_cannot_keep_the_fc() -> None:
    """Without crops and mirrors its three nets would be one and the same."""
    with pytest.raises(LayerhintError, match=r"sl_resnet_fc.*unknown value 'kept'"):
        load_experiment("table4", {"sl_resnet_fc": "kept"})


def test_a_data_set_without_its_lengths_is_refused() -> None:
    experiment = load_experiment("fig10")
    with pytest.raises(LayerhintError, match="CIFAR-100's protocol has no sl_resnet; give it under `numbers:`"):
        expand(experiment.model_copy(update={"methods": ("sl-resnet",)}))
