"""Generated nets, read back as Caffe reads them, against the paper."""

from pathlib import Path

import pytest
import yaml
from rendering import layers, own, table1

from layerhint.rendering.render import render
from torchcaffe.proto import caffe_pb2

PAIR = "generated/cifar10/resnet26-resnet14"


def wiring(layer: caffe_pb2.LayerParameter) -> tuple[str, list[str], list[str]]:
    return layer.type, list(layer.bottom), list(layer.top)


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return table1()


def test_a_widening_module_layer_by_layer() -> None:
    """He et al.'s option A, drawn by hand: 3x3 stride 2, 3x3; every second pixel and 16 zero channels; sum; ReLU."""
    net = layers(table1()[f"{PAIR}/kd/stage2_train.prototxt"])
    conv1, conv2 = "res2_1/conv1", "res2_1/conv2"
    expected = {
        conv1: ("Convolution", ["res1_2"], [conv1]),
        f"{conv1}/bn": ("BatchNorm", [conv1], [conv1]),
        f"{conv1}/scale": ("Scale", [conv1], [conv1]),
        f"{conv1}/relu": ("ReLU", [conv1], [conv1]),
        conv2: ("Convolution", [conv1], [conv2]),
        f"{conv2}/bn": ("BatchNorm", [conv2], [conv2]),
        f"{conv2}/scale": ("Scale", [conv2], [conv2]),
        "res2_1/subsample": ("Convolution", ["res1_2"], ["res2_1/subsample"]),
        "res2_1/zeros": ("Power", ["res2_1/subsample"], ["res2_1/zeros"]),
        "res2_1/shortcut": ("Concat", ["res2_1/subsample", "res2_1/zeros"], ["res2_1/shortcut"]),
        "res2_1/sum": ("Eltwise", ["res2_1/shortcut", conv2], ["res2_1"]),
        "res2_1/relu": ("ReLU", ["res2_1"], ["res2_1"]),
        "res2_2/sum": ("Eltwise", ["res2_1", "res2_2/conv2"], ["res2_2"]),
    }
    assert {name: wiring(net[name]) for name in expected} == expected
    shapes = [
        (p.num_output, list(p.kernel_size), list(p.stride), list(p.pad), p.group, p.bias_term)
        for p in (net[name].convolution_param for name in (conv1, conv2, "res2_1/subsample"))
    ]
    assert shapes == [
        (32, [3], [2], [1], 1, False),
        (32, [3], [1], [1], 1, False),
        (16, [1], [2], [], 16, False),
    ]
    filler = net["res2_1/subsample"].convolution_param.weight_filler
    assert (filler.type, filler.value) == ("constant", 1)
    assert (net["res2_1/zeros"].power_param.scale, net["res2_1/zeros"].power_param.shift) == (0, 0)
    assert net[conv1].convolution_param.weight_filler.type == "msra"


def test_projection_shortcut() -> None:
    net = layers(table1(shortcut="projection")[f"{PAIR}/kd/stage2_train.prototxt"])
    assert wiring(net["res3_1/shortcut"]) == ("Convolution", ["res2_2"], ["res3_1/shortcut"])
    p = net["res3_1/shortcut"].convolution_param
    assert (p.num_output, list(p.kernel_size), list(p.stride), list(p.pad)) == (64, [1], [2], [0])
    assert wiring(net["res3_1/shortcut/bn"]) == ("BatchNorm", ["res3_1/shortcut"], ["res3_1/shortcut"])
    assert wiring(net["res3_1/sum"])[1] == ["res3_1/shortcut", "res3_1/conv2"]


