"""Every converter: onnxruntime gives what torchcaffe gives, on a batch of another size than the net's own."""

from pathlib import Path

import numpy as np
import pytest
from onnx_nets import exported, input_layer, positive, run_caffe, run_onnx, shapes

from layerhint.export.converters import CONVERTERS

BATCH = 3
IMAGE = (4, 7, 6)
VECTOR = (10,)

# type, the layer's text without name and type, and the shape of one image. Pads and strides differ by axis, and every
# size from every other where a mistake could hide.
ONE_TO_ONE = 'bottom: "x" top: "y" '
CASES: dict[str, tuple[str, str, tuple[int, ...]]] = {
    "abs": ("AbsVal", ONE_TO_ONE, IMAGE),
    "bnll": ("BNLL", ONE_TO_ONE, IMAGE),
    "batch_norm": ("BatchNorm", ONE_TO_ONE + "batch_norm_param { eps: 0.01 }", IMAGE),
    "batch_norm_of_vectors": ("BatchNorm", ONE_TO_ONE, VECTOR),
    "bias": ("Bias", ONE_TO_ONE, IMAGE),
    "bias_two_axes": ("Bias", ONE_TO_ONE + "bias_param { axis: 1 num_axes: 2 }", IMAGE),
    "clip": ("Clip", ONE_TO_ONE + "clip_param { min: -0.25 max: 0.5 }", IMAGE),
    "concat": ("Concat", 'bottom: "x" bottom: "x" top: "y" concat_param { axis: -1 }', IMAGE),
    "concat_old": ("Concat", 'bottom: "x" bottom: "x" top: "y" concat_param { concat_dim: 2 }', IMAGE),
    "convolution": (
        "Convolution",
        ONE_TO_ONE + "convolution_param { num_output: 10 group: 2 kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 1 "
        "pad_h: 1 pad_w: 0 }",
        IMAGE,
    ),
    "convolution_dilated": (
        "Convolution",
        ONE_TO_ONE + "convolution_param { num_output: 5 bias_term: false kernel_size: 2 dilation: 3 pad: 2 stride: 2 }",
        IMAGE,
    ),
    "convolution_of_two": (
        "Convolution",
        'bottom: "x" bottom: "x" top: "y" top: "z" convolution_param { num_output: 5 kernel_size: 3 }',
        IMAGE,
    ),
    "convolution_1d": (
        "Convolution",
        ONE_TO_ONE + "convolution_param { num_output: 3 kernel_size: 2 stride: 2 }",
        (4, 9),
    ),
    "crop": (
        "Crop",
        'bottom: "x" bottom: "small" top: "y" crop_param { axis: 2 offset: 2 offset: 1 }',
        IMAGE,
    ),
    "deconvolution": (
        "Deconvolution",
        ONE_TO_ONE + "convolution_param { num_output: 6 group: 2 kernel_size: 3 kernel_size: 4 stride: 2 pad: 1 }",
        IMAGE,
    ),
    "dropout": ("Dropout", ONE_TO_ONE, IMAGE),
    "elu": ("ELU", ONE_TO_ONE + "elu_param { alpha: 0.7 }", IMAGE),
    "eltwise_sum": ("Eltwise", 'bottom: "x" bottom: "x" bottom: "x" top: "y"', IMAGE),
    "eltwise_coeff": (
        "Eltwise",
        'bottom: "x" bottom: "half" top: "y" eltwise_param { coeff: 1 coeff: -3 }',
        IMAGE,
    ),
    "eltwise_prod": (
        "Eltwise",
        'bottom: "x" bottom: "half" bottom: "x" top: "y" eltwise_param { operation: PROD }',
        IMAGE,
    ),
    "eltwise_max": ("Eltwise", 'bottom: "x" bottom: "half" top: "y" eltwise_param { operation: MAX }', IMAGE),
    "exp": ("Exp", ONE_TO_ONE + "exp_param { base: 2 scale: 0.5 shift: 1.5 }", IMAGE),
    "exp_e": ("Exp", ONE_TO_ONE, IMAGE),
    "flatten": ("Flatten", ONE_TO_ONE, IMAGE),
    "flatten_two_axes": ("Flatten", ONE_TO_ONE + "flatten_param { axis: 2 end_axis: 3 }", IMAGE),
    "inner_product": ("InnerProduct", ONE_TO_ONE + "inner_product_param { num_output: 5 }", IMAGE),
    "inner_product_of_vectors": (
        "InnerProduct",
        ONE_TO_ONE + "inner_product_param { num_output: 5 transpose: true bias_term: false }",
        VECTOR,
    ),
    "inner_product_rows": ("InnerProduct", ONE_TO_ONE + "inner_product_param { num_output: 5 axis: 2 }", IMAGE),
    "inner_product_rows_transposed": (
        "InnerProduct",
        ONE_TO_ONE + "inner_product_param { num_output: 5 axis: -1 transpose: true bias_term: false }",
        IMAGE,
    ),
    "log": ("Log", 'bottom: "half" top: "y" log_param { base: 10 scale: 2 shift: 9 }', IMAGE),
    "log_e": ("Log", 'bottom: "half" top: "y" log_param { shift: 9 }', IMAGE),
    "lrn": ("LRN", ONE_TO_ONE + "lrn_param { local_size: 3 alpha: 0.5 beta: 0.6 k: 2 }", IMAGE),
    "lrn_within": (
        "LRN",
        ONE_TO_ONE + "lrn_param { local_size: 5 alpha: 0.5 beta: 0.6 k: 2 norm_region: WITHIN_CHANNEL }",
        IMAGE,
    ),
    "prelu": ("PReLU", ONE_TO_ONE, IMAGE),
    "prelu_shared": ("PReLU", ONE_TO_ONE + "prelu_param { channel_shared: true }", IMAGE),
    "power": ("Power", 'bottom: "half" top: "y" power_param { power: 2.5 scale: 0.5 shift: 6 }', IMAGE),
    "power_identity": ("Power", ONE_TO_ONE, IMAGE),
    "power_zero": ("Power", ONE_TO_ONE + "power_param { scale: 0 }", IMAGE),
    "power_constant": ("Power", ONE_TO_ONE + "power_param { scale: 0 shift: 1.5 power: 2 }", IMAGE),
    "power_of_zero": ("Power", ONE_TO_ONE + "power_param { power: 0 shift: 3 }", IMAGE),
    "relu": ("ReLU", ONE_TO_ONE, IMAGE),
    "relu_leaky": ("ReLU", ONE_TO_ONE + "relu_param { negative_slope: 0.3 }", IMAGE),
    "reduction_sum": ("Reduction", ONE_TO_ONE + "reduction_param { axis: 2 coeff: 1.5 }", IMAGE),
    "reduction_mean": ("Reduction", ONE_TO_ONE + "reduction_param { axis: 1 operation: MEAN }", IMAGE),
    "reduction_asum": ("Reduction", ONE_TO_ONE + "reduction_param { axis: -1 operation: ASUM }", IMAGE),
    "reduction_sumsq": ("Reduction", ONE_TO_ONE + "reduction_param { axis: 2 operation: SUMSQ }", IMAGE),
    "reshape": ("Reshape", ONE_TO_ONE + "reshape_param { shape { dim: 0 dim: -1 dim: 14 } }", IMAGE),
    "scale": ("Scale", ONE_TO_ONE + "scale_param { bias_term: true }", IMAGE),
    "scale_two_axes": ("Scale", ONE_TO_ONE + "scale_param { axis: 2 num_axes: -1 bias_term: true }", IMAGE),
    "scale_one_number": ("Scale", ONE_TO_ONE + "scale_param { num_axes: 0 }", IMAGE),
    "scale_by_a_bottom": ("Scale", 'bottom: "x" bottom: "gates" top: "y" scale_param { axis: 0 }', IMAGE),
    "bias_by_a_bottom": ("Bias", 'bottom: "x" bottom: "gates" top: "y" bias_param { axis: 0 }', IMAGE),
    "sigmoid": ("Sigmoid", ONE_TO_ONE, IMAGE),
    "slice": (
        "Slice",
        'bottom: "x" top: "y" top: "z" top: "w" slice_param { axis: 2 slice_point: 1 slice_point: 5 }',
        IMAGE,
    ),
    "slice_evenly": ("Slice", 'bottom: "x" top: "y" top: "z" slice_param { slice_dim: 3 }', IMAGE),
    "softmax": ("Softmax", ONE_TO_ONE, IMAGE),
    "softmax_rows": ("Softmax", ONE_TO_ONE + "softmax_param { axis: -2 }", IMAGE),
    "split": ("Split", 'bottom: "x" top: "y" top: "z"', IMAGE),
    "swish": ("Swish", ONE_TO_ONE + "swish_param { beta: 1.5 }", IMAGE),
    "tanh": ("TanH", ONE_TO_ONE, IMAGE),
    "threshold": ("Threshold", ONE_TO_ONE + "threshold_param { threshold: 0.4 }", IMAGE),
    "tile": ("Tile", ONE_TO_ONE + "tile_param { axis: 2 tiles: 3 }", IMAGE),
}

