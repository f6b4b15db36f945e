"""What images a net sees."""

import pytest
from linting import PAIR, assert_found, hints, layer_text, of

G1 = f"{PAIR}/proposed/g1_train.prototxt"
TEST = f"{PAIR}/proposed/stage2_test.prototxt"


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (G1, "batch_size: 128", "batch_size: 64", ("batch_size is 64", "batch_size: 128")),
        (TEST, "batch_size: 100", "batch_size: 128", ("batch_size is 128", "batch_size: 100")),
        (G1, "mean_pixel_train", "mean_pixel_test", ("mean_file", 'mean_pixel_train.binaryproto" }`')),
        (TEST, "mean_pixel_test", "mean_pixel_train", ("mean_file", 'mean_pixel_test.binaryproto" }`')),
        (G1, "mean_pixel", "mean_channel", ("mean_file", "mean_pixel")),
        (TEST, "test_lmdb", "train_lmdb", ("source", "test_lmdb")),
        (G1, "cifar100/train_lmdb", "cifar10/train_lmdb", ("source", "cifar100/train_lmdb")),
        (G1, "mirror: true ", "", ("mirror is false", "mirror: true")),
        (G1, "crop_size: 32 ", "", ("crop_size is 0", "crop_size: 32")),
        (TEST, "mean_file", "mirror: true mean_file", ("mirror is true", "Leave mirror out")),
        (G1, "mean_file", "scale: 0.5 mean_file", ("scale is 0.5", "Leave scale out")),
        (G1, "LMDB", "LEVELDB", ("backend is LEVELDB", "backend: LMDB")),
    ],
)
def test_a_data_layer_of_another_kind(file: str, old: str, new: str, words: tuple[str, ...]) -> None:
    found = hints().edited(file, old, new, layer="data").findings()
    assert [(f.file, f.layer) for f in found] == [(file, "data")]
    assert_found(found, file, "data", *words)


def test_mnist_s_batches_by_the_switch() -> None:
    """64 for the teacher; 128 for the students, should they have their own."""
    own = of("table3", "kd", student_batch_size="own")
    kd, teacher = (
        "generated/mnist/resnet32-resnet8/kd/stage2_train.prototxt",
        "generated/mnist/resnet32/plain/train.prototxt",
    )
    found = own.edited(kd, "batch_size: 128", "batch_size: 64", layer="data").findings()
    assert_found(found, kd, "data", "batch_size is 64", "batch_size: 128")
    found = own.edited(teacher, "batch_size: 64", "batch_size: 128", layer="data").findings()
    assert_found(found, teacher, "data", "batch_size is 128", "batch_size: 64")


def test_students_have_their_own_batch_size_where_the_protocol_does_not_leave_it_open() -> None:
    own = of("table1", "kd", **{"batch_size.student": 32})
    assert own.findings() == ()
    kd = "generated/cifar10/resnet26-resnet14/kd/stage2_train.prototxt"
    found = own.edited(kd, "batch_size: 32", "batch_size: 128", layer="data").findings()
    assert_found(found, kd, "data", "batch_size is 128", "batch_size: 32")


def test_a_net_to_deploy_takes_the_data_set_s_images() -> None:
    file = "generated/cifar100/resnet14/plain/deploy.prototxt"
    found = hints().edited(file, "dim: 1 dim: 3 dim: 32 dim: 32", "dim: 1 dim: 3 dim: 28 dim: 28").findings()
    assert [(f.file, f.layer) for f in found] == [(file, "data")]
    assert_found(found, file, "data", "3, 28, 28", "N, 3, 32, 32")


def test_two_sources_of_images() -> None:
    text = hints().files[G1]
    more = 'layer { name: "more" type: "Input" top: "more" input_param { shape { dim: 1 } } }\n'
    found = hints().with_file(G1, text + more).findings()
    assert_found(found, G1, None, "'data' (Data), 'more' (Input)", "Write one Data layer")


@pytest.mark.parametrize("blob", ["data", "label"])
def test_images_and_labels_reach_every_layer_as_they_are(blob: str) -> None:
    text = hints().files[TEST]
    data = layer_text(text, "data")
    change = f'layer {{ name: "change" type: "Power" bottom: "{blob}" top: "{blob}" power_param {{ shift: 1 }} }}\n'
    found = hints().with_file(TEST, text.replace(data, data + change)).findings()
    assert [(f.file, f.layer) for f in found] == [(TEST, "change")]
    assert_found(found, TEST, "change", f"it writes '{blob}'", "a name of its own")
