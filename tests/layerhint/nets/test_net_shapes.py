"""What Caffe makes of a net, without its database."""

import pytest

from layerhint.nets.net_shapes import CannotSetUpError, net_shapes
from torchcaffe.proto.caffe_pb2 import TEST, TRAIN
from torchcaffe.proto.text import parse_net

NET = """
layer { name: "data" type: "Data" top: "data" top: "label" transform_param { %s }
        data_param { source: "not/there" backend: LMDB batch_size: 2 } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
        inner_product_param { num_output: 4 weight_filler { type: "msra" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" %s }
"""


def test_shapes_of_blobs_and_params() -> None:
    """3 * 5 * 7 = 105 values an image."""
    shapes = net_shapes(parse_net(NET % ("", "")), TRAIN, (3, 5, 7))
    assert shapes.blobs == {"data": (2, 3, 5, 7), "label": (2,), "fc": (2, 4), "loss": ()}
    assert shapes.params == {"fc": ((4, 105), (4,))}
    assert shapes.loss_weights == {"loss": 1.0}


def test_a_crop_sets_the_size() -> None:
    shapes = net_shapes(parse_net(NET % ("crop_size: 6", "loss_weight: 0.5")), TEST, (3, 10, 9))
    assert shapes.blobs["data"] == (2, 3, 6, 6)
    assert shapes.loss_weights == {"loss": 0.5}


def test_the_net_that_is_given_stays_as_it_is() -> None:
    param = parse_net(NET % ("", ""))
    before = param.SerializeToString()
    net_shapes(param, TRAIN, (3, 5, 7))
    assert param.SerializeToString() == before


def test_what_caffe_refuses_names_the_layer() -> None:
    with pytest.raises(CannotSetUpError, match="no layer before it makes its bottom 'nothing'") as caught:
        net_shapes(parse_net((NET % ("", "")).replace('bottom: "data"', 'bottom: "nothing"')), TRAIN, (3, 5, 7))
    assert caught.value.layer == "fc"
