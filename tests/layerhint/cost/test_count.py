"""Counts of nets, against formulas worked out by hand and published figures."""

import json
from pathlib import Path

import pytest
from onnx_nets import input_layer
from rendering import own

from layerhint.cost import count
from layerhint.cost.count import count_cost, uncounted
from layerhint.errors import LayerhintError
from layerhint.records.cost import Cost, Latency, LayerCost
from layerhint.rendering.render import render


def resnet(folder: Path, depth: int, shortcut: str = "zero_pad") -> Cost:
    """The cost of the deploy net that the templates make for CIFAR-10."""
    experiment = own(folder, {"shortcut": shortcut}, teacher={"depth": depth}, student={"depth": 8}, methods=["kd"])
    files = render(experiment)
    (text,) = (text for path, text in files.items() if f"/resnet{depth}/" in path and path.endswith("deploy.prototxt"))
    (folder / "deploy.prototxt").write_text(text)
    return count_cost(folder / "deploy.prototxt")


def layer(kind: str, text: str, name: str = "l") -> str:
    return f'layer {{ name: "{name}" type: "{kind}" bottom: "x" top: "{name}" {text} }}\n'


def cost_of(folder: Path, text: str) -> Cost:
    (folder / "net.prototxt").write_text(text)
    return count_cost(folder / "net.prototxt", "net")


@pytest.mark.parametrize("depth", [8, 14, 26])
def test_a_resnet_costs_what_its_formula_says(depth: int, tmp_path: Path) -> None:
    """6n + 1 convolutions of 3 x 3 with 16, 32 and 64 filters on 32^2, 16^2 and 8^2 positions, and the FC.

    The zero-padded shortcut adds nothing; each convolution has a Scale of two numbers a channel.
    """
    n = (depth - 2) // 6
    stage1 = 27 * 16 + 2 * n * 9 * 16 * 16
    stage2 = 9 * 16 * 32 + (2 * n - 1) * 9 * 32 * 32
    stage3 = 9 * 32 * 64 + (2 * n - 1) * 9 * 64 * 64
    channels = 16 * (2 * n + 1) + 32 * 2 * n + 64 * 2 * n
    fc = 64 * 10
    cost = resnet(tmp_path, depth)
    assert cost.multiply_adds == 32**2 * stage1 + 16**2 * stage2 + 8**2 * stage3 + fc
    assert cost.parameters == stage1 + stage2 + stage3 + 2 * channels + fc + 10
    statistics, subsampling = 2 * channels + 6 * n + 1, 16 + 32
    assert cost.stored == cost.parameters + statistics + subsampling


@pytest.mark.parametrize(("depth", "millions"), [(20, 0.27), (32, 0.46)])
def test_parameters_are_those_of_he_et_al(depth: int, millions: float, tmp_path: Path) -> None:
    """He et al. 2015, Table 6: "# params" of ResNet for CIFAR-10, zero-padded shortcuts, in millions."""
    assert round(resnet(tmp_path, depth).parameters / 1e6, 2) == millions


def test_zero_padded_resnet20_does_41_million_multiply_adds(tmp_path: Path) -> None:
    """The figure that is quoted for it (40.55 M), by hand: 14.60 + 12.98 + 12.98 M in the stages and 640 in the FC."""
    assert resnet(tmp_path, 20).multiply_adds == 14_598_144 + 12_976_128 + 12_976_128 + 640


