"""HDF5Data, HDF5Output, ImageData and MemoryData."""

import h5py
import numpy as np
import pytest
import torch
from PIL import Image

from torchcaffe.boost import Rng
from torchcaffe.data.shuffle import shuffle
from torchcaffe.errors import CaffeError, DataError, NetError
from torchcaffe.proto import caffe_pb2

# HDF5Data


@pytest.fixture
def files(tmp_path):
    """Rows 0 .. 4 in the first file and 5 .. 7 in the second: data 10 r, 10 r + 1, as 2 x 1, and label r."""
    for name, rows in (("a", range(5)), ("b", range(5, 8))):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["data"] = np.array([[[10.0 * r], [10 * r + 1]] for r in rows])
            file["label"] = np.array(list(rows), dtype=np.int32)
    (tmp_path / "list.txt").write_text(f"{tmp_path}/a.h5\n{tmp_path}/b.h5\n")
    return tmp_path


def hdf5_data(folder, param="batch_size: 3", more="", tops="data label", listed="list.txt"):
    named = "".join(f' top: "{top}"' for top in tops.split())
    source = f'hdf5_data_param {{ source: "{folder}/{listed}" {param} }}'
    return f'layer {{ name: "l" type: "HDF5Data" {named} {source} {more} }}'


def labels(net, count, name="label"):
    found = []
    for _ in range(count):
        net.forward()
        found.append(net.blob(name).data.flatten().tolist())
    return found


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_hdf5_data_goes_round_and_round(dtype, files, build):
    net = build(hdf5_data(files), dtype=dtype)
    assert net.blob("data").shape == (3, 2, 1)
    assert net.blob("label").shape == (3,)
    net.forward()
    assert net.blob("data").data.dtype == dtype
    assert net.blob("data").data.tolist() == [[[0], [1]], [[10], [11]], [[20], [21]]]
    assert labels(net, 3) == [[3, 4, 5], [6, 7, 0], [1, 2, 3]]


def test_a_batch_larger_than_the_data(files, build):
    net = build(hdf5_data(files, "batch_size: 10", tops="label"))
    assert labels(net, 2) == [[0, 1, 2, 3, 4, 5, 6, 7, 0, 1], [2, 3, 4, 5, 6, 7, 0, 1, 2, 3]]


def test_shuffled_rounds(files, build):
    """Every round has every row once, files whole; the order changes, and is the same in another net."""
    net, other = (build(hdf5_data(files, "batch_size: 8 shuffle: true")) for _ in range(2))
    rounds = labels(net, 6)
    assert rounds == labels(other, 6)
    assert len({tuple(r) for r in rounds}) == 6
    for r in rounds:
        first = r[:5] if r[0] < 5 else r[3:]
        assert sorted(first) == [0, 1, 2, 3, 4]
        assert sorted(r) == list(range(8))
    assert {r[0] < 5 for r in rounds} == {True, False}
    assert net.blob("data").data[:, 0, 0].tolist() == [10 * r for r in rounds[-1]]


@pytest.mark.parametrize("shuffled", ["true", "false"])
def test_hdf5_data_resumes(shuffled, files, build):
    param = f"batch_size: 3 shuffle: {shuffled}"
    net, resumed = build(hdf5_data(files, param)), build(hdf5_data(files, param))
    labels(net, 5)
    resumed.layer("l").set_state(net.layer("l").get_state())
    assert labels(resumed, 7) == labels(net, 7)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"listed": "none.txt"}, "list of files cannot be read"),
        ({"listed": "empty.txt"}, "list of files is empty"),
        ({"listed": "broken.txt"}, "cannot read .* as HDF5"),
        ({"tops": "data labels"}, "it has no data set 'labels', but data, label"),
        ({"listed": "uneven.txt"}, "as many rows"),
        ({"listed": "words.txt", "tops": "data"}, "expected rows of numbers"),
    ],
)
def test_hdf5_data_refuses_files(change, word, files, build):
    (files / "empty.txt").write_text("\n")
    (files / "broken.txt").write_text(f"{files}/empty.txt")
    for name, data in (("uneven", [1.0, 2]), ("words", np.array([b"x"]))):
        with h5py.File(files / f"{name}.h5", "w") as file:
            file["data"], file["label"] = data, np.zeros(3)
        (files / f"{name}.txt").write_text(f"{files}/{name}.h5")
    with pytest.raises(DataError, match=rf"layer 'l' \(HDF5Data\): .*{word}"):
        build(hdf5_data(files, **change))


