"""What a caffemodel holds in each of Caffe's formats, and what a net skips of it on the way."""

import pytest

from layerhint.errors import LayerhintError
from layerhint.surgery.held import HeldLayer, check_same_net, held_layers, layers_between
from torchcaffe.proto.caffe_pb2 import BlobProto, NetParameter


def layer(name: str, bottom: str, top: str, params: int = 1) -> HeldLayer:
    return HeldLayer(name, (bottom,), (top,), tuple(BlobProto(data=[1]) for _ in range(params)))


STACK = (
    layer("a", "data", "a", 2),
    layer("a/bn", "a", "a", 3),
    layer("relu", "a", "a", 0),
    layer("split", "a", "a_0", 0),
    layer("b", "a_0", "b", 2),
    layer("fc", "b", "fc", 2),
)


@pytest.mark.parametrize(
    ("taken", "between"),
    [
        ({"a", "a/bn", "b", "fc"}, ()),
        ({"a", "a/bn", "fc"}, ("b",)),
        ({"b", "fc"}, ("a", "a/bn")),
        ({"a", "b", "fc"}, ("a/bn",)),  # In place, and through layers without params.
        ({"a", "a/bn", "b"}, ()),  # What lies above all that is taken, a head, is not on the way.
        (set(), ()),
    ],
)
def test_what_is_skipped_on_the_way(taken: set[str], between: tuple[str, ...]) -> None:
    assert layers_between(STACK, taken) == between


def test_what_lies_beside_is_no_fault() -> None:
    beside = (
        layer("teacher/a", "data", "teacher/a", 2),
        layer("teacher/fc", "teacher/a", "teacher/fc", 2),
        layer("hint/regressor", "b", "hint/regressor"),
        HeldLayer("loss", ("fc", "teacher/fc", "hint/regressor"), ("loss",), ()),
    )
    assert layers_between([*STACK, *beside], {"a", "a/bn", "b", "fc"}) == ()


def test_a_layer_that_does_not_say_what_it_makes_may_be_anywhere() -> None:
    """As in a caffemodel that a converter wrote, of names and params alone."""
    bare = [HeldLayer(each.name, (), (), each.params) for each in STACK]
    assert layers_between(bare, {"a", "a/bn", "b", "fc"}) == ()
    assert layers_between(bare, {"a", "a/bn", "fc"}) == ("b",)


def test_the_message_names_both_files_the_first_layer_and_how_many() -> None:
    with pytest.raises(
        LayerhintError,
        match=r"^w\.caffemodel is of a larger net than n\.prototxt: .* 'a' \(2 such layers in all\), which n\.prototxt",
    ):
        check_same_net(STACK, {"b", "fc"}, "w.caffemodel", "n.prototxt")


@pytest.mark.parametrize("form", ["layer", "layers", "inside layers"])
def test_a_layer_of_any_format(form: str) -> None:
    model = NetParameter()
    outer = model.layer.add() if form == "layer" else model.layers.add()
    outer.bottom.append("data")
    outer.top.append("c")
    own = outer.layer if form == "inside layers" else outer
    own.name = "conv"
    own.blobs.add(data=[2.5])
    (held,) = held_layers(model)
    assert (held.name, held.bottoms, held.tops) == ("conv", ("data",), ("c",))
    assert [list(blob.data) for blob in held.params] == [[2.5]]
