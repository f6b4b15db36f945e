"""Nets as graphs."""

import shutil
import sys
from pathlib import Path

import pytest

import torchcaffe as caffe
from torchcaffe import draw
from torchcaffe.errors import CaffeError
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net, read_net

pydot = pytest.importorskip("pydot")

NET = r"""name: "a \"net\""
layer { name: "data" type: "Data" top: "x" top: "label" data_param { batch_size: 7 } include { phase: TRAIN } }
layer { name: "in" type: "Input" top: "x" exclude { phase: TRAIN } }
layer { name: "conv{1}" type: "Convolution" bottom: "x" top: "y" param { lr_mult: 3 }
        convolution_param { num_output: 5 kernel_size: 3 stride: 2 pad: 1 } }
layer { name: "relu" type: "ReLU" bottom: "y" top: "y" }
layer { name: "pool" type: "Pooling" bottom: "y" top: "z" pooling_param { pool: AVE kernel_size: 4 } }
layer { name: "up" type: "Deconvolution" bottom: "z" top: "u" convolution_param { num_output: 6 } }
layer { name: "ip" type: "InnerProduct" bottom: "z" top: "ip" param { lr_mult: 0 } param { lr_mult: 0 }
        inner_product_param { num_output: 9 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" include { phase: TRAIN } }
"""


@pytest.fixture
def net() -> caffe_pb2.NetParameter:
    return parse_net(NET)


def edges(graph: "pydot.Dot") -> list[str]:
    return [
        f"{edge.get_source()} {edge.get_destination()} {edge.get_label()}".replace('"', "")
        for edge in graph.get_edges()
    ]


def test_layers_and_blobs_are_nodes_and_the_ways_between_them_edges(net: caffe_pb2.NetParameter) -> None:
    graph = draw.get_pydot_graph(net, "LR", phase=caffe.TEST)
    assert graph.get_rankdir() == "LR"
    assert [node.get_name().strip('"') for node in graph.get_nodes()] == [
        "in Input",
        "x blob",
        "conv{1} Convolution",
        "y blob",
        "relu ReLU",
        "pool Pooling",
        "z blob",
        "up Deconvolution",
        "u blob",
        "ip InnerProduct",
        "ip blob",
    ]
    assert edges(graph) == [
        "in Input x blob ",
        "x blob conv{1} Convolution ",
        "conv{1} Convolution y blob 5",
        "y blob relu ReLU ",
        "relu ReLU y blob ",
        "y blob pool Pooling ",
        "pool Pooling z blob ",
        "z blob up Deconvolution ",
        "up Deconvolution u blob 6",
        "z blob ip InnerProduct ",
        "ip InnerProduct ip blob 9",
    ]


def test_phases_and_edge_labels_can_be_chosen(net: caffe_pb2.NetParameter) -> None:
    assert "data Data x blob Batch 7" in edges(draw.get_pydot_graph(net, "LR"))
    train = edges(draw.get_pydot_graph(net, "LR", label_edges=False, phase=caffe.TRAIN))
    assert ("data Data x blob " in train, "in Input x blob " in train) == (True, False)
    both = parse_net('layer { name: "l" type: "Input" top: "x" include { phase: TRAIN } exclude { phase: TEST } }')
    with pytest.raises(ValueError, match="'l' has both include and exclude"):
        draw.get_pydot_graph(both, "LR", phase=caffe.TEST)


def test_what_is_written_on_layers(net: caffe_pb2.NetParameter) -> None:
    conv, relu, pool, up, ip = net.layer[2:7]
    assert draw.get_layer_label(conv, "TB") == r'"conv\{1\} (Convolution) kernel size: 3 stride: 2 pad: 1"'
    assert draw.get_layer_label(relu, "LR") == r'"relu\n(ReLU)"'
    assert draw.get_layer_label(pool, "BT") == '"pool (Pooling AVE) kernel size: 4 stride: 1 pad: 0"'
    assert draw.get_layer_label(up, "TB") == '"up (Deconvolution) kernel size: 1 stride: 1 pad: 0"'
    assert draw.get_layer_label(conv, "TB", display_lrm=True).endswith('pad: 1 lr mult: 3.0, 1.0"')
    assert draw.get_layer_label(ip, "TB", display_lrm=True) == '"ip (InnerProduct)"'
    assert [draw.get_layer_lr_mult(layer) for layer in (conv, up, ip)] == [(3, 1), (1, 1), (0, 0)]
    with pytest.raises(ValueError, match="'relu'"):
        draw.get_layer_lr_mult(relu)
    assert draw.get_pooling_types_dict() == {0: "MAX", 1: "AVE", 2: "STOCHASTIC"}


def test_colours_tell_kinds_of_layers(net: caffe_pb2.NetParameter) -> None:
    graph = draw.get_pydot_graph(net, "LR")
    colors = {node.get_name().strip('"'): node.get_fillcolor() for node in graph.get_nodes()}
    convolution = colors["conv{1} Convolution"]
    assert convolution == colors["up Deconvolution"] == draw.choose_color_by_layertype("Convolution")
    kinds = ("relu ReLU", "pool Pooling", "ip InnerProduct", "loss SoftmaxWithLoss", "x blob")
    assert len({convolution, *(colors[name] for name in kinds)}) == 6


def test_raw_text_needs_no_graphviz(
    net: caffe_pb2.NetParameter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    draw.draw_net_to_file(net, str(tmp_path / "net.raw"), "TB")
    text = (tmp_path / "net.raw").read_text()
    assert text.startswith(r'digraph "a \"net\"" {')
    assert text == draw.draw_net(net, "TB", "raw").decode()
    with pytest.raises(CaffeError, match="`dot` is not on PATH: install the package graphviz"):
        draw.draw_net_to_file(net, tmp_path / "net.png")
    assert not (tmp_path / "net.png").exists()


def test_what_is_missing_is_told(net: caffe_pb2.NetParameter, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CaffeError, match="a picture's format is its file's ending"):
        draw.draw_net_to_file(net, "net")
    monkeypatch.setitem(sys.modules, "pydot", None)
    with pytest.raises(CaffeError, match="pip install pydot"):
        draw.draw_net(net, "LR")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz's `dot` is not installed")
class TestGraphviz:
    def test_pictures(self, net: caffe_pb2.NetParameter, tmp_path: Path) -> None:
        draw.draw_net_to_file(net, tmp_path / "net.png", display_lrm=True)
        assert (tmp_path / "net.png").read_bytes().startswith(b"\x89PNG")
        svg = draw.draw_net(net, "LR", "svg").decode()
        for text in ("conv{1}", "(Pooling AVE)", "Batch 7"):
            assert text in svg

    def test_an_unknown_format(self, net: caffe_pb2.NetParameter) -> None:
        with pytest.raises(CaffeError, match="cannot draw the net as 'pngg'"):
            draw.draw_net(net, "LR", "pngg")

    def test_a_generated_net(self) -> None:
        file = sorted((Path(__file__).parents[3] / "generated").rglob("*train*.prototxt"))[0]
        assert draw.draw_net(read_net(file), "LR", "svg").startswith(b"<?xml")