def test_hdf5_data_refuses_rows_that_change_shape(files, build):
    with h5py.File(files / "b.h5", "w") as file:
        file["data"], file["label"] = np.zeros((3, 5)), np.zeros(3)
    net = build(hdf5_data(files))
    net.forward()
    with pytest.raises(DataError, match=r"b\.h5: its rows have shape \(5,\), those before \(2, 1\)"):
        net.forward()


@pytest.mark.parametrize(
    ("change", "word"),
    [({"param": ""}, "batch_size of at least 1"), ({"more": "transform_param { scale: 2 }"}, "does not transform")],
)
def test_hdf5_data_refuses_parameters(change, word, files, build):
    with pytest.raises(NetError, match=word):
        build(hdf5_data(files, **change))


# HDF5Output


def hdf5_output(path):
    param = f'hdf5_output_param {{ file_name: "{path}" }}'
    return f'layer {{ name: "l" type: "HDF5Output" bottom: "x" bottom: "t" {param} }}'


def test_hdf5_output(tmp_path, build, draw):
    net = build(hdf5_output(tmp_path / "out.h5"), x=draw(2, 3, 5), t=np.array([7.0, 8]), dtype=torch.float32)
    assert not (tmp_path / "out.h5").exists()
    net.forward()
    net.backward()
    assert not net.blob("x").diff.any()
    with h5py.File(tmp_path / "out.h5") as file:
        assert sorted(file) == ["data", "label"]
        assert file["data"].dtype == np.float32
        np.testing.assert_array_equal(file["data"][()], draw(2, 3, 5).astype(np.float32)[..., np.newaxis])
        assert file["label"][()].tolist() == [[[[7]]], [[[8]]]]
    with pytest.raises(NetError, match="once only"):
        net.forward()


def test_what_hdf5_output_writes_hdf5_data_reads(tmp_path, build, draw):
    x = draw(2, 3, 5, 4)
    build(hdf5_output(tmp_path / "out.h5"), x=x, t=np.array([7.0, 8])).forward()
    (tmp_path / "list.txt").write_text(str(tmp_path / "out.h5"))
    net = build(hdf5_data(tmp_path, "batch_size: 2"))
    net.forward()
    np.testing.assert_array_equal(net.blob("data").data.numpy(), x)


def test_hdf5_output_refuses(tmp_path, build, draw):
    with pytest.raises(NetError, match="needs a file_name"):
        build(hdf5_output(""), x=draw(2, 3), t=draw(2))
    with pytest.raises(NetError, match="2 and 3 items"):
        build(hdf5_output(tmp_path / "out.h5"), x=draw(2, 3), t=draw(3))
    with pytest.raises(NetError, match="'x' has 5 axes"):
        build(hdf5_output(tmp_path / "out.h5"), x=draw(2, 1, 1, 1, 1), t=draw(2))
    with pytest.raises(CaffeError, match="the directory does not exist"):
        build(hdf5_output(tmp_path / "no" / "out.h5"), x=draw(2, 3), t=draw(2)).forward()


# MemoryData

MEMORY = (
    'layer { name: "l" type: "MemoryData" top: "x" top: "t" memory_data_param '
    "{ batch_size: 2 channels: 3 height: 5 width: 4 } }"
)


