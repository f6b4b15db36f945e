"""Classifiers and detectors, on nets whose scores are known by hand."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

import torchcaffe as caffe
from torchcaffe.errors import CaffeError, NetError

# The scores of an image are the means of its three channels.
NET = """
layer { name: "in" type: "Input" top: "image" input_param { shape { dim: 4 dim: 3 dim: 5 dim: 5 } } }
layer { name: "mean" type: "Pooling" bottom: "image" top: "mean" pooling_param { pool: AVE global_pooling: true } }
layer { name: "scores" type: "InnerProduct" bottom: "mean" top: "scores" inner_product_param { num_output: 3 } }
"""
Files = tuple[str, str]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    model, weights = tmp_path / "net.prototxt", tmp_path / "net.caffemodel"
    model.write_text(NET)
    net = caffe.Net(str(model), caffe.TEST)
    net.params["scores"][0].data[...] = np.eye(3)
    net.save(str(weights))
    return str(model), str(weights)


def image(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(size=(*shape, 3)).astype(np.float32)


class TestClassifier:
    def test_images_are_resized_to_the_input(self, files: Files) -> None:
        """An image of one colour stays one, whatever its size; more images than the batch has."""
        colors = np.random.default_rng(0).uniform(size=(6, 3)).astype(np.float32)
        images = [np.tile(color, (7 + i, 9, 1)) for i, color in enumerate(colors)]
        predicted = caffe.Classifier(*files).predict(images, oversample=False)
        np.testing.assert_allclose(
            predicted, [caffe.io.resize_image(x, (5, 5)).mean((0, 1)) for x in images], rtol=1e-5
        )

    def test_the_middle_is_cropped(self, files: Files) -> None:
        classifier = caffe.Classifier(*files, image_dims=(8, 11))
        x = image(1, 8, 11)
        np.testing.assert_allclose(classifier.predict([x], oversample=False), [x[1:6, 3:8].mean((0, 1))], rtol=1e-5)

    def test_ten_crops_are_averaged(self, files: Files) -> None:
        """Mirror images have the same means, so five crops tell."""
        classifier = caffe.Classifier(*files, image_dims=(8, 11))
        images = [image(1, 8, 11), image(2, 8, 11)]
        crops = [
            [x[y : y + 5, z : z + 5].mean((0, 1)) for y, z in [(0, 0), (0, 6), (3, 0), (3, 6), (1, 3)]] for x in images
        ]
        np.testing.assert_allclose(classifier.predict(images), np.mean(crops, 1), rtol=1e-5)

    def test_preprocessing(self, files: Files) -> None:
        """BGR, times 255, less the mean of B, G and R, times a half."""
        mean = np.array([10, 20, 30])
        classifier = caffe.Classifier(*files, None, mean, 0.5, 255, (2, 1, 0))
        x = image(3, 5, 5)
        expected = (255 * x.mean((0, 1))[::-1] - mean) / 2
        np.testing.assert_allclose(classifier.predict([x], False), [expected], rtol=1e-4)

    def test_a_net_without_input_is_refused(self, files: Files, tmp_path: Path) -> None:
        (tmp_path / "none.prototxt").write_text(
            'layer { name: "mean" type: "DummyData" top: "x" dummy_data_param { shape { dim: 1 } } }'
        )
        with pytest.raises(NetError, match="has no input"):
            caffe.Classifier(tmp_path / "none.prototxt", files[1])


@pytest.fixture
def png(tmp_path: Path) -> tuple[str, np.ndarray]:
    """A file of 12 x 10 pixels, and its values as they are read."""
    pixels = np.random.default_rng(4).integers(0, 256, (12, 10, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "x.png")
    return str(tmp_path / "x.png"), pixels.astype(np.float32) / 255


class TestDetector:
    def test_windows_are_cropped_and_warped(self, files: Files, png: tuple[str, np.ndarray]) -> None:
        """A window of the input's own size is only cut out."""
        name, pixels = png
        windows = [np.array(w) for w in [(0, 0, 5, 5), (7, 5, 12, 10), (1, 2, 11, 9), (3, 0, 4, 10), (2, 3, 7, 8)]]
        found = caffe.Detector(*files).detect_windows(iter([(name, windows[:2]), (name, windows[2:])]))
        assert [entry["filename"] for entry in found] == [name] * 5
        for entry, window in zip(found, windows, strict=True):
            y, x, y_end, x_end = window
            assert entry["window"] is window
            warped = caffe.io.resize_image(pixels[y:y_end, x:x_end], (5, 5))
            np.testing.assert_allclose(entry["prediction"], warped.mean((0, 1)), rtol=1e-5)
        assert caffe.Detector(*files).detect_windows([(name, [])]) == []

    def test_context_is_shown_around_a_window(self, files: Files) -> None:
        """Pad 1 of 5 makes a window 5/3 as wide. Caffe counts 4 to 7 as 4 pixels around 6: 2 2/3 to 9 1/3."""
        detector = caffe.Detector(*files, context_pad=1)
        x = image(5, 12, 10)
        expected = caffe.io.resize_image(x[3:9, 3:9], (5, 5))
        np.testing.assert_allclose(detector.crop(x, (4, 4, 7, 7)), expected, atol=1e-6)

    def test_the_mean_stands_where_the_image_ends(self, files: Files) -> None:
        """Window 0 to 2 and one pixel around it: the first row and column lie outside."""
        mean = np.array([10.0, 20, 30])
        detector = caffe.Detector(*files, mean=mean, raw_scale=255, channel_swap=(2, 1, 0), context_pad=1)
        crop = detector.crop(image(5, 12, 10), (0, 0, 3, 3))
        np.testing.assert_allclose(crop[0], np.tile(mean[::-1] / 255, (5, 1)), rtol=1e-5)
        np.testing.assert_allclose(crop[:, 0], np.tile(mean[::-1] / 255, (5, 1)), rtol=1e-5)
        assert abs(crop[1:, 1:] - mean[::-1] / 255).min() > 0
        np.testing.assert_allclose(detector.transformer.preprocess("image", crop)[:, 0], 0, atol=1e-5)

    def test_without_a_mean_nothing_stands_there(self, files: Files) -> None:
        crop = caffe.Detector(*files, context_pad=1).crop(image(5, 12, 10), (9, 7, 12, 10))
        assert not crop[-1].any()
        assert not crop[:, -1].any()
        assert crop[:-1, :-1].all()

    def test_a_context_that_leaves_nothing_is_refused(self, files: Files) -> None:
        with pytest.raises(CaffeError, match="context_pad is 3 for inputs of 5 x 5"):
            caffe.Detector(*files, context_pad=3)

    def test_selective_search_is_anothers_work(
        self, files: Files, png: tuple[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        detector = caffe.Detector(*files)
        with pytest.raises(CaffeError, match=r"needs MATLAB: .* detect_windows"):
            detector.detect_selective_search([png[0]])
        module = ModuleType("selective_search_ijcv_with_python")
        propose: Callable[..., list[list[np.ndarray]]] = lambda names, cmd: [[np.array((1, 2, 6, 7))] for _ in names]  # noqa: E731
        module.get_windows = propose
        monkeypatch.setitem(sys.modules, module.__name__, module)
        (found,) = detector.detect_selective_search([png[0]])
        np.testing.assert_allclose(found["prediction"], png[1][1:6, 2:7].mean((0, 1)), rtol=1e-5)
