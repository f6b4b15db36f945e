"""The schema: facts of Caffe 1.0's formats by hand, and generated code that matches caffe.proto."""

import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto

from torchcaffe.proto import caffe_pb2

ROOT = Path(__file__).resolve().parents[2]
PROTO = Path("torchcaffe/proto/caffe.proto")

# From Caffe 1.0's format: (message, field, number, default).
FACTS = [
    ("BlobProto", "data", 5, []),
    ("BlobProto", "shape", 7, None),
    ("BlobProto", "double_data", 8, []),
    ("Datum", "label", 5, 0),
    ("Datum", "encoded", 7, False),
    ("NetParameter", "layer", 100, []),
    ("NetParameter", "layers", 2, []),
    ("NetParameter", "input_dim", 4, []),
    ("LayerParameter", "phase", 10, 0),
    ("LayerParameter", "propagate_down", 11, []),
    ("LayerParameter", "convolution_param", 106, None),
    ("LayerParameter", "eltwise_param", 110, None),
    ("LayerParameter", "softmax_param", 125, None),
    ("LayerParameter", "log_param", 134, None),
    ("LayerParameter", "reduction_param", 136, None),
    ("LayerParameter", "batch_norm_param", 139, None),
    ("LayerParameter", "scale_param", 142, None),
    ("LayerParameter", "swish_param", 147, None),
    ("LayerParameter", "clip_param", 148, None),
    ("ParamSpec", "lr_mult", 3, 1.0),
    ("ParamSpec", "decay_mult", 4, 1.0),
    ("BatchNormParameter", "moving_average_fraction", 2, pytest.approx(0.999)),
    ("BatchNormParameter", "eps", 3, pytest.approx(1e-5)),
    ("EltwiseParameter", "operation", 1, 1),
    ("ReductionParameter", "coeff", 3, 1.0),
    ("ConvolutionParameter", "dilation", 18, []),
    ("PoolingParameter", "round_mode", 13, 0),
    ("DropoutParameter", "dropout_ratio", 1, 0.5),
    ("FillerParameter", "sparse", 7, -1),
    ("FillerParameter", "type", 1, "constant"),
    ("NetState", "phase", 1, 1),
    ("LossParameter", "normalization", 3, 1),
    ("TransformationParameter", "crop_size", 3, 0),
    ("SolverParameter", "type", 40, "SGD"),
    ("SolverParameter", "layer_wise_reduce", 41, True),
    ("SolverParameter", "weights", 42, []),
    ("SolverParameter", "random_seed", 20, -1),
    ("SolverParameter", "clip_gradients", 35, -1.0),
    ("SolverParameter", "snapshot_format", 37, 1),
    ("SolverParameter", "solver_mode", 17, 1),
    ("SolverState", "history", 3, []),
    ("V1LayerParameter", "blobs_lr", 7, []),
    ("V1LayerParameter", "blob_share_mode", 1002, []),
    ("V0LayerParameter", "hdf5_output_param", 1001, None),
]


@pytest.mark.parametrize(("message", "field", "number", "default"), FACTS)
def test_field_facts(message: str, field: str, number: int, default: object) -> None:
    descriptor = caffe_pb2.DESCRIPTOR.message_types_by_name[message].fields_by_name[field]
    assert descriptor.number == number
    if default is not None:
        assert descriptor.default_value == default


@pytest.mark.parametrize(
    ("enum", "name", "number"),
    [
        (caffe_pb2.Phase, "TEST", 1),
        (caffe_pb2.EltwiseParameter.EltwiseOp, "PROD", 0),
        (caffe_pb2.ReductionParameter.ReductionOp, "SUM", 1),
        (caffe_pb2.DataParameter.DB, "LMDB", 1),
        (caffe_pb2.LossParameter.NormalizationMode, "BATCH_SIZE", 2),
        (caffe_pb2.V1LayerParameter.LayerType, "SOFTMAX_LOSS", 21),
        (caffe_pb2.SolverParameter.SolverType, "ADAM", 5),
    ],
)
def test_enum_facts(enum: object, name: str, number: int) -> None:
    assert enum.Value(name) == number


