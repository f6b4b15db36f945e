"""Net surgery on small nets, by torchcaffe's pycaffe."""

import json
from pathlib import Path

import lmdb
import numpy as np
import pytest

import torchcaffe as caffe
from layerhint.checksum import sha256
from layerhint.commands.net_surgery import main
from layerhint.errors import LayerhintError
from layerhint.paths import ROOT
from layerhint.run_command import run_command
from layerhint.surgery.surgery import is_made, lineage_path, perform
from torchcaffe.proto import caffe_pb2

CONV = """layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}"
  convolution_param {{ num_output: {outputs} kernel_size: 3 weight_filler {{ type: "msra" }} bias_term: {bias} }} }}
"""
NORM = """layer {{ name: "{blob}/bn" type: "BatchNorm" bottom: "{blob}" top: "{blob}" }}
layer {{ name: "{blob}/scale" type: "Scale" bottom: "{blob}" top: "{blob}" scale_param {{ bias_term: true }} }}
"""
INPUT = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 dim: 9 dim: 8 } } }\n'


def conv(name: str, bottom: str, outputs: int = 4) -> str:
    return CONV.format(name=name, bottom=bottom, outputs=outputs, bias="true")


TEACHER = INPUT + conv("a", "data") + NORM.format(blob="a") + conv("b", "a", 5)
STUDENT = INPUT + conv("a", "data") + NORM.format(blob="a")
PAIR = (
    STUDENT
    + conv("c", "a", 6)
    + conv("teacher/a", "data")
    + NORM.format(blob="teacher/a")
    + conv("teacher/b", "teacher/a", 5)
)


def trained(folder: Path, name: str, text: str, seed: int) -> dict[str, list[np.ndarray]]:
    """Writes <name>.caffemodel with random params; returns them."""
    (folder / f"{name}.prototxt").write_text(text)
    caffe.set_random_seed(seed)
    net = caffe.Net(str(folder / f"{name}.prototxt"), caffe.TRAIN)
    generator = np.random.default_rng(seed)
    for blobs in net.params.values():
        for blob in blobs:
            blob.data[...] = generator.normal(size=blob.data.shape)
    net.save(str(folder / f"{name}.caffemodel"))
    return {layer: [np.array(blob.data) for blob in blobs] for layer, blobs in net.params.items()}


def declare(folder: Path, sources: str, random: str, seed: int = 3, net: str = "pair") -> Path:
    file = folder / "surgery.yaml"
    file.write_text(
        f"net: {folder}/{net}.prototxt\nseed: {seed}\noutput: {folder}/made/init.caffemodel\n"
        f"sources:\n{sources}random: {random}\n"
    )
    return file


def source(folder: Path, name: str, prefix: str, layers: str) -> str:
    return f"  - {{weights: {folder}/{name}.caffemodel, prefix: '{prefix}', layers: {layers}}}\n"


def params_of(folder: Path, model: str, net: str = "pair") -> dict[str, list[np.ndarray]]:
    net = caffe.Net(str(folder / f"{net}.prototxt"), str(folder / model), caffe.TEST)
    return {layer: [np.array(blob.data) for blob in blobs] for layer, blobs in net.params.items()}


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    (tmp_path / "pair.prototxt").write_text(PAIR)
    return tmp_path


def test_every_layer_comes_from_where_the_declaration_says(scene: Path) -> None:
    teacher = trained(scene, "teacher", TEACHER, 1)
    student = trained(scene, "student", STUDENT, 2)
    file = declare(scene, source(scene, "teacher", "teacher/", "all") + source(scene, "student", "", "[a]"), "[c]")
    lineage = perform(caffe, file)
    made = params_of(scene, "made/init.caffemodel")
    assert [b.shape for b in made["teacher/a/bn"]] == [(4,), (4,), (1,)]
    for layer in ("a", "a/bn", "a/scale", "b"):
        for got, wanted in zip(made[f"teacher/{layer}"], teacher[layer], strict=True):
            np.testing.assert_array_equal(got, wanted)
    for layer in ("a", "a/bn", "a/scale"):
        for got, wanted in zip(made[layer], student[layer], strict=True):
            np.testing.assert_array_equal(got, wanted)
    # msra: Gaussian with variance 2 / fan_in, fan_in = 4 channels * 3 * 3.
    assert 0.6 < made["c"][0].std() / (2 / 36) ** 0.5 < 1.4
    assert lineage["seed"] == 3
    assert lineage["layers"]["c"] == "random"
    assert lineage["layers"]["teacher/b"] == {"from": f"{scene}/teacher.caffemodel", "layer": "b"}
    assert [parent["sha256"] for parent in lineage["parents"]] == [
        sha256(scene / "teacher.caffemodel"),
        sha256(scene / "student.caffemodel"),
    ]
    assert json.loads(lineage_path(scene / "made/init.caffemodel").read_text()) == lineage
    assert lineage["sha256"] == sha256(scene / "made/init.caffemodel")
    assert is_made(file)
    trained(scene, "student", STUDENT, 5)
    assert not is_made(file), "a parent has changed"


