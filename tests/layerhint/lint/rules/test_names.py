"""Layers of one name."""

from linting import PAIR, assert_found, hints


def test_two_layers_of_one_name() -> None:
    file = f"{PAIR}/hint-kd/stage2_train.prototxt"
    found = hints().edited(file, 'name: "res3_1/relu"', 'name: "res2_1/relu"').findings()
    assert_found(found, file, "res2_1/relu", "2 layers have this name", "a name of its own")