# In front of the layer: other blobs to read.
OTHERS = {
    "half": 'layer { name: "half" type: "Power" bottom: "x" top: "half" power_param { scale: 0.5 shift: 1 } }\n',
    "small": 'layer { name: "small" type: "Pooling" bottom: "x" top: "small" '
    "pooling_param { pool: MAX kernel_size: 3 stride: 1 } }\n",
    "gates": 'layer { name: "gates" type: "Reduction" bottom: "x" top: "gates" reduction_param { axis: 2 } }\n',
}

# These move values, or take one of them, so that not a bit may differ.
MOVES = {
    "AbsVal",
    "Clip",
    "Concat",
    "Crop",
    "Dropout",
    "Flatten",
    "ReLU",
    "Reshape",
    "Slice",
    "Split",
    "Tile",
    "Threshold",
}


def net_of(kind: str, text: str, image: tuple[int, ...]) -> str:
    before = "".join(other for name, other in OTHERS.items() if f'bottom: "{name}"' in text)
    return input_layer(2, *image) + before + f'layer {{ name: "l" type: "{kind}" {text} }}\n'


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).normal(size=shape).astype(np.float32)


def assert_alike(got: np.ndarray, want: np.ndarray, exact: bool) -> None:
    assert got.shape == want.shape
    if exact:
        np.testing.assert_array_equal(got, want)
    else:
        # Rounding in float32, in sums of at most 168 values.
        np.testing.assert_allclose(got, want, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", CASES)
def test_a_layer_gives_what_torchcaffe_gives(name: str, tmp_path: Path) -> None:
    kind, text, image = CASES[name]
    model = exported(tmp_path, net_of(kind, text, image))
    images = drawn(BATCH, *image)
    got, want = run_onnx(model, images), run_caffe(tmp_path, images)
    assert {"y"} <= set(got)
    for blob, values in got.items():
        assert_alike(values, want[blob], kind in MOVES)


@pytest.mark.parametrize("name", CASES)
def test_the_model_states_the_shapes_that_caffe_has(name: str, tmp_path: Path) -> None:
    kind, text, image = CASES[name]
    stated = shapes(exported(tmp_path, net_of(kind, text, image)))
    blobs = run_caffe(tmp_path, drawn(BATCH, *image))
    tops = [blob for blob in blobs if blob in stated]
    assert {"x", "y"} <= set(tops)
    for blob in tops:
        assert stated[blob] == ("batch", *blobs[blob].shape[1:])


def test_every_converter_is_tested() -> None:
    elsewhere = {"Pooling", "Silence"}
    assert {kind for kind, _, _ in CASES.values()} | elsewhere == set(CONVERTERS)


def test_a_silenced_blob_is_no_output(tmp_path: Path) -> None:
    text = input_layer(2, *VECTOR) + 'layer { name: "s" type: "Slice" bottom: "x" top: "y" top: "z" }\n'
    model = exported(tmp_path, text + 'layer { name: "quiet" type: "Silence" bottom: "z" }\n')
    assert [output.name for output in model.graph.output] == ["y"]


def test_a_constant_does_not_take_over_what_is_not_finite(tmp_path: Path) -> None:
    model = exported(tmp_path, net_of(*CASES["power_zero"]))
    images = drawn(BATCH, *IMAGE)
    images[0, 0, 0, :2] = np.inf, np.nan
    assert not run_onnx(model, images)["y"].any()


def test_batch_norm_divides_its_statistics_by_the_factor(tmp_path: Path) -> None:
    """Caffe stores mean and variance times the third blob: mean 6 / 2, variance 8 / 2 + eps 0."""
    text = (
        input_layer(2, 1, 1) + 'layer { name: "bn" type: "BatchNorm" bottom: "x" top: "y" batch_norm_param { eps: 0 } }'
    )
    values = iter([6.0, 8.0, 2.0])
    model = exported(tmp_path, text, lambda _, shape: np.full(shape, next(values)))
    y = run_onnx(model, np.array([[[7.0]], [[1.0]]], np.float32))["y"]
    np.testing.assert_allclose(y.ravel(), [2.0, -1.0], rtol=1e-6)


def test_batch_norm_without_statistics_takes_them_as_zero(tmp_path: Path) -> None:
    """A factor of 0 stands for none yet: mean 0, variance 0; eps 0.25 makes y = 2 x."""
    text = (
        input_layer(2, 1, 1)
        + 'layer { name: "bn" type: "BatchNorm" bottom: "x" top: "y" batch_norm_param { eps: 0.25 } }'
    )
    values = iter([6.0, 8.0, 0.0])
    model = exported(tmp_path, text, lambda _, shape: np.full(shape, next(values)))
    y = run_onnx(model, np.array([[[7.0]]], np.float32))["y"]
    np.testing.assert_allclose(y.ravel(), [14.0], rtol=1e-6)


def test_params_are_drawn_so_that_a_mix_up_shows() -> None:
    values = positive(np.random.default_rng(5), (20,))
    assert len(set(values.tolist())) == 20