def test_schema_is_complete() -> None:
    """All that Caffe 1.0 has is there as Caffe has it; what is added for a layer type may stand beside it."""
    lines = (ROOT / "tests/cases/caffe-1.0-schema.txt").read_text().splitlines()
    expected = {line for line in lines if not line.startswith("#")}
    assert len({line.split(".")[0] for line in expected} - {"Phase"}) == 63, "so many messages it has"
    assert expected - set(described()) == set()


def described() -> Iterator[str]:
    """Every field and every value of an enum, as tests/cases/caffe-1.0-schema.txt has them."""
    kind = FieldDescriptorProto
    file = FileDescriptorProto()
    caffe_pb2.DESCRIPTOR.CopyToProto(file)
    yield from (f"{enum.name}.{value.name} {value.number}" for enum in file.enum_type for value in enum.value)
    for message in file.message_type:
        for field in message.field:
            label = kind.Label.Name(field.label).removeprefix("LABEL_").lower()
            type_ = field.type_name.removeprefix(".caffe.") or kind.Type.Name(field.type).removeprefix("TYPE_").lower()
            packed = " packed" if field.options.packed else ""
            # Some runtimes spell a float's default with all of its digits.
            told = (
                f"{float(field.default_value):g}" if type_ == "float" and field.default_value else field.default_value
            )
            default = f" [{told}]" if field.HasField("default_value") else ""
            yield f"{message.name}.{field.name} {field.number} {label} {type_}{packed}{default}"
        for enum in message.enum_type:
            yield from (f"{message.name}.{enum.name}.{value.name} {value.number}" for value in enum.value)


def test_wire_bytes_of_a_layer() -> None:
    """By protobuf's encoding guide: tag = number * 8 + wire type, as a varint; 139 * 8 + 2 = 1114 = DA 08."""
    layer = caffe_pb2.LayerParameter(name="b")
    layer.batch_norm_param.use_global_stats = True
    assert layer.SerializeToString() == bytes.fromhex("0a0162 da0802 0801")


def test_solverstate_extension_is_out_of_caffes_way() -> None:
    """Number 1001 is free in Caffe's SolverState (1 to 4): readers that do not know it skip it."""
    fields = caffe_pb2.SolverState.DESCRIPTOR.fields_by_name
    assert {field.number for field in fields.values()} == {1, 2, 3, 4, 1001}
    state = caffe_pb2.SolverState(iter=7, torchcaffe_state=b"\x00x")
    assert caffe_pb2.SolverState.FromString(state.SerializeToString()).torchcaffe_state == b"\x00x"


def test_messages_can_be_pickled() -> None:
    net = caffe_pb2.NetParameter(name="n")
    assert pickle.loads(pickle.dumps(net)) == net


def test_import_needs_no_torch() -> None:
    code = (
        "import sys, torchcaffe.files, torchcaffe.proto.text, torchcaffe.proto.binary; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_generated_code_matches_the_proto(tmp_path: Path) -> None:
    protoc = shutil.which("protoc")
    if protoc is None:
        pytest.skip("protoc is not on PATH")
    version = subprocess.run([protoc, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if not version.startswith("libprotoc 3.21."):
        pytest.skip(f"the committed code is protoc 3.21's, this is {version}")
    subprocess.run([protoc, f"--python_out={tmp_path}", f"--pyi_out={tmp_path}", PROTO], cwd=ROOT, check=True)
    for name in ("caffe_pb2.py", "caffe_pb2.pyi"):
        committed = ROOT / PROTO.with_name(name)
        assert committed.read_bytes() == (tmp_path / PROTO.with_name(name)).read_bytes(), f"{name} is out of date"
