"""Prototxt reading: round trips, and messages that name the place and the remedy."""

from pathlib import Path

import pytest

from torchcaffe.errors import ProtoError
from torchcaffe.proto import text
from torchcaffe.proto.caffe_pb2 import NetParameter

NET = """\
name: "tiny"  # a comment
layer {
  name: "conv"
  type: "Convolution"
  bottom: "data"
  top: "conv"
  param { lr_mult: 0 decay_mult: 0 }
  convolution_param { num_output: 3 kernel_size: 5 kernel_size: 2 weight_filler { type: "msra" } }
}
"""


def test_read_net_and_write_it_again(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(NET)
    net = text.read_net(path)
    assert net.name == "tiny"
    assert net.layer[0].param[0].lr_mult == 0
    assert list(net.layer[0].convolution_param.kernel_size) == [5, 2]
    assert text.parse_net(text.to_text(net)) == net


def test_to_text_is_readable() -> None:
    net = NetParameter(name="größe")
    net.layer.add(name="r", type="ReLU").relu_param.negative_slope = 0.1
    assert text.to_text(net) == (
        'name: "größe"\nlayer {\n  name: "r"\n  type: "ReLU"\n  relu_param {\n    negative_slope: 0.1\n  }\n}\n'
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            'name: "n"\nlayer {\n  nmae: "x"\n}',
            'n.prototxt:3:3: unknown field "nmae" in LayerParameter; did you mean "name"?',
        ),
        (
            "layer { pooling_param { pool: MAXX } }",
            "n.prototxt:1:31: unknown value MAXX for PoolingParameter.PoolMethod, which takes MAX, AVE or"
            ' STOCHASTIC; did you mean "MAX"?',
        ),
        (
            "layers { type: CONVLUTION }",
            'n.prototxt:1:16: unknown value CONVLUTION for V1LayerParameter.LayerType; did you mean "CONVOLUTION"?',
        ),
        (
            "layer { include { phase: 7 } }",
            "n.prototxt:1:26: unknown value 7 for Phase, which takes TRAIN or TEST",
        ),
        (
            "layer { kernel_size: 3 }",
            'n.prototxt:1:9: unknown field "kernel_size" in LayerParameter;'
            " it belongs inside convolution_param or pooling_param",
        ),
        (
            "base_lr: 0.1",
            'n.prototxt:1:1: unknown field "base_lr" in NetParameter;'
            " it is a field of SolverParameter: is this a solver's file?",
        ),
        ("layer { qqq: 3 }", 'n.prototxt:1:9: unknown field "qqq" in LayerParameter'),
        ("layer { type: ReLU }", "n.prototxt:1:15: expected a string in quotes, got ReLU"),
        ('name: "a" name: "b"', 'n.prototxt:1:17: "name" is given twice, and NetParameter takes it once'),
        ('layer {\n  name: "a"\n', 'n.prototxt:2:9: the text ends inside a block: a "}" is missing'),
        ("layer { dropout_param { dropout_ratio: x } }", "n.prototxt:1:40: couldn't parse float: x"),
        (
            "layer { clip_param { min: 1 } }",
            "n.prototxt: layer[0].clip_param.max must be given",
        ),
        ("\ufeffname: 'n'", "n.prototxt:1:1: the file begins with a byte-order mark, which Caffe rejects"),
    ],
)
def test_mistakes_in_a_net(source: str, message: str) -> None:
    with pytest.raises(ProtoError) as caught:
        text.parse_net(source, "n.prototxt")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            'lr_polcy: "step"',
            's.prototxt:1:1: unknown field "lr_polcy" in SolverParameter; did you mean "lr_policy"?',
        ),
        (
            "solver_mode: gpu",
            "s.prototxt:1:14: unknown value gpu for SolverParameter.SolverMode, which takes CPU or GPU;"
            ' did you mean "GPU"?',
        ),
        (
            "layer { }",
            's.prototxt:1:1: unknown field "layer" in SolverParameter;'
            " it is a field of NetParameter: is this a net's file?",
        ),
    ],
)
def test_mistakes_in_a_solver(source: str, message: str) -> None:
    with pytest.raises(ProtoError) as caught:
        text.parse_solver(source, "s.prototxt")
    assert str(caught.value) == message


def test_missing_file_names_the_near_one(tmp_path: Path) -> None:
    (tmp_path / "train_val.prototxt").write_text(NET)
    with pytest.raises(ProtoError, match=r"trainval\.prototxt: no such file; did you mean .*train_val\.prototxt\?"):
        text.read_net(tmp_path / "trainval.prototxt")


def test_directory(tmp_path: Path) -> None:
    with pytest.raises(ProtoError, match="it is a directory"):
        text.read_solver(tmp_path)


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text("\n")
    with pytest.raises(ProtoError, match="the file is empty, where a net is expected"):
        text.read_net(path)


def test_caffemodel_given_as_prototxt(tmp_path: Path) -> None:
    path = tmp_path / "net.caffemodel"
    path.write_bytes(text.parse_net(NET).SerializeToString())
    with pytest.raises(ProtoError, match=r"a net is a text file \(prototxt\), but this looks like a caffemodel$"):
        text.read_net(path)


def test_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    with path.open("wb") as file:
        file.truncate(text.MAX_TEXT_BYTES + 1)  # sparse: takes no space
    with pytest.raises(ProtoError, match="it holds 67108865 bytes, and at most 67108864 can be read"):
        text.read_net(path)


def test_comments_may_hold_any_bytes_and_strings_may_not(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_bytes(b'# \xb4\xba old encoding\nname: "n"\n')
    assert text.read_net(path).name == "n"
    path.write_bytes(b'# \xb4\xba\nname: "\xb4\xba"\n')
    with pytest.raises(ProtoError, match=r"net\.prototxt:2: a string is not UTF-8: save the file as UTF-8"):
        text.read_net(path)


def test_snapshot_prefix(tmp_path: Path) -> None:
    """Caffe 1.0: without one, the solver's path without its ending; a directory gets the solver's name."""
    path = tmp_path / "my.solver.prototxt"
    path.write_text("base_lr: 0.1")
    assert text.read_solver(path).snapshot_prefix == str(tmp_path / "my.solver")
    path.write_text(f'snapshot_prefix: "{tmp_path}/"')
    assert text.read_solver(path).snapshot_prefix == str(tmp_path / "my.solver")
    path.write_text('snapshot_prefix: "weights/student"')
    assert text.read_solver(path).snapshot_prefix == "weights/student"
