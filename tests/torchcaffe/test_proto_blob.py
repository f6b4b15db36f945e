"""BlobProto and numpy arrays."""

import numpy as np
import pytest

from torchcaffe.errors import ProtoError
from torchcaffe.proto.binary import array_to_blob, blob_shape, blob_to_array
from torchcaffe.proto.caffe_pb2 import BlobProto


def test_encoding_by_hand() -> None:
    """Field 5 packed: tag 2A, 8 bytes, 1.0 and -2.0 in IEEE 754; field 7: tag 3A, 4 bytes, dims packed."""
    blob = array_to_blob(np.array([[1.0, -2.0]], dtype=np.float32))
    assert blob.SerializeToString() == bytes.fromhex("2a08 0000803f 000000c0 3a04 0a020102")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(2, 3, 5, 7), (4,), (), (3, 0, 2)])
def test_round_trip(dtype: type, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(3).standard_normal(shape).astype(dtype)
    blob = array_to_blob(values, diff=values + 1)
    assert len(blob.double_data if dtype is np.float64 else blob.data) == values.size
    assert blob.HasField("shape")
    back = blob_to_array(BlobProto.FromString(blob.SerializeToString()))
    assert back.dtype == dtype or not values.size  # no values, no field that tells the type
    assert back.flags.writeable
    np.testing.assert_array_equal(back, values)
    np.testing.assert_array_equal(blob_to_array(blob, diff=True), values + 1)


def test_values_are_in_row_major_order_whatever_the_arrays_layout() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3).T
    assert list(array_to_blob(values).data) == [0, 3, 1, 4, 2, 5]


def test_long_blob() -> None:
    """Longer than one varint byte and than 2^14, so that the length takes three bytes and more."""
    values = np.arange(600_000, dtype=np.float32)
    np.testing.assert_array_equal(blob_to_array(array_to_blob(values)), values)


def test_special_values_survive() -> None:
    values = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45], dtype=np.float32)
    assert blob_to_array(array_to_blob(values)).tobytes() == values.tobytes()


def test_old_dimensions_go_before_shape() -> None:
    """As in Caffe 1.0's Blob::FromProto: any of the four set means four axes, the unset ones 0."""
    blob = BlobProto(num=2, channels=3, height=1, width=2, data=range(12))
    assert blob_to_array(blob).shape == (2, 3, 1, 2)
    blob.shape.dim.extend([12])
    assert blob_shape(blob) == (2, 3, 1, 2)
    assert blob_shape(BlobProto(channels=5)) == (0, 5, 0, 0)


def test_without_any_shape_a_blob_is_a_scalar() -> None:
    array = blob_to_array(BlobProto(data=[2.5]))
    assert array.shape == ()
    assert array == 2.5


def test_double_data_goes_before_data() -> None:
    blob = BlobProto(data=[1.0], double_data=[0.1])
    assert blob_to_array(blob).item() == 0.1


def test_count_that_does_not_fit_names_both() -> None:
    blob = BlobProto(data=[1, 2, 3, 4, 5])
    blob.shape.dim.extend([2, 3])
    with pytest.raises(ProtoError, match=r"conv1\.blobs\[0\]: 5 values in `data`, where the shape 2 x 3 calls for 6"):
        blob_to_array(blob, "conv1.blobs[0]")
    with pytest.raises(ProtoError, match="0 values in `diff`, where the shape 2 x 3 calls for 6"):
        blob_to_array(blob, diff=True)


def test_negative_size() -> None:
    blob = BlobProto(data=[1.0, 1.0])
    blob.shape.dim.extend([-1, -2])
    with pytest.raises(ProtoError, match="the shape -1 x -2 has a negative size"):
        blob_to_array(blob)


def test_other_types_are_refused() -> None:
    with pytest.raises(ProtoError, match="float32 or float64, got int64"):
        array_to_blob(np.arange(3))
    with pytest.raises(ProtoError, match=r"3 float32, got 2 float32"):
        array_to_blob(np.zeros(3, np.float32), diff=np.zeros(2, np.float32))