def test_the_random_part_depends_on_the_seed_alone(scene: Path) -> None:
    trained(scene, "teacher", TEACHER, 1)
    drawn = []
    for seed in (3, 3, 4):
        perform(caffe, declare(scene, source(scene, "teacher", "teacher/", "all"), "[a, c]", seed))
        drawn.append(params_of(scene, "made/init.caffemodel")["c"][0])
        caffe.set_random_seed(99)
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_a_data_layer_gives_way_to_an_input(scene: Path) -> None:
    with lmdb.open(str(scene / "images")) as env, env.begin(write=True) as transaction:
        datum = caffe_pb2.Datum(channels=3, height=12, width=11, data=bytes(3 * 12 * 11), label=1)
        transaction.put(b"00000000", datum.SerializeToString())
    data = f"""layer {{ name: "data" type: "Data" top: "data" top: "label" include {{ phase: TRAIN }}
      transform_param {{ crop_size: 7 mirror: true }}
      data_param {{ source: "{scene}/images" backend: LMDB batch_size: 64 }} }}\n"""
    (scene / "with_data.prototxt").write_text(PAIR.replace(INPUT, data))
    trained(scene, "teacher", TEACHER, 1)
    drawn = []
    for net in ("with_data", "pair"):
        perform(caffe, declare(scene, source(scene, "teacher", "teacher/", "all"), "[a, c]", net=net))
        drawn.append(params_of(scene, "made/init.caffemodel")["c"][0])
    np.testing.assert_array_equal(drawn[0], drawn[1])


def wrong(folder: Path, sources: str, random: str, match: str, net: str = "pair") -> None:
    with pytest.raises(LayerhintError, match=match):
        perform(caffe, declare(folder, sources, random, net=net))
    made = folder / "made"
    assert not made.exists() or not list(made.iterdir()), "nothing is left where surgery was refused"


def test_what_is_not_accounted_for_is_an_error(scene: Path) -> None:
    trained(scene, "teacher", TEACHER, 1)
    teacher = source(scene, "teacher", "teacher/", "all")
    wrong(scene, teacher, "[a]", "nothing is declared for its layer 'c'")
    wrong(scene, teacher, "[a, c, teacher/a]", "'teacher/a' is declared 2 times")
    wrong(scene, teacher, "[a, c, d]", "no layer with params in 'd'")
    wrong(scene, teacher + source(scene, "teacher", "", "[e]"), "[a, c]", "no layer with params in 'e'")
    wrong(scene, teacher + source(scene, "teacher", "", "[c]"), "[a]", "has no params for layer 'c'")


def test_a_module_name_is_no_prefix_of_other_names(scene: Path) -> None:
    (scene / "pair.prototxt").write_text(INPUT + conv("res1_1", "data") + conv("res1_10", "res1_1"))
    with pytest.raises(LayerhintError, match="nothing is declared for its layer 'res1_10'"):
        perform(caffe, declare(scene, "  []\n", "[res1_1]"))


