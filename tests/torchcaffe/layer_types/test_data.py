import lmdb
import numpy as np
import pytest
import torch

from torchcaffe.boost import Rng
from torchcaffe.errors import DataError, NetError
from torchcaffe.proto.caffe_pb2 import TEST, Datum
from torchcaffe.rng import set_random_seed

SHAPE = (2, 5, 6)


@pytest.fixture
def source(tmp_path):
    """Seven images of 2 x 5 x 6, pixel (c, h, w) of image i being 7 i + 30 c + 6 h + w mod 256, labels 3 i."""
    with lmdb.open(str(tmp_path / "db"), map_size=1 << 20) as env, env.begin(write=True) as transaction:
        for i in range(7):
            value = Datum(channels=2, height=5, width=6, data=image(i).tobytes(), label=3 * i)
            transaction.put(b"%08d" % i, value.SerializeToString())
    return tmp_path / "db"


def image(i):
    return (7 * i + np.arange(60).reshape(SHAPE)).astype(np.uint8)


def layer(source, transform="", tops='top: "data" top: "label"', data="backend: LMDB batch_size: 3"):
    return (
        f'layer {{ name: "d" type: "Data" {tops} transform_param {{ {transform} }} '
        f'data_param {{ source: "{source}" {data} }} }}'
    )


def test_batches_in_order(source, build):
    net = build(layer(source), dtype=torch.float32)
    assert [blob.shape for blob in net.blobs] == [(3, *SHAPE), (3,)]
    for numbers in ([0, 1, 2], [3, 4, 5], [6, 0, 1]):
        net.forward()
        np.testing.assert_array_equal(net.blob("data").data.numpy(), np.stack([image(i) for i in numbers]))
        assert net.blob("label").data.tolist() == [3 * i for i in numbers]
    assert net.blob("data").data.dtype == torch.float32


def test_labels_are_optional(source, build):
    net = build(layer(source, tops='top: "data"'))
    net.forward()
    assert net.blob("data").data.dtype == torch.float64


def test_crop_and_mirror_use_the_generator_that_caffe_would_use(source, build):
    """Two seeds are drawn in set-up, of which the second one counts, and one for the thread; u % 2 and u % choices."""
    set_random_seed(11)
    net = build(layer(source, "mirror: true crop_size: 4 scale: 0.5 mean_value: 1"), dtype=torch.float32)
    reference = Rng(11)
    _, second, _ = reference.raw(3)
    assert net.place.rng.next_u32() == reference.next_u32()
    rng = Rng(int(second))
    for numbers in ([0, 1, 2], [3, 4, 5]):
        net.forward()
        for i, got in zip(numbers, net.blob("data").data.numpy(), strict=True):
            mirror, h, w = (int(u) for u in rng.raw(3))
            crop = image(i)[:, h % 2 : h % 2 + 4, w % 3 : w % 3 + 4]
            crop = crop[:, :, ::-1] if mirror % 2 else crop
            np.testing.assert_array_equal(got, (crop.astype(np.float32) - 1) * np.float32(0.5))


def test_without_random_transformation_set_up_draws_for_the_thread_only(source, build):
    set_random_seed(11)
    net = build(layer(source, "crop_size: 4"), phase=TEST)
    assert net.place.rng.next_u32() == Rng(11).raw(2)[1]
    net.forward()
    np.testing.assert_array_equal(net.blob("data").data.numpy()[0], image(0)[:, 0:4, 1:5])


def test_state_goes_on_exactly(source, build):
    text = layer(source, "mirror: true crop_size: 3")
    net = build(text)
    net.forward()
    state = net.layer("d").get_state()
    net.forward()
    want = [net.blob(name).data for name in ("data", "label")]
    other = build(text)
    other.forward()
    other.forward()
    other.layer("d").set_state(state)
    other.forward()
    for name, values in zip(("data", "label"), want, strict=True):
        assert torch.equal(other.blob(name).data, values)


def test_images_of_other_sizes_reshape_the_net(tmp_path, build):
    with lmdb.open(str(tmp_path / "db"), map_size=1 << 20) as env, env.begin(write=True) as transaction:
        for i, (height, width) in enumerate([(2, 3), (4, 5)]):
            value = Datum(channels=1, height=height, width=width, data=bytes(range(height * width)))
            transaction.put(b"%d" % i, value.SerializeToString())
    text = layer(tmp_path / "db", data="backend: LMDB batch_size: 1")
    net = build(text + 'layer { name: "p" type: "Power" bottom: "data" top: "p" }')
    shapes = []
    for _ in range(3):
        net.forward()
        shapes.append(net.blob("p").shape)
    assert shapes == [(1, 1, 2, 3), (1, 1, 4, 5), (1, 1, 2, 3)]


@pytest.mark.parametrize(
    ("transform", "data", "word"),
    [
        ("", "batch_size: 3", "backend is LEVELDB, as none is given, but '.*/db' is an LMDB: set `backend: LMDB`$"),
        ("", "backend: LEVELDB batch_size: 3", "backend is LEVELDB, but '.*/db' is an LMDB: set `backend: LMDB`$"),
        ("", "backend: LMDB", "batch_size of at least 1"),
        ("force_color: true force_gray: true", "backend: LMDB batch_size: 3", "give one of them"),
    ],
)
def test_refuses_settings(transform, data, word, source, build):
    with pytest.raises(NetError, match=rf"layer 'd' \(Data\): .*{word}"):
        build(layer(source, transform, data=data))


@pytest.mark.parametrize(
    ("transform", "word"),
    [("crop_size: 6", "crop_size 6"), ("mean_value: 1 mean_value: 2 mean_value: 3", "3 mean values")],
)
def test_refuses_a_transformation_that_does_not_suit_the_images(transform, word, source, build):
    with pytest.raises(DataError, match=rf"layer 'd' \(Data\).*{word}"):
        build(layer(source, transform))


def test_names_the_layer_if_there_is_no_database(tmp_path, build):
    with pytest.raises(DataError, match=r"layer 'd' \(Data\): there is no database"):
        build(layer(tmp_path / "nowhere"))


def test_a_leveldb_is_to_be_written_as_lmdb(tmp_path, build):
    said = "its backend is LEVELDB, as none is given, but only LMDB is read: write the data as LMDB and set"
    with pytest.raises(NetError, match=said):
        build(layer(tmp_path, data="batch_size: 3"))


def test_rand_skip_does_nothing_but_warn(source, build, caplog):
    net = build(layer(source, data="backend: LMDB batch_size: 3 rand_skip: 5"))
    net.forward()
    assert net.blob("label").data.tolist() == [0, 3, 6]
    assert "layer 'd': rand_skip does nothing" in caplog.text
