"""Arrays of blobs: what either side writes, the other sees, however long an array is held."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import torchcaffe as caffe
from torchcaffe.pycaffe import arrays

# y = 2 x, z = y + 1 in place of y's copy, loss = sum(z).
NET = """force_backward: true
layer { type: "Input" name: "in" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { type: "Power" name: "double" bottom: "x" top: "y" power_param { scale: 2 } }
layer { type: "Power" name: "shift" bottom: "y" top: "z" power_param { shift: 1 } }
"""
# Both bottoms of a sum get one and the same diff.
SUM = """force_backward: true
layer { type: "Input" name: "in" top: "a" top: "b" input_param { shape { dim: 2 dim: 3 } } }
layer { type: "Eltwise" name: "sum" bottom: "a" bottom: "b" top: "c" }
"""
# c = w x with w = 3, then c = 5 c in place: the gradient of the 5 needs what c was before.
IN_PLACE = """force_backward: true
layer { type: "Input" name: "in" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { type: "Scale" name: "three" bottom: "x" top: "c" scale_param { filler { value: 3 } axis: 0 num_axes: 0 } }
layer { type: "Scale" name: "five" bottom: "c" top: "c" scale_param { filler { value: 5 } axis: 0 num_axes: 0 } }
"""
SOLVER_NET = """
layer { name: "one" type: "DummyData" top: "one" dummy_data_param { shape { dim: 1 } data_filler { value: 1 } } }
layer { name: "w" type: "Parameter" top: "w" parameter_param { shape { dim: 1 } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "w" bottom: "one" top: "loss" }
"""

Build = Callable[..., caffe.Net]
X = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture
def solver(tmp_path: Path, memory: None) -> caffe.SGDSolver:
    """Moves w from 0 by half of 1 - w in each iteration."""
    (tmp_path / "net.prototxt").write_text(SOLVER_NET)
    (tmp_path / "solver.prototxt").write_text(
        f'net: "{tmp_path}/net.prototxt" test_iter: 1 test_interval: 10 base_lr: 0.5 lr_policy: "fixed" max_iter: 3 '
        "snapshot_after_train: false test_initialization: false"
    )
    return caffe.SGDSolver(str(tmp_path / "solver.prototxt"))


def test_arrays_that_are_held_show_what_later_passes_write(net_of: Build, memory: None) -> None:
    net = net_of(NET)
    x, y, z = (net.blobs[name].data for name in "xyz")
    row, flat = net.blobs["z"].data[1], net.blobs["z"].data.reshape(-1)
    for factor in (1, 2, -3):
        x[...] = factor * X
        net.forward()
        np.testing.assert_array_equal(y, 2 * factor * X)
        np.testing.assert_array_equal(z, 2 * factor * X + 1)
        np.testing.assert_array_equal(row, z[1])
        np.testing.assert_array_equal(flat, z.ravel())
    assert net.blobs["z"].data is z, "one array for one blob, while it is held"


def test_results_of_forward_are_the_blobs_own_arrays(net_of: Build, memory: None) -> None:
    net = net_of(NET)
    first = net.forward(x=X)["z"]
    second = net.forward(x=3 * X)["z"]
    np.testing.assert_array_equal(first, 6 * X + 1)
    assert second is first


def test_what_is_written_reaches_the_net(net_of: Build, memory: None) -> None:
    net = net_of(NET)
    net.blobs["x"].data[...] = X
    net.forward()
    net.blobs["y"].data[0, 1] = 100
    np.testing.assert_array_equal(net.forward(start="shift")["z"].ravel(), [1, 101, 5, 7, 9, 11])
    y = net.blobs["y"].data
    y[1] = -1
    np.testing.assert_array_equal(net.forward(start="shift")["z"].ravel(), [1, 101, 5, 0, 0, 0])
    y[1] = np.nan
    assert np.isnan(net.forward(start="shift")["z"][1]).all()
    y[1] = -0.0
    net.forward(start="shift")
    assert np.signbit(net._net.blob("y").data[1].cpu().numpy()).all(), "bits count, not values"


def test_diffs_that_are_held(net_of: Build, memory: None) -> None:
    net = net_of(NET)
    net.forward(x=X)
    dx, dz = net.blobs["x"].diff, net.blobs["z"].diff
    for factor in (1, 5):
        dz[...] = factor
        net.backward()
        np.testing.assert_array_equal(dx, np.full((2, 3), 2 * factor))


def test_a_diff_that_is_written_is_no_other_blobs(net_of: Build, memory: None) -> None:
    net = net_of(SUM)
    net.forward(a=X, b=X)
    net.backward(c=X)
    held = net.blobs["b"].diff
    net.blobs["a"].diff[...] = 7
    net.forward()
    np.testing.assert_array_equal(held, X)
    np.testing.assert_array_equal(net.blobs["b"].diff, X)
    np.testing.assert_array_equal(net.blobs["a"].diff, np.full((2, 3), 7))


def test_what_layers_keep_for_backward_is_left_alone(net_of: Build, memory: None) -> None:
    """Gradient of the 5: the sum of its bottom, 3 x, though the array of c is held from before it ran."""
    net = net_of(IN_PLACE)
    held = []
    net.after_forward(lambda i: held.append(net.blobs["c"].data) if i == 1 else None)
    for factor in (1, 2):
        net.forward(x=factor * X)
        np.testing.assert_array_equal(held[0], 15 * factor * X)
        net.clear_param_diffs()
        net.backward(c=np.ones((2, 3)))
        assert float(net.params["five"][0].diff) == 3 * factor * X.sum()


def test_callbacks_see_and_change_values_midway(net_of: Build, memory: None) -> None:
    net = net_of(NET)
    y, seen = net.blobs["y"].data, []

    def change(layer: int) -> None:
        if layer == 1:
            seen.append(y.copy())
            y[0] = 50
            net.blobs["y"].data[1, 2] = 60

    net.after_forward(change)
    for factor in (1, 2):
        out = net.forward(x=factor * X)["z"]
        np.testing.assert_array_equal(seen[-1], 2 * factor * X)
        np.testing.assert_array_equal(out.ravel(), [51, 51, 51, 6 * factor + 1, 8 * factor + 1, 61])
    net.before_backward(lambda layer: net.blobs["y"].diff.fill(4) if layer == 1 else None)
    np.testing.assert_array_equal(net.backward(z=np.ones((2, 3)))["x"], np.full((2, 3), 8))


def test_an_array_of_another_shape_than_the_blob_is_let_go(net_of: Build, memory: None) -> None:
    net = net_of(NET)
    old = net.forward(x=X)["z"]
    net.blobs["x"].reshape(4, 1)
    net.forward(x=np.ones((4, 1)))
    assert net.blobs["z"].data.tolist() == [[3]] * 4
    np.testing.assert_array_equal(old, 2 * X + 1)


def test_nothing_is_remembered_of_arrays_that_are_gone(net_of: Build, memory: None) -> None:
    net = net_of(NET)
    own = {id(blob) for blob in net._net.blobs}

    def remembered() -> list[str]:
        net.reshape()  # What was handed out last has been read then, in case it was written.
        return [half for blob, half in arrays._held if blob in own]

    held = net.blobs["y"].data
    for blob in net.blobs.values():
        blob.data[...] += 1
        blob.diff[...] += 1
    net.forward()
    assert remembered() == ["data"]
    del held
    assert remembered() == []


def test_params_that_are_held_follow_the_solver(solver: caffe.SGDSolver) -> None:
    """w: 0, 0.5, 0.75; then 0.25 is written: 0.625. The diff is what the last update took off."""
    w, diff = solver.net.params["w"][0].data, solver.net.params["w"][0].diff
    solver.step(2)
    assert (w.tolist(), diff.tolist()) == ([0.75], [-0.25])
    w[0] = 0.25
    solver.step(1)
    assert (w.tolist(), diff.tolist()) == ([0.625], [-0.375])
    solver.net.params["w"][0].diff[0] = 0.25
    solver.apply_update()
    assert w.tolist() == [0.5]


def test_solver_callbacks_see_the_gradients_at_hand(solver: caffe.SGDSolver) -> None:
    """Gradient w - 1; doubled, w moves to 1 at once."""
    w, diff, seen = solver.net.params["w"][0].data, solver.net.params["w"][0].diff, []

    def ready() -> None:
        seen.append(diff.tolist())
        diff[...] *= 2

    solver.add_callback(lambda: seen.append(w.tolist()), ready)
    solver.step(2)
    assert seen == [[0], [-1], [1], [0]]
    assert w.tolist() == [1]


def test_shared_params_are_not_undone_by_the_other_nets_array(solver: caffe.SGDSolver) -> None:
    test = solver.test_nets[0]
    solver.share_weights(test)
    mine, its = solver.net.params["w"][0].data, test.params["w"][0].data
    for number, (written, other) in enumerate([(mine, its), (its, mine)]):
        written[0] = 5 + number
        assert test.params["w"][0].data.tolist() == solver.net.params["w"][0].data.tolist() == [5 + number]
        assert float(test.forward()["loss"]) == (4 + number) ** 2 / 2
        assert other.tolist() == [5 + number]


def test_a_file_takes_what_was_written_and_gives_what_is_held(net_of: Build, tmp_path: Path, memory: None) -> None:
    net, file = net_of(IN_PLACE), str(tmp_path / "w.caffemodel")
    held = net.params["three"][0].data
    held[...] = 11
    net.save(file)
    held[...] = 12
    net.copy_from(file)
    assert float(held) == 11
    net.save_hdf5(file + ".h5")
    held[...] = 12
    net.load_hdf5(file + ".h5")
    assert float(held) == 11


def test_a_reshaped_blob_keeps_its_values(net_of: Build, memory: None) -> None:
    """As the real Caffe (brocolli-caffe 9.0.2) does: in their order, up to the most elements that it has had."""
    net = net_of(NET)
    blob = net.blobs["x"]
    data, diff = blob.data, blob.diff
    data[...], diff[...] = X, 10 + X
    for shape, count in (((3, 2), 6), ((2, 2), 4), ((1, 5), 5), ((6,), 6)):
        blob.reshape(*shape)
        assert blob.data.shape == shape
        np.testing.assert_array_equal(blob.data.ravel(), np.arange(count))
        np.testing.assert_array_equal(blob.diff.ravel(), 10 + np.arange(count))
    blob.reshape(2, 2)
    blob.data[...] = -1
    blob.reshape(2, 3)
    np.testing.assert_array_equal(blob.data, [[-1, -1, -1], [-1, 4, 5]])
    np.testing.assert_array_equal(net.forward()["z"], 2 * blob.data + 1)
    blob.reshape(4, 2)
    assert not blob.data.any()


def test_a_reshaped_param_keeps_its_values_and_those_who_share_it(net_of: Build, memory: None) -> None:
    nets = [net_of(IN_PLACE), net_of(IN_PLACE)]
    nets[1].share_with(nets[0])
    param = nets[0].params["three"][0]
    param.reshape(1, 1)
    np.testing.assert_array_equal(param.data, [[3]])
    nets[0].params["three"][0].data[...] = 4
    assert nets[1].params["three"][0].data == 4
