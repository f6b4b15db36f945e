"""DataTransformer: Caffe's results and draws (goldens: tests/cases/rng/README.md), and a reference written
out per pixel.
"""

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format

from torchcaffe.boost import Rng
from torchcaffe.data.transformer import DataTransformer, Draws
from torchcaffe.errors import DataError, ProtoError
from torchcaffe.proto.binary import array_to_blob, write_binary
from torchcaffe.proto.caffe_pb2 import TEST, TRAIN, Phase, TransformationParameter
from torchcaffe.rng import caffe_rng_rand, set_random_seed

CASES = json.loads((Path(__file__).parents[2] / "cases" / "rng" / "transform.json").read_text())


def transformer(text: str = "", phase: int = TRAIN, seed: int | None = None) -> DataTransformer:
    made = DataTransformer(text_format.Parse(text, TransformationParameter()), phase, "layer 'data'")
    if seed is not None:
        made.init_rand(lambda: seed)
    return made


def images(count: int = 4, channels: int = 3, height: int = 6, width: int = 5) -> np.ndarray:
    """Element k of item i is (37 k + 101 i + 11) mod 256, as in draw_goldens.cpp."""
    k = np.arange(channels * height * width)
    items = (37 * k + 101 * np.arange(count)[:, None] + 11) % 256
    return items.astype(np.uint8).reshape(count, channels, height, width)


@pytest.fixture
def mean_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The goldens' mean file, (1, 3, 6, 5), under the name that their parameters use."""
    monkeypatch.chdir(tmp_path)
    mean = np.float32(100) + np.arange(90, dtype=np.float32) / np.float32(7)
    write_binary(tmp_path / "mean.binaryproto", array_to_blob(mean.reshape(1, 3, 6, 5)))
    return tmp_path / "mean.binaryproto"


@pytest.mark.usefixtures("mean_path")
@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case['phase']} {case['param']}{' floats' if case['floats'] else ''}"
)
def test_batches_are_those_of_caffe(case: dict) -> None:
    batch = images().astype(np.float32) / 8 - 7 if case["floats"] else images()
    set_random_seed(case["seed"])
    made = transformer(case["param"], Phase.Value(case["phase"]))
    made.init_rand()
    values = made.transform(batch)
    assert values.dtype == np.float32
    assert list(values.shape) == case["shape"]
    assert values.ravel()[:9].tolist() == np.array(case["first"], dtype=np.float32).tolist()
    assert values.ravel()[-6:].tolist() == np.array(case["last"], dtype=np.float32).tolist()
    assert zlib.crc32(values) == case["crc32"]
    assert caffe_rng_rand() == case["next_global_raw"]


def test_each_image_draws_mirror_then_row_then_column() -> None:
    draws = transformer("mirror: true crop_size: 4", seed=9).draw(50, 6, 5)
    raw = Rng(9).raw(150).reshape(50, 3).astype(int)
    assert draws.mirror.tolist() == (raw[:, 0] % 2 == 1).tolist()
    assert draws.h_off.tolist() == (raw[:, 1] % 3).tolist()
    assert draws.w_off.tolist() == (raw[:, 2] % 2).tolist()


def test_what_is_not_asked_for_is_not_drawn() -> None:
    crops = transformer("crop_size: 4", seed=9).draw(50, 6, 5)
    raw = Rng(9).raw(100).reshape(50, 2).astype(int)
    assert not crops.mirror.any()
    assert crops.h_off.tolist() == (raw[:, 0] % 3).tolist()
    assert crops.w_off.tolist() == (raw[:, 1] % 2).tolist()
    mirrors = transformer("mirror: true crop_size: 3", TEST, seed=9).draw(50, 6, 5)
    assert mirrors.mirror.tolist() == (Rng(9).raw(50) % 2 == 1).tolist()
    # The centre, rounded towards the first row and column: (6 - 3) / 2 and (5 - 3) / 2.
    assert set(mirrors.h_off.tolist()) == {1}
    assert set(mirrors.w_off.tolist()) == {1}


def test_a_crop_of_the_whole_image_draws_all_the_same() -> None:
    made = transformer("crop_size: 5", seed=9)
    made.transform(images(7, 2, 5, 5))
    generator = Rng(9)
    generator.raw(14)
    assert made.state == generator.state


@pytest.mark.parametrize(
    ("text", "phase", "needs"),
    [
        ("", TRAIN, False),
        ("crop_size: 4", TEST, False),
        ("crop_size: 4", TRAIN, True),
        ("mirror: true", TRAIN, True),
        ("mirror: true", TEST, True),
    ],
)
def test_a_seed_is_taken_from_the_global_generator_only_where_draws_are_needed(
    text: str, phase: int, needs: bool
) -> None:
    set_random_seed(1701)
    made = transformer(text, phase)
    made.init_rand()
    assert made.needs_rand == needs
    assert made.state == (Rng(384112814).state if needs else None)  # raw.json, seed 1701
    assert caffe_rng_rand() == (2227967492 if needs else 384112814)


def per_pixel(batch: np.ndarray, draws: Draws, mean: np.ndarray, scale: np.float32, size: int) -> np.ndarray:
    """The definition, pixel by pixel."""
    out = np.empty((*batch.shape[:2], size, size), dtype=np.float32)
    for n, c, h, w in np.ndindex(out.shape):
        row, column = draws.h_off[n] + h, draws.w_off[n] + w
        target = size - 1 - w if draws.mirror[n] else w
        out[n, c, h, target] = (np.float32(batch[n, c, row, column]) - mean[c, row, column]) * scale
    return out