@pytest.mark.parametrize(
    ("name", "guided", "hint"),
    [
        ("hint-kd/stage1", "res2_1", "res2_2"),
        ("hint-kd-plus/stage1", "res3_2", "res3_4"),
        ("proposed/g1", "res1_2", "res1_4"),
        ("proposed/g2", "res2_2", "res2_4"),
        ("proposed/g3", "res3_2", "res3_4"),
    ],
)
def test_a_hint_net_ends_at_its_pair(files: dict[str, str], name: str, guided: str, hint: str) -> None:
    net = layers(files[f"{PAIR}/{name}_train.prototxt"])
    loss = net["hint/loss"]
    assert wiring(loss) == ("EuclideanLoss", [guided, f"teacher/{hint}"], ["hint/loss"])
    assert list(loss.loss_weight) == []
    names = list(net)
    assert names[names.index("teacher/conv1") - 1] == f"{guided}/relu"
    assert names[-2:] == [f"teacher/{hint}/relu", "hint/loss"]
    assert wiring(net["data"]) == ("Data", [], ["data"])


def test_hint_kd_plus_on_the_pooled_vector() -> None:
    net = layers(table1(hint_plus_layer="pool")[f"{PAIR}/hint-kd-plus/stage1_train.prototxt"])
    assert wiring(net["hint/loss"])[1] == ["pool", "teacher/pool"]
    assert net["pool"].pooling_param.pool == caffe_pb2.PoolingParameter.AVE
    assert net["pool"].pooling_param.global_pooling
    assert "fc" not in net


def test_concurrent_hints_weigh_a_third_each(tmp_path: Path) -> None:
    text = render(own(tmp_path))["generated/cifar10/resnet14-resnet8/concurrent/stage1_train.prototxt"]
    net = layers(text)
    for i, stage in enumerate((1, 2, 3), start=1):
        loss = net[f"hint{i}/loss"]
        assert wiring(loss) == ("EuclideanLoss", [f"res{stage}_1", f"teacher/res{stage}_2"], [f"hint{i}/loss"])
        assert list(loss.loss_weight) == pytest.approx([1 / 3], rel=1e-7)


@pytest.mark.parametrize(("kernel", "pad"), [(1, 0), (3, 1)])
def test_a_regressor_between_unequal_widths(tmp_path: Path, kernel: int, pad: int) -> None:
    experiment = own(tmp_path, {"regressor_kernel": kernel}, teacher={"depth": 14, "filters": [32, 64, 128]})
    rendered = render(experiment)
    net = layers(rendered["generated/cifar10/resnet14w32-resnet8/proposed/g2_train.prototxt"])
    regressor = net["hint/regressor"]
    assert wiring(regressor) == ("Convolution", ["res2_1"], ["hint/regressor"])
    p = regressor.convolution_param
    assert (p.num_output, list(p.kernel_size), list(p.pad), p.bias_term) == (64, [kernel], [pad], False)
    assert (p.weight_filler.type, p.weight_filler.std) == ("gaussian", pytest.approx(0.01))
    assert wiring(net["hint/loss"])[1] == ["hint/regressor", "teacher/res2_2"]
    surgery = yaml.safe_load(rendered["generated/cifar10/resnet14w32-resnet8/proposed/g2_surgery.yaml"])
    assert surgery["random"] == ["res2_1", "hint/regressor"]


def test_kd_loss_is_eq_2_from_stock_layers(files: dict[str, str]) -> None:
    net = layers(files[f"{PAIR}/proposed/stage2_train.prototxt"])
    expected = {
        "kd/student_scaled": ("Power", ["fc"], ["kd/student_scaled"]),
        "kd/student_softmax": ("Softmax", ["kd/student_scaled"], ["kd/student_softmax"]),
        "kd/student_log": ("Log", ["kd/student_softmax"], ["kd/student_log"]),
        "kd/teacher_scaled": ("Power", ["teacher/fc"], ["kd/teacher_scaled"]),
        "kd/teacher_softmax": ("Softmax", ["kd/teacher_scaled"], ["kd/teacher_softmax"]),
        "kd/product": ("Eltwise", ["kd/student_log", "kd/teacher_softmax"], ["kd/product"]),
        "kd/loss": ("Reduction", ["kd/product"], ["kd/loss"]),
        "loss": ("SoftmaxWithLoss", ["fc", "label"], ["loss"]),
    }
    assert {name: wiring(net[name]) for name in expected} == expected
    for side in ("student", "teacher"):
        assert net[f"kd/{side}_scaled"].power_param.scale == pytest.approx(1 / 3, rel=1e-7)
    assert net["kd/product"].eltwise_param.operation == caffe_pb2.EltwiseParameter.PROD
    reduction = net["kd/loss"].reduction_param
    assert (reduction.operation, reduction.axis) == (caffe_pb2.ReductionParameter.SUM, 0)
    assert reduction.coeff == -1 / 128
    assert list(net["kd/loss"].loss_weight) == [5]
    assert list(net["loss"].loss_weight) == []


