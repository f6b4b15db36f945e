"""ResNet 6n+2 as data, against counts made by hand, He et al.'s Table 6 and the paper's protocol."""

import pytest

from layerhint.errors import LayerhintError
from layerhint.trainings.architecture import FeatureMap, ResNet, Shortcut


def resnet(depth: int, shortcut: Shortcut = "zero_pad", **changes: object) -> ResNet:
    values = {
        "depth": depth,
        "filters": (16, 32, 64),
        "image_channels": 3,
        "image_size": 32,
        "classes": 10,
        "shortcut": shortcut,
    }
    return ResNet(**(values | changes))  # type: ignore[arg-type]


def test_parts_of_the_8_layer_net() -> None:
    assert resnet(8).parts == ("conv1", "res1_1", "res2_1", "res3_1", "pool", "fc")


def test_weighted_layers_are_the_depth() -> None:
    for depth in (8, 14, 20, 26, 32):
        names = resnet(depth).layer_names()
        weighted = [name for name in names if name.rsplit("/", 1)[-1] in ("conv1", "conv2", "fc")]
        assert len(weighted) == depth


def test_layers_of_a_widening_module_in_order() -> None:
    names = resnet(8).layer_names()
    start = names.index("res2_1/conv1")
    assert names[start : names.index("res3_1/conv1")] == (
        "res2_1/conv1",
        "res2_1/conv1/bn",
        "res2_1/conv1/scale",
        "res2_1/conv1/relu",
        "res2_1/conv2",
        "res2_1/conv2/bn",
        "res2_1/conv2/scale",
        "res2_1/subsample",
        "res2_1/zeros",
        "res2_1/shortcut",
        "res2_1/sum",
        "res2_1/relu",
    )


def test_projection_takes_the_place_of_subsampling() -> None:
    names = resnet(8, "projection").layer_names()
    assert [name for name in names if "shortcut" in name] == [
        f"res{stage}_1/shortcut{layer}" for stage in (2, 3) for layer in ("", "/bn", "/scale")
    ]
    assert not any("subsample" in name or "zeros" in name for name in names)


def test_shapes_follow_the_stages() -> None:
    net = resnet(14, image_size=28, filters=(5, 10, 30))
    assert net.output("conv1") == FeatureMap("conv1", 5, 28)
    assert net.output("res1_2") == FeatureMap("res1_2", 5, 28)
    assert net.output("res2_1") == FeatureMap("res2_1", 10, 14)
    assert net.output("res3_2") == FeatureMap("res3_2", 30, 7)
    assert net.output("pool") == FeatureMap("pool", 30, 1)
    assert [module.zero_blobs for module in net.modules if module.changes_size] == [1, 2]


def test_parts_between_two_layers_are_those_with_weights() -> None:
    net = resnet(14)
    assert net.parts_up_to("res2_1") == ("conv1", "res1_1", "res1_2", "res2_1")
    assert net.parts_up_to("res3_1", after="res2_1") == ("res2_2", "res3_1")
    assert net.parts_up_to("fc", after="res3_2") == ("fc",)
    assert net.parts_up_to("fc", after="pool") == ("fc",)
    assert net.parts_up_to("res3_2", after="res3_2") == ()


@pytest.mark.parametrize(
    ("depth", "module"), [(8, "res2_1"), (14, "res2_1"), (20, "res2_2"), (26, "res2_2"), (32, "res2_3")]
)
def test_middle_layer_is_module_ceil_of_3n_by_2(depth: int, module: str) -> None:
    """The protocol's list: n=1: module 2; n=2: 3; n=3: 5; n=4: 6; n=5: 8, counted over all three stages."""
    assert resnet(depth).middle_layer("module").name == module


def test_readings_of_the_hint_layers() -> None:
    net = resnet(26)
    assert [layer.name for layer in net.hint_layers("stage_end")] == ["res1_4", "res2_4", "res3_4"]
    assert [layer.name for layer in net.hint_layers("first_of_size")] == ["res2_1", "res3_1", "res3_4"]
    assert [layer.name for layer in net.hint_layers("stage_start")] == ["res1_1", "res2_1", "res3_1"]
    assert net.middle_layer("stage2_end").name == "res2_4"
    assert net.last_layer("stage3") == FeatureMap("res3_4", 64, 8)
    assert net.last_layer("pool") == FeatureMap("pool", 64, 1)


def test_multiply_adds_of_the_8_layer_net_counted_by_hand() -> None:
    stem = 32 * 32 * 27 * 16
    stage1 = 32 * 32 * 2 * 144 * 16
    stage2 = 16 * 16 * (144 * 32 + 288 * 32)
    stage3 = 8 * 8 * (288 * 64 + 576 * 64)
    assert resnet(8).multiply_adds == stem + stage1 + stage2 + stage3 + 64 * 10 == 12239488
    projections = 16 * 16 * 16 * 32 + 8 * 8 * 32 * 64
    assert resnet(8, "projection").multiply_adds == 12239488 + projections


@pytest.mark.parametrize("depth", [0, 2, 9, 27])
def test_a_depth_that_is_not_6n_plus_2_is_refused(depth: int) -> None:
    with pytest.raises(LayerhintError, match=rf"ResNet depth {depth}: expected 6n\+2"):
        resnet(depth)


def test_a_wrong_depth_names_its_neighbours() -> None:
    with pytest.raises(LayerhintError, match="such as 26 or 32"):
        resnet(27)


def test_an_image_that_cannot_be_halved_twice_is_refused() -> None:
    with pytest.raises(LayerhintError, match="image size 30"):
        resnet(8, image_size=30)


def test_zero_padding_needs_multiples_and_projection_does_not() -> None:
    with pytest.raises(LayerhintError, match="shortcut: projection"):
        resnet(8, filters=(16, 24, 48))
    assert resnet(8, "projection", filters=(16, 24, 48)).output("res2_1").channels == 24