# What each layer of 5 outputs holds and multiplies, on images of 4 x 7 x 6.
LAYERS = {
    # 5 x 3 x 3 positions, from (7 - 3) / 2 + 1 and (6 - 2) / 2 + 1; 5 (4 x 3 x 2) weights, 5 biases.
    "convolution": ("Convolution", "convolution_param { num_output: 5 kernel_h: 3 kernel_w: 2 stride: 2 }", 125, 1080),
    # 2 groups of 2 channels: 6 (2 x 1 x 1) weights at 42 positions.
    "groups": ("Convolution", "convolution_param { num_output: 6 group: 2 kernel_size: 1 bias_term: false }", 12, 504),
    # 4 x 5 x 3 x 3 weights, each at the 42 positions of the bottom, not the top's.
    "deconvolution": (
        "Deconvolution",
        "convolution_param { num_output: 5 kernel_size: 3 stride: 2 bias_term: false }",
        180,
        7560,
    ),
    "inner_product": ("InnerProduct", "inner_product_param { num_output: 5 }", 845, 840),
    # 28 rows of 6 values.
    "rows": ("InnerProduct", "inner_product_param { num_output: 5 axis: 3 bias_term: false }", 30, 840),
    "batch_norm": ("BatchNorm", "", 0, 0),
    "scale": ("Scale", "scale_param { bias_term: true }", 8, 0),
    "prelu": ("PReLU", "", 4, 0),
    "constant": (
        "Convolution",
        "param { lr_mult: 0 } convolution_param { num_output: 4 group: 4 kernel_size: 1 stride: 2 bias_term: false "
        'weight_filler { type: "constant" value: 1 } }',
        0,
        0,
    ),
    # Frozen, but trained once: no constant.
    "frozen": (
        "Convolution",
        "param { lr_mult: 0 } convolution_param { num_output: 4 kernel_size: 1 bias_term: false "
        'weight_filler { type: "msra" } }',
        16,
        672,
    ),
    # As in deploy nets that say nothing of fillers, which the schema reads as constant ones.
    "frozen_without_filler": (
        "Convolution",
        "param { lr_mult: 0 } convolution_param { num_output: 4 kernel_size: 1 bias_term: false }",
        16,
        672,
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_counts(name: str, tmp_path: Path) -> None:
    kind, text, parameters, multiply_adds = LAYERS[name]
    cost = cost_of(tmp_path, input_layer(3, 4, 7, 6) + layer(kind, text))
    assert (cost.parameters, cost.multiply_adds) == (parameters, multiply_adds)
    assert [(found.name, found.type) for found in cost.layers] == [("l", kind)]


def test_what_a_type_multiplies_that_is_not_known_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cost = cost_of(tmp_path, input_layer(3, 4, 7, 6) + layer("PReLU", "") + layer("Scale", "", "m"))
    assert uncounted(cost) == ()
    monkeypatch.setattr(count, "_FREE", frozenset())
    assert uncounted(cost) == ("PReLU", "Scale")


def test_the_batch_does_not_count(tmp_path: Path) -> None:
    text = layer("Convolution", "convolution_param { num_output: 5 kernel_size: 3 }")
    one, seven = (cost_of(tmp_path, input_layer(size, 2, 9, 8) + text) for size in (1, 7))
    assert one == seven


def test_each_bottom_of_a_convolution_is_multiplied(tmp_path: Path) -> None:
    text = layer("Convolution", 'bottom: "x" top: "m" convolution_param { num_output: 5 kernel_size: 3 }')
    cost = cost_of(tmp_path, input_layer(1, 2, 9, 8) + text)
    assert (cost.parameters, cost.multiply_adds) == (5 * 18 + 5, 2 * 42 * 5 * 18)


def test_a_shared_param_counts_once_and_multiplies_twice(tmp_path: Path) -> None:
    text = 'param { name: "w" } inner_product_param { num_output: 5 bias_term: false }'
    cost = cost_of(tmp_path, input_layer(1, 6) + layer("InnerProduct", text, "a") + layer("InnerProduct", text, "b"))
    assert (cost.parameters, cost.multiply_adds) == (30, 60)
    assert [found.parameters for found in cost.layers] == [30, 0]


def test_a_layers_shape_is_that_of_one_image(tmp_path: Path) -> None:
    text = layer("Convolution", "convolution_param { num_output: 5 kernel_size: 3 }")
    assert cost_of(tmp_path, input_layer(4, 2, 9, 8) + text).layers[0].shape == (5, 7, 6)


def test_a_caffemodel_holds_little_besides_its_numbers(tmp_path: Path) -> None:
    """Four bytes a number; a layer's parameters and shapes take some tens more."""
    cost = resnet(tmp_path, 8)
    assert 4 * cost.stored < cost.caffemodel_bytes < 4 * cost.stored + 200 * 60


def test_a_net_goes_by_its_own_name_unless_told(tmp_path: Path) -> None:
    file = tmp_path / "file.prototxt"
    file.write_text('name: "own"\n' + input_layer(1, 2))
    assert count_cost(file).name == "own"
    assert count_cost(file, "given").name == "given"
    file.write_text(input_layer(1, 2))
    assert count_cost(file).name == "file"


def test_what_is_no_net_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text("layer {")
    with pytest.raises(LayerhintError, match=r"net\.prototxt:1"):
        count_cost(tmp_path / "net.prototxt")
    with pytest.raises(LayerhintError, match=r"absent\.prototxt: no such file"):
        count_cost(tmp_path / "absent.prototxt")


def test_json_gives_back_what_it_was_made_from() -> None:
    layer = LayerCost(name="a", type="Convolution", shape=(5, 7, 6), parameters=20, stored=21, multiply_adds=300)
    counted = {"name": "net", "parameters": 20, "stored": 21, "multiply_adds": 300, "caffemodel_bytes": 999}
    engine = {"name": "torch", "version": "0.1.0"}
    latency = Latency(milliseconds=1.5, batch=1, threads=2, runs=30, engine=engine, machine="A CPU, 2 cores")
    for measured in (latency, None):
        cost = Cost(**counted, layers=(layer,), latency=measured)
        assert Cost.model_validate(json.loads(json.dumps(cost.as_json()))) == cost