def test_memory_data(build, draw):
    net = build(MEMORY, dtype=torch.float32)
    assert (net.blob("x").shape, net.blob("t").shape) == ((2, 3, 5, 4), (2,))
    with pytest.raises(NetError, match="no data yet"):
        net.forward()
    data = draw(6, 3, 5, 4).astype(np.float32)
    net.layer("l").set_arrays(data, np.arange(6.0).reshape(6, 1, 1, 1))
    assert labels(net, 4, "t") == [[0, 1], [2, 3], [4, 5], [0, 1]]
    assert net.blob("t").shape == (2, 1, 1, 1)
    np.testing.assert_array_equal(net.blob("x").data.numpy(), data[:2])
    state = net.layer("l").get_state()
    net.layer("l").set_arrays(data[::-1], np.arange(6.0))
    assert labels(net, 1, "t") == [[0, 1]], "new arrays begin at their start"
    np.testing.assert_array_equal(net.blob("x").data.numpy(), data[:-3:-1])
    net.layer("l").set_state(state)
    assert labels(net, 1, "t") == [[2, 3]]


@pytest.mark.parametrize(
    ("data", "count", "word"),
    [
        ((3, 3, 5, 4), 3, "a multiple of the batch size, 2"),
        ((0, 3, 5, 4), 0, "a multiple of the batch size, 2"),
        ((2, 3, 4, 5), 2, r"expected items of \(3, 5, 4\)"),
        ((2, 3, 5, 4), 4, "one for each of the 2 items"),
    ],
)
def test_memory_data_refuses_arrays(data, count, word, build):
    net = build(MEMORY)
    with pytest.raises(NetError, match=rf"layer 'l' \(MemoryData\): .*{word}"):
        net.layer("l").set_arrays(np.zeros(data), np.zeros(count))


@pytest.mark.parametrize(("transform", "draws"), [("", 0), ("scale: 2", 0), ("mirror: true", 1), ("crop_size: 3", 1)])
def test_memory_data_draws_a_seed_as_caffe_does(transform, draws, build):
    """It is that of a transformer, which arrays never see; what the net draws after it depends on it."""
    rng = build("").place.rng.clone()
    net = build(f"{MEMORY[:-1]} transform_param {{ {transform} }} }}")
    for _ in range(draws):
        rng.next_u32()
    assert net.place.rng.state == rng.state


def test_memory_data_needs_its_sizes(build):
    with pytest.raises(NetError, match="channels"):
        build(MEMORY.replace("channels: 3", ""))


# ImageData


@pytest.fixture
def images(tmp_path):
    """Six PNGs of 4 x 6 pixels; red is 10 times the image's number, green its column, blue its row."""
    rows, columns = np.mgrid[:4, :6]
    for i in range(6):
        pixels = np.stack([np.full((4, 6), 10 * i), columns, rows], axis=2).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"im {i}.png")
    (tmp_path / "list.txt").write_text("".join(f"im {i}.png {i - 2}\n" for i in range(6)) + "\n")
    return tmp_path


def image_data(folder, param="batch_size: 4", transform="", listed="list.txt"):
    source = f'source: "{folder}/{listed}" root_folder: "{folder}/"'
    return (
        f'layer {{ name: "l" type: "ImageData" top: "x" top: "label" image_data_param {{ {source} {param} }} '
        f"transform_param {{ {transform} }} }}"
    )


def test_image_data_in_order(images, build):
    net = build(image_data(images))
    assert (net.blob("x").shape, net.blob("label").shape) == ((4, 3, 4, 6), (4,))
    assert labels(net, 3) == [[-2, -1, 0, 1], [2, 3, -2, -1], [0, 1, 2, 3]]
    blue, green, red = net.blob("x").data[1].numpy()
    np.testing.assert_array_equal(blue, np.mgrid[:4, :6][0])
    np.testing.assert_array_equal(green, np.mgrid[:4, :6][1])
    assert (red == 30).all()


def test_image_data_transforms(images, build):
    """The centre 2 x 2 of 4 x 6 begins at row 1, column 2."""
    text = image_data(images, "batch_size: 1", "crop_size: 2 mean_value: 1 scale: 0.5")
    net = build(text, phase=caffe_pb2.TEST)
    net.forward()
    assert net.blob("x").data.tolist() == [[[[0, 0], [0.5, 0.5]], [[0.5, 1], [0.5, 1]], [[-0.5] * 2] * 2]]


