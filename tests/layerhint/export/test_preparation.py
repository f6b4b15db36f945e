"""The mean and the scale as the graph's first nodes, and the test images of an LMDB."""

from pathlib import Path

import numpy as np
import pytest
from onnx_nets import input_layer, make_net, run_caffe, run_onnx

from layerhint.datasets.images import Split
from layerhint.datasets.lmdb_writer import write_lmdb
from layerhint.datasets.mean import write_mean
from layerhint.errors import LayerhintError
from layerhint.export.convert import convert, read_deployed
from layerhint.export.images import RandomImages, TestImages
from layerhint.export.preparation import Preparation, read_preparation
from layerhint.nets.data_layer import DataLayerImages, data_layer
from torchcaffe.errors import CaffeError

SHAPE = (3, 6, 5)
NET = (
    input_layer(1, *SHAPE)
    + 'layer { name: "fc" type: "InnerProduct" bottom: "x" top: "fc" inner_product_param { num_output: 4 } }'
)
PIXELS = np.random.default_rng(2).integers(256, size=(11, *SHAPE), dtype=np.uint8)
LABELS = np.arange(11, dtype=np.uint8) % 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a test net's LMDB and mean file."""
    write_lmdb(tmp_path / "test_lmdb", Split(PIXELS, LABELS))
    write_mean(tmp_path / "mean.binaryproto", PIXELS.mean(0, dtype=np.float32))
    return tmp_path


def written(folder: Path, transform: str, images: str = "test_lmdb") -> Path:
    path = folder / "test.prototxt"
    path.write_text(
        f'layer {{ name: "images" type: "Data" top: "x" top: "label" transform_param {{ {transform} }}\n'
        f'  data_param {{ source: "{folder}/{images}" backend: LMDB batch_size: 4 }} }}\n'
    )
    return path


TRANSFORMS = [
    'mean_file: "@/mean.binaryproto"',
    "scale: 0.00390625",
    "mean_value: 120 scale: 0.5",
    "mean_value: [9, 8, 7]",
    "",
]


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_the_graph_prepares_bytes_as_the_test_net_does(transform: str, folder: Path) -> None:
    path = written(folder, transform.replace("@", str(folder)))
    model = convert(read_deployed(*make_net(folder, NET)), {}, read_preparation(path))
    (entry,) = model.graph.input
    assert entry.name == "image"
    (batch,) = TestImages(path).batches(11)
    np.testing.assert_array_equal(batch.stored, PIXELS)
    got, want = run_onnx(model, PIXELS)["fc"], run_caffe(folder, batch.prepared)["fc"]
    assert np.linalg.norm(got - want) < 1e-6 * np.linalg.norm(want)


@pytest.mark.parametrize("transform", ["mean_value: 120 scale: 0.5", ""])
def test_so_it_does_before_layers_that_work_in_place_on_the_input(transform: str, folder: Path) -> None:
    power = 'layer { name: "power" type: "Power" bottom: "x" top: "x" power_param { scale: 0.25 shift: 7 } }\n'
    norm = 'layer { name: "norm" type: "BatchNorm" bottom: "x" top: "x" }\n'
    path = written(folder, transform)
    text = NET.replace(input_layer(1, *SHAPE), input_layer(1, *SHAPE) + power + norm)
    model = convert(read_deployed(*make_net(folder, text)), {}, read_preparation(path))
    (batch,) = TestImages(path).batches(11)
    got, want = run_onnx(model, PIXELS)["fc"], run_caffe(folder, batch.prepared)["fc"]
    assert np.linalg.norm(got - want) < 1e-6 * np.linalg.norm(want)
    (named,) = (node.name for node in model.graph.node if "x" in node.output)
    assert named == "norm", "the last value of the blob has its name"


def test_the_nodes_in_front_are_few_and_named(folder: Path) -> None:
    model = convert(
        read_deployed(*make_net(folder, NET)), {}, Preparation(np.ones((3, 1, 1), np.float32), np.float32(2))
    )
    assert [node.name for node in model.graph.node][:3] == ["x/1_Cast", "x/2_Sub", "x/3_Mul"]
    assert model.graph.node[2].output == ["x"]


def test_a_mean_of_another_size_is_refused(folder: Path) -> None:
    deployed = read_deployed(*make_net(folder, NET))
    with pytest.raises(LayerhintError, match=r"the mean has shape \(3, 8, 8\), but the net's images have \(3, 6, 5\)"):
        convert(deployed, {}, Preparation(np.zeros((3, 8, 8), np.float32), np.float32(1)))


def test_a_crop_has_no_node(folder: Path) -> None:
    with pytest.raises(LayerhintError, match=r"layer 'images' crops its images, .*: leave --with-mean out"):
        read_preparation(written(folder, "crop_size: 4"))


def test_random_mirrors_are_refused(folder: Path) -> None:
    with pytest.raises(LayerhintError, match="layer 'images' mirrors images at random"):
        data_layer(written(folder, "mirror: true"))


def test_a_test_net_needs_one_data_layer(folder: Path) -> None:
    make_net(folder, NET)
    with pytest.raises(LayerhintError, match=r"net\.prototxt has 0 Data layers"):
        data_layer(folder / "net.prototxt")


def test_images_come_from_the_first_on_in_batches(folder: Path) -> None:
    images = TestImages(written(folder, "mean_value: 100"), limit=7)
    batches = list(images.batches(3))
    assert images.count == 7
    assert [len(batch.prepared) for batch in batches] == [3, 3, 1]
    np.testing.assert_array_equal(np.concatenate([batch.prepared for batch in batches]), PIXELS[:7] - np.float32(100))
    np.testing.assert_array_equal(np.concatenate([batch.labels for batch in batches]), LABELS[:7])


def test_a_test_longer_than_the_lmdb_begins_again(folder: Path) -> None:
    """`caffe test -iterations 4` with batches of 4 sees 16 images; there are 11."""
    images = DataLayerImages(written(folder, "mean_value: 100"))
    for _ in range(2):
        batches = list(images.batches(4, 16))
        assert [len(batch.labels) for batch in batches] == [4, 4, 4, 4]
        labels = np.concatenate([batch.labels for batch in batches])
        np.testing.assert_array_equal(labels, [*LABELS, *LABELS[:5]])
        np.testing.assert_array_equal(batches[3].prepared, PIXELS[1:5] - np.float32(100))


def test_the_test_phase_crops_the_middle(folder: Path) -> None:
    (batch,) = TestImages(written(folder, "crop_size: 3"), limit=2).batches(5)
    np.testing.assert_array_equal(batch.prepared, PIXELS[:2, :, 1:4, 1:4])


def test_more_images_than_there_are_is_all(folder: Path) -> None:
    assert TestImages(written(folder, ""), limit=99).count == 11


def test_no_image_is_no_check(folder: Path) -> None:
    with pytest.raises(LayerhintError, match="--images 0: it must be at least 1"):
        TestImages(written(folder, ""), limit=0)


def test_an_absent_lmdb_is_named(folder: Path) -> None:
    with pytest.raises(CaffeError, match=r"test\.prototxt, layer 'images': there is no database .*nowhere"):
        TestImages(written(folder, "", images="nowhere"))


def test_random_images_are_the_same_each_time() -> None:
    images = RandomImages(SHAPE)
    first, again = list(images.batches(100)), list(images.batches(100))
    assert [batch.prepared.shape for batch in first] == [(100, *SHAPE), (100, *SHAPE), (56, *SHAPE)]
    np.testing.assert_array_equal(first[2].prepared, again[2].prepared)
    assert first[0].labels is None
