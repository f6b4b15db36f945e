"""tools/export.py from its command line to its file."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from made_records import finished, identity, training_result
from onnx_nets import input_layer, make_net, normal

import torchcaffe as caffe
from layerhint.commands import export as command
from layerhint.datasets.images import Split
from layerhint.datasets.lmdb_writer import write_lmdb
from layerhint.engines.engine import Engine
from layerhint.export import export
from layerhint.records import fingerprint
from layerhint.records.records import write_finished
from layerhint.run_command import run_command

NET = (
    'name: "tiny"\n' + input_layer(1, 3, 6, 5) + 'layer { name: "conv" type: "Convolution" bottom: "x" top: "conv" '
    "convolution_param { num_output: 4 kernel_size: 3 } }\n"
    + 'layer { name: "fc" type: "InnerProduct" bottom: "conv" top: "fc" inner_product_param { num_output: 7 } }\n'
    + 'layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }\n'
)
TRAINING = "cifar10/tiny/plain/plain"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # The command changes to the repository.
    monkeypatch.setattr(export, "BATCHES", (1,))
    monkeypatch.setattr(export, "cores", lambda: 1)


def test_the_root_of_a_caffe_that_takes_no_part_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    files = [str(tmp_path / name) for name in ("tiny.prototxt", "tiny.caffemodel")]
    for file in files:
        Path(file).touch()
    arguments = ["--model", files[0], "--weights", files[1], "--out", "x.onnx", "--caffe-root", "/nope"]
    assert run_command(command.main, arguments) == 1
    assert "--caffe-root /nope: torchcaffe needs none" in capsys.readouterr().err


class InProcess:
    """Stands in for a `NetProcess`: the same net, without the seconds that a process takes to start."""

    def __init__(self, engine: Engine, model: Path, weights: Path, threads: int) -> None:
        self.net = caffe.Net(str(model), str(weights), caffe.TEST)

    def __enter__(self) -> "InProcess":
        return self

    def __exit__(self, *error: object) -> None: ...

    def forward(self, images: np.ndarray, blobs: list[str]) -> list[np.ndarray]:
        self.net.blobs["x"].reshape(*images.shape)
        self.net.blobs["x"].data[...] = images
        results = self.net.forward(blobs=blobs)
        return [np.array(results[blob]) for blob in blobs]

    def times(self, batch: int) -> list[float]:
        return [7.0, 3.25, 1.0]


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "NetProcess", InProcess)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """--model and --weights."""
    model, weights = make_net(tmp_path, NET, normal)
    return ["--model", str(model), "--weights", str(weights)]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's folder with one training, on nine images."""
    folder = tmp_path / "generated" / "cifar10" / "tiny" / "plain"
    folder.mkdir(parents=True)
    make_net(folder, NET, normal, "deploy")
    generator = np.random.default_rng(4)
    images = generator.integers(256, size=(9, 3, 6, 5), dtype=np.uint8)
    write_lmdb(tmp_path / "test_lmdb", Split(images, generator.integers(7, size=9, dtype=np.uint8)))
    (folder / "test.prototxt").write_text(
        'layer { name: "x" type: "Data" top: "x" top: "label" transform_param { mean_value: 120 scale: 0.5 }\n'
        f'  data_param {{ source: "{tmp_path}/test_lmdb" backend: LMDB batch_size: 3 }} }}\n'
    )
    weights = folder / "deploy.caffemodel"
    result = training_result(identity(TRAINING, title="CIFAR-10, tiny: plain"))
    inputs = {f"{folder}/solver.prototxt": "0", f"{folder}/test.prototxt": "1"}
    outputs = {str(weights): fingerprint.of_file(weights)}
    write_finished(tmp_path / "records", finished(TRAINING, result, inputs, outputs))
    return tmp_path


@pytest.mark.usefixtures("in_process")
def test_a_runs_training_becomes_a_file_in_the_run(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(command.main, [str(run), TRAINING, "--with-mean", "--images", "8"]) == 0
    out = run / "export" / f"{TRAINING}.onnx"
    model = onnx.load(out)
    facts = {prop.key: prop.value for prop in model.metadata_props}
    assert facts["training"] == TRAINING
    assert facts["title"] == "CIFAR-10, tiny: plain"
    assert facts["dataset"] == "cifar10"
    weights = run / "generated/cifar10/tiny/plain/deploy.caffemodel"
    assert facts["caffemodel_sha256"] == fingerprint.of_file(weights)
    assert model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    said = " ".join(capsys.readouterr().out.split())
    assert f"wrote {out}" in said
    assert "8 of 8 predictions are the same" in said
    assert "Accuracy on 8 test images" in said
    assert "1 image, 1 thread 3.25 ms" in said
    assert [path.name for path in out.parent.iterdir()] == [out.name]


@pytest.mark.slow
def test_files_become_a_file_checked_on_random_images(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "student.onnx"
    assert run_command(command.main, [*files, "-o", str(out)]) == 0
    assert onnx.load(out).graph.input[0].name == "x"
    said = capsys.readouterr().out
    assert "256 of 256 predictions are the same" in said
    assert "Accuracy" not in said


@pytest.mark.usefixtures("in_process")
def test_a_model_that_differs_is_not_written(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(*arguments: object) -> onnx.ModelProto:
        model = convert(*arguments)
        bias = next(tensor for tensor in model.graph.initializer if tensor.name == "fc/bias")
        values = onnx.numpy_helper.to_array(bias) + np.float32(100)
        bias.CopyFrom(onnx.numpy_helper.from_array(values, bias.name))
        return model

    convert = export.convert
    monkeypatch.setattr(export, "convert", spoil)
    out = tmp_path / "student.onnx"
    out.write_bytes(b"the one from before")
    assert run_command(command.main, [*files, "-o", str(out)]) == 1
    assert out.read_bytes() == b"the one from before"
    assert "error: the ONNX model does not do what torchcaffe does: on 256 random images" in capsys.readouterr().err


@pytest.mark.parity
def test_a_real_caffe_stands_beside(files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(command.main, [*files, "-o", str(tmp_path / "student.onnx"), "--engine", "caffe"]) == 0
    said = capsys.readouterr().out
    assert "from torchcaffe's" in said
    assert "from Caffe's" in said


def test_weights_of_another_net_are_one_line(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_net(tmp_path, NET[: NET.index('layer { name: "fc"')], normal, "start")
    files[3] = str(tmp_path / "start.caffemodel")
    assert run_command(command.main, [*files, "-o", str(tmp_path / "x.onnx")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "lacks layer 'fc' (1 in all)" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "x.onnx").exists()


def test_a_mean_needs_a_test_net(files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(command.main, [*files, "-o", str(tmp_path / "x.onnx"), "--with-mean"]) == 1
    assert "give one by --test-net" in capsys.readouterr().err


def test_a_run_without_a_training_lists_its_trainings(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(command.main, [str(run)]) == 1
    assert f"Trainings to export: {TRAINING}" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--model", "a"], ["runs/x", "id", "--weights", "a"]])
def test_half_a_command_line_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert "error: " in capsys.readouterr().err


def test_a_damaged_record_is_one_line(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "records" / f"{TRAINING}.json").write_text(json.dumps([]))
    assert run_command(command.main, [str(run), TRAINING]) == 1
    assert "has no schema" in capsys.readouterr().err