def test_mean_is_cropped_with_the_image_and_the_mirror_comes_last(mean_path: Path) -> None:
    made = transformer(f"mirror: true crop_size: 4 scale: 0.3 mean_file: '{mean_path}'")
    draws = Draws(np.array([True, False, True]), np.array([0, 2, 1]), np.array([1, 0, 1]))
    mean = np.float32(100) + np.arange(90, dtype=np.float32).reshape(3, 6, 5) / np.float32(7)
    values = made.apply(images(3), draws)
    assert np.array_equal(values, per_pixel(images(3), draws, mean, np.float32(0.3), 4))


def test_mean_values_are_subtracted_before_scaling() -> None:
    batch = np.array([[[[10, 20]], [[30, 40]]]], dtype=np.uint8)
    assert transformer("mean_value: 4 scale: 0.5").transform(batch).tolist() == [[[[3, 8]], [[13, 18]]]]
    two = transformer("mean_value: 4 mean_value: 50 scale: 0.5").transform(batch)
    assert two.tolist() == [[[[3, 8]], [[-10, -5]]]]


def test_batches_continue_one_stream_and_resume_in_it() -> None:
    text = "mirror: true crop_size: 4"
    whole = transformer(text, seed=4).transform(images(9))
    made = transformer(text, seed=4)
    first = made.transform(images(9)[:5])
    saved = json.loads(json.dumps(made.state))
    resumed = transformer(text)
    resumed.state = saved
    assert np.array_equal(np.concatenate([first, resumed.transform(images(9)[5:])]), whole)


@pytest.mark.parametrize("text", ["", "scale: 2", "crop_size: 4", "mirror: true", "mean_value: 7 mirror: true"])
def test_result_can_go_into_a_buffer_and_the_images_stay(text: str) -> None:
    batch = images()
    expected = transformer(text, seed=3).transform(batch)
    out = np.full(expected.shape, np.nan, dtype=np.float32)
    assert transformer(text, seed=3).transform(batch, out) is out
    assert np.array_equal(out, expected)
    assert np.array_equal(batch, images())
    with pytest.raises(ValueError, match="float32"):
        transformer(text, seed=3).transform(batch, out.astype(np.float64))  # type: ignore[arg-type]


def test_mean_blobs_of_any_age_and_type_are_read(tmp_path: Path) -> None:
    mean = np.arange(12, dtype=np.float64).reshape(1, 3, 2, 2)
    old = array_to_blob(mean.astype(np.float32))
    old.ClearField("shape")
    old.num, old.channels, old.height, old.width = 1, 3, 2, 2
    for blob in (old, array_to_blob(mean)):
        write_binary(tmp_path / "mean", blob)
        read = transformer(f"mean_file: '{tmp_path / 'mean'}'").mean
        assert read is not None
        assert read.dtype == np.float32
        assert np.array_equal(read, mean[0])


def test_of_several_means_in_a_file_the_first_one_counts(tmp_path: Path) -> None:
    means = np.arange(36, dtype=np.float32).reshape(3, 3, 2, 2)
    write_binary(tmp_path / "mean", array_to_blob(means))
    read = transformer(f"mean_file: '{tmp_path / 'mean'}'").mean
    assert read is not None
    assert np.array_equal(read, means[0])


@pytest.mark.parametrize(
    ("text", "shape", "message"),
    [
        ("crop_size: 6", (3, 6, 5), "layer 'data': crop_size 6 does not fit into an image of 3 x 6 x 5"),
        ("mean_file: 'mean.binaryproto'", (3, 5, 6), r"mean\.binaryproto is 3 x 6 x 5, but the images are 3 x 5 x 6"),
        ("mean_file: 'mean.binaryproto'", (1, 6, 5), "is 3 x 6 x 5, but the images are 1 x 6 x 5"),
        ("mean_value: 1 mean_value: 2", (3, 6, 5), "2 mean values for images of 3 channels; give one mean_value, or 3"),
        ("", (3, 0, 5), "holds no pixel"),
    ],
)
@pytest.mark.usefixtures("mean_path")
def test_images_that_do_not_fit_are_refused_before_anything_is_drawn(
    text: str, shape: tuple[int, int, int], message: str
) -> None:
    made = transformer(f"mirror: true {text}", seed=3)
    with pytest.raises(DataError, match=message):
        made.transform(np.zeros((2, *shape), dtype=np.uint8))
    assert made.state == Rng(3).state


@pytest.mark.usefixtures("mean_path")
def test_mean_files_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="mean_file and mean_value cannot be given together"):
        transformer("mean_file: 'mean.binaryproto' mean_value: 3")
    with pytest.raises(ProtoError, match=r"absent\.binaryproto"):
        transformer("mean_file: 'absent.binaryproto'")
    write_binary(tmp_path / "flat", array_to_blob(np.zeros((1, 1, 3, 6, 5), dtype=np.float32)))
    with pytest.raises(DataError, match=r"shape \(1, 1, 3, 6, 5\)"):
        transformer(f"mean_file: '{tmp_path / 'flat'}'")


def test_a_saved_state_must_suit_the_transformer() -> None:
    with pytest.raises(DataError, match="has a random state, but mirror and crop_size need none"):
        transformer().state = Rng(0).state
    with pytest.raises(DataError, match="has no random state, but mirror and crop_size need one"):
        transformer("mirror: true").state = None
    plain = transformer()
    plain.state = None
    assert plain.state is None


def test_a_random_transform_needs_a_seed() -> None:
    with pytest.raises(RuntimeError, match="init_rand"):
        transformer("mirror: true").transform(images())