def test_foreign_weights(scene: Path) -> None:
    trained(scene, "teacher", TEACHER.replace("num_output: 4", "num_output: 7"), 1)
    teacher = source(scene, "teacher", "teacher/", "all")
    wrong(scene, teacher, "[a, c]", r"'teacher/a' takes params of shapes \[\(4, 3, 3, 3\).*has \[\(7, 3, 3, 3\)")
    whole = (scene / "teacher.caffemodel").read_bytes()
    (scene / "teacher.caffemodel").write_bytes(whole[: len(whole) // 2])
    wrong(scene, teacher, "[a, c]", "teacher.caffemodel cannot be read as a caffemodel")
    (scene / "teacher.caffemodel").write_bytes(b"")
    wrong(scene, teacher, "[a, c]", "not a trained caffemodel")
    (scene / "teacher.caffemodel").unlink()
    wrong(scene, teacher, "[a, c]", "is not there. Train it first")


def test_a_deeper_net_with_the_same_layers_and_more_is_refused(scene: Path) -> None:
    """Each layer of `a` and `b` is there in its shape, but `b` reads `between`."""
    deeper = TEACHER.replace(conv("b", "a", 5), conv("between", "a") + conv("b", "between", 5))
    trained(scene, "teacher", deeper, 1)
    teacher = source(scene, "teacher", "teacher/", "all")
    wrong(scene, teacher, "[a, c]", r"teacher\.caffemodel is of a larger net than .*: .* 'between' \(1 such")
    perform(caffe, declare(scene, source(scene, "teacher", "teacher/", "[a, b]"), "[a, c]"))


def test_a_deeper_resnet_is_not_cut_down_to_a_teacher(scene: Path) -> None:
    """In each stage ResNet-26 has two residual modules more than ResNet-14, of two convolutions, BatchNorms and Scales:
    3 * 2 * 2 * 3 layers with params."""
    net, deeper = (ROOT / f"generated/cifar10/resnet{depth}/plain/deploy.prototxt" for depth in (14, 26))
    caffe.Net(str(deeper), caffe.TEST).save(str(scene / "deeper.caffemodel"))
    (scene / "net.prototxt").write_text(net.read_text())
    wrong(scene, source(scene, "deeper", "", "all"), "[]", r"params of 'res1_3/conv1' \(36 such layers in all\)", "net")


def test_a_student_s_caffemodel_holds_its_teacher_beside_it(scene: Path) -> None:
    whole = trained(scene, "pair", PAIR, 1)
    (scene / "student.prototxt").write_text(STUDENT + conv("c", "a", 6))
    perform(caffe, declare(scene, source(scene, "pair", "", "all"), "[]", net="student"))
    made = params_of(scene, "made/init.caffemodel", "student")
    assert list(made) == ["a", "a/bn", "a/scale", "c"]
    for layer, blobs in made.items():
        for got, wanted in zip(blobs, whole[layer], strict=True):
            np.testing.assert_array_equal(got, wanted)


def test_values_in_another_shape_or_too_few_are_refused(scene: Path) -> None:
    trained(scene, "teacher", TEACHER, 1)
    teacher, file = source(scene, "teacher", "teacher/", "all"), scene / "teacher.caffemodel"
    model = caffe_pb2.NetParameter.FromString(file.read_bytes())
    weights = next(layer for layer in model.layer if layer.name == "b").blobs[0]
    weights.shape.dim[:] = [4, 5, 3, 3]
    file.write_bytes(model.SerializeToString())
    wrong(scene, teacher, "[a, c]", r"'teacher/b' takes params of shapes \[\(5, 4, 3, 3\).*has \[\(4, 5, 3, 3\)")
    weights.shape.dim[:] = [5, 4, 3, 3]
    del weights.data[-1]
    file.write_bytes(model.SerializeToString())
    wrong(scene, teacher, "[a, c]", "'teacher/b' takes params of shapes")


def test_of_two_layers_of_one_name_the_last_counts(scene: Path) -> None:
    """As where Caffe loads a caffemodel: it copies one after the other."""
    trained(scene, "teacher", TEACHER, 1)
    file = scene / "teacher.caffemodel"
    model = caffe_pb2.NetParameter.FromString(file.read_bytes())
    again = model.layer.add()
    again.CopyFrom(next(layer for layer in model.layer if layer.name == "b"))
    again.blobs[1].data[:] = [1, 2, 3, 4, 5]
    file.write_bytes(model.SerializeToString())
    perform(caffe, declare(scene, source(scene, "teacher", "teacher/", "all"), "[a, c]"))
    assert params_of(scene, "made/init.caffemodel")["teacher/b"][1].tolist() == [1, 2, 3, 4, 5]


def test_a_source_in_the_first_format(scene: Path) -> None:
    """Name and blobs lie inside the layer, and a blob has four sizes."""
    teacher = trained(scene, "teacher", TEACHER, 1)
    old = caffe_pb2.NetParameter()
    for name, params in teacher.items():
        written = old.layers.add(bottom=["x"], top=[name]).layer
        written.name = name
        for values in params:
            sizes = (1,) * (4 - values.ndim) + values.shape
            axes = dict(zip(("num", "channels", "height", "width"), sizes, strict=True))
            written.blobs.add(data=values.ravel(), **axes)
    (scene / "teacher.caffemodel").write_bytes(old.SerializeToString())
    perform(caffe, declare(scene, source(scene, "teacher", "teacher/", "all"), "[a, c]"))
    made = params_of(scene, "made/init.caffemodel")
    for name, params in teacher.items():
        for got, wanted in zip(made[f"teacher/{name}"], params, strict=True):
            np.testing.assert_array_equal(got, wanted)


def test_a_place_that_cannot_be_is_where_the_file_says(scene: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (scene / "made").write_text("in the way")
    trained(scene, "teacher", TEACHER, 1)
    file = declare(scene, source(scene, "teacher", "teacher/", "all"), "[a, c]")
    assert run_command(main, [str(file)]) == 1
    error = capsys.readouterr().err
    assert f"cannot make the folder {scene}/made: " in error
    assert f"Choose another place: `output` in {file}" in error
    assert "--out" not in error


def test_a_misspelt_key_names_the_nearest(scene: Path) -> None:
    file = declare(scene, "  []\n", "[a]")
    file.write_text(file.read_text().replace("random:", "randon:"))
    with pytest.raises(LayerhintError, match=r"randon.*random"):
        perform(caffe, file)