def test_kd_loss_under_its_switches() -> None:
    net = layers(table1(soft_target_factor="tau_squared")[f"{PAIR}/kd/stage2_train.prototxt"])
    assert list(net["kd/loss"].loss_weight) == [45]
    net = layers(table1(true_label_term="softened")[f"{PAIR}/kd/stage2_train.prototxt"])
    assert wiring(net["loss"])[1] == ["kd/student_scaled", "label"]


def test_data_layers_of_cifar(files: dict[str, str]) -> None:
    train = layers(files[f"{PAIR}/kd/stage2_train.prototxt"])["data"]
    assert list(train.top) == ["data", "label"]
    t = train.transform_param
    assert (t.mirror, t.crop_size, t.scale) == (True, 32, 1)
    assert t.mean_file == "data/cifar10/mean_pixel_train.binaryproto"
    d = train.data_param
    assert (d.source, d.backend, d.batch_size) == ("data/cifar10/train_lmdb", caffe_pb2.DataParameter.LMDB, 128)
    test = layers(files[f"{PAIR}/kd/stage2_test.prototxt"])["data"]
    t = test.transform_param
    assert (t.mirror, t.crop_size, t.mean_file) == (False, 0, "data/cifar10/mean_pixel_test.binaryproto")
    assert (test.data_param.source, test.data_param.batch_size) == ("data/cifar10/test_lmdb", 100)
    channel = layers(table1(mean="channel")[f"{PAIR}/kd/stage2_train.prototxt"])["data"]
    assert channel.transform_param.mean_file == "data/cifar10/mean_channel_train.binaryproto"


def test_data_layers_of_mnist(tmp_path: Path) -> None:
    for scale, value in (("raw", 1), ("unit", 0.00390625)):
        experiment = own(tmp_path, {"input_scale": scale}, dataset="mnist", methods=["kd"])
        rendered = render(experiment)
        for split in ("train", "test"):
            data = layers(rendered[f"generated/mnist/resnet8/plain/{split}.prototxt"])["data"]
            t = data.transform_param
            assert (t.mirror, t.crop_size, t.mean_file, t.scale) == (False, 0, "", value)
            assert data.data_param.source == f"data/mnist/{split}_lmdb"
        deploy = layers(rendered["generated/mnist/resnet8/plain/deploy.prototxt"])
        assert list(deploy["data"].input_param.shape[0].dim) == [1, 1, 28, 28]


def test_test_and_deploy_nets_are_the_student_alone(files: dict[str, str]) -> None:
    test = layers(files[f"{PAIR}/proposed/stage2_test.prototxt"])
    assert not any(name.startswith(("teacher/", "kd/")) for name in test)
    assert wiring(test["accuracy"]) == ("Accuracy", ["fc", "label"], ["accuracy"])
    assert wiring(test["loss"]) == ("SoftmaxWithLoss", ["fc", "label"], ["loss"])
    deploy = layers(files["generated/cifar10/resnet14/plain/deploy.prototxt"])
    assert list(deploy["data"].input_param.shape[0].dim) == [1, 3, 32, 32]
    assert wiring(deploy["prob"]) == ("Softmax", ["fc"], ["prob"])