def test_image_data_in_grey(images, build):
    """Grey of (0, column, row): 0.587 column + 0.114 row, rounded."""
    net = build(image_data(images, "batch_size: 1 is_color: false"))
    net.forward()
    rows, columns = np.mgrid[:4, :6]
    assert net.blob("x").shape == (1, 1, 4, 6)
    np.testing.assert_allclose(net.blob("x").data[0, 0], 0.587 * columns + 0.114 * rows, atol=0.501)


def test_image_data_resizes(images, build):
    """4 x 6 to 2 x 3: the mean of each 2 x 2 block, halves up; to 4 x 12: columns 0, 1/4, 3/4, 1 1/4, ..."""
    net = build(image_data(images, "batch_size: 1 new_height: 2 new_width: 3"))
    net.forward()
    assert net.blob("x").data[0, 1].tolist() == [[1, 3, 5]] * 2
    net = build(image_data(images, "batch_size: 1 new_height: 4 new_width: 12"))
    net.forward()
    assert net.blob("x").data[0, 1, 0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_image_data_shuffles_as_caffe_does(images, build):
    """One seed from the global generator; then the list is shuffled on, from round to round."""
    rng = build(MEMORY).place.rng.clone()
    net = build(image_data(images, "batch_size: 6 shuffle: true"))
    own, order, want = Rng(rng.next_u32()), list(range(-2, 4)), []
    for _ in range(3):
        shuffle(order, own)
        want.append(list(order))
    rng.next_u32()  # The seed of Caffe's thread.
    assert net.place.rng.state == rng.state
    assert labels(net, 3) == want


def test_image_data_skips(images, build):
    """Up to rand_skip - 1 images; the draw is the first of the generator, as nothing else is random."""
    rng = build(image_data(images)).place.rng
    want = rng.clone().next_u32() % 5
    net = build(image_data(images, "batch_size: 1 rand_skip: 5"))
    assert labels(net, 1) == [[want - 2]]


def test_image_data_resumes(images, build):
    text = image_data(images, "batch_size: 4 shuffle: true", "mirror: true crop_size: 3")
    net, resumed = build(text), build(text)
    labels(net, 5)
    resumed.layer("l").set_state(net.layer("l").get_state())
    assert labels(resumed, 4) == labels(net, 4)
    assert torch.equal(resumed.blob("x").data, net.blob("x").data)


def test_images_of_several_sizes(images, build):
    Image.fromarray(np.zeros((5, 3), dtype=np.uint8)).save(images / "im 1.png")
    net = build(image_data(images, "batch_size: 1"))
    for shape in ((1, 3, 4, 6), (1, 3, 5, 3)):
        net.forward()
        assert net.blob("x").shape == shape
    with pytest.raises(DataError, match=r"im 1\.png is of size"):
        build(image_data(images)).forward()
    cropped = build(image_data(images, transform="crop_size: 3"))
    cropped.forward()
    assert cropped.blob("x").shape == (4, 3, 3, 3)


@pytest.mark.parametrize(
    ("change", "error", "word"),
    [
        ({"listed": "none.txt"}, DataError, "no such file"),
        ({"listed": "empty.txt"}, DataError, "is empty"),
        ({"listed": "unlabelled.txt"}, DataError, r"unlabelled\.txt:2: 'im' is not a path"),
        ({"listed": "gone.txt"}, DataError, r"gone\.png: no such file"),
        ({"listed": "broken.txt"}, DataError, r"empty\.txt: an encoded image of 1 bytes cannot be decoded"),
        ({"transform": "crop_size: 5"}, DataError, "crop_size 5 does not fit"),
        ({"param": "batch_size: 0"}, NetError, "batch_size of at least 1"),
        ({"param": "new_height: 7"}, NetError, "give both or none"),
    ],
)
def test_image_data_refuses(change, error, word, images, build):
    (images / "empty.txt").write_text("\n")
    (images / "unlabelled.txt").write_text("im 0.png 3\nim")
    (images / "gone.txt").write_text("gone.png 3")
    (images / "broken.txt").write_text("empty.txt 3")
    with pytest.raises(error, match=word):
        build(image_data(images, **change))
