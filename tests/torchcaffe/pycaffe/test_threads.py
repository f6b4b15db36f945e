"""Nets in several threads: each gives what it gives alone, and nobody waits for ever."""

import threading
from collections.abc import Callable

import numpy as np

import torchcaffe as caffe

Build = Callable[..., caffe.Net]

NET = """force_backward: true
layer { type: "Input" name: "in" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { type: "Power" name: "double" bottom: "x" top: "y" power_param { scale: 2 } }
layer { type: "Power" name: "shift" bottom: "y" top: "z" power_param { shift: 1 } }
"""
X = np.arange(6, dtype=np.float32).reshape(2, 3)
LONG = 30  # Seconds in which whatever does not wait for ever is done.


def beside(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_what_is_written_while_another_net_runs_is_kept(net_of: Build, memory: None) -> None:
    """The core's own hook stands for another thread, which writes while the first net is in the midst of its run."""
    mine, other = net_of(NET), net_of(NET)
    x, y, dy = other.blobs["x"].data, other.blobs["y"].data, other.blobs["z"].diff
    x[0] = X[0]

    def write(layer: int) -> None:
        if layer == 1:
            x[1], y[...], dy[...] = X[1], 7, 3

    mine._net.after_forward.append(write)
    mine.forward(x=X)
    np.testing.assert_array_equal(y, np.full((2, 3), 7))
    np.testing.assert_array_equal(other.forward()["z"], 2 * X + 1)
    np.testing.assert_array_equal(other.backward()["x"], np.full((2, 3), 6))


def test_what_is_written_after_a_run_and_let_go_of_is_read(net_of: Build, memory: None) -> None:
    """By the next run of its own net, though another net has run in between."""
    mine, other = net_of(NET), net_of(NET)
    for between in (False, True):
        x = mine.blobs["x"].data
        mine.forward()
        if between:
            other.forward()
        x[...] = X + between
        del x
        if between:
            other.forward()
        np.testing.assert_array_equal(mine.forward()["z"], 2 * (X + between) + 1)


def test_two_threads_get_what_each_gets_alone(net_of: Build, memory: None) -> None:
    nets, wrong = [net_of(NET), net_of(NET)], []

    def work(net: caffe.Net, sign: int) -> None:
        x, z = net.blobs["x"].data, net.blobs["z"].data
        for i in range(150):
            for row in range(2):
                x[row] = sign * i * X[row]
            net.forward()
            if not np.array_equal(z, 2 * sign * i * X + 1):
                wrong.append(i)

    threads = [beside(lambda net=net, sign=sign: work(net, sign)) for net, sign in zip(nets, (1, -1), strict=True)]
    for thread in threads:
        thread.join(LONG)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []


def test_an_array_is_taken_after_a_run_and_not_in_its_midst(net_of: Build, memory: None) -> None:
    net, taken = net_of(NET), []
    threads: list[threading.Thread] = []

    def look(layer: int) -> None:
        if layer == 1:
            threads.append(beside(lambda: taken.append(net.blobs["z"].data.copy())))
            threads[0].join(0.2)
            taken.append("still running")

    net._net.after_forward.append(look)
    net.forward(x=X)
    threads[0].join(LONG)
    assert taken[0] == "still running"
    np.testing.assert_array_equal(taken[1], 2 * X + 1)


def test_a_callback_may_wait_for_a_thread_that_runs_a_net(net_of: Build, memory: None) -> None:
    """As in Caffe, where a thread that waits lets go of the GIL."""
    net, other = net_of(NET), net_of(NET)
    y, seen = net.blobs["y"].data, []

    def ask(layer: int) -> None:
        if layer == 1:
            thread = beside(lambda: seen.append(other.forward(x=3 * X)["z"].copy()))
            thread.join(LONG)
            y[0] = 50

    net.after_forward(ask)
    np.testing.assert_array_equal(net.forward(x=X)["z"].ravel(), [51, 51, 51, 7, 9, 11])
    np.testing.assert_array_equal(seen, [6 * X + 1])


def test_a_callback_may_run_a_net_that_has_a_callback(net_of: Build, memory: None) -> None:
    net, other, seen = net_of(NET), net_of(NET), []
    other.before_forward(seen.append)
    net.before_forward(lambda layer: seen.append(other.forward(x=layer * X)["z"].copy()))
    np.testing.assert_array_equal(net.forward(x=X)["z"], 2 * X + 1)
    np.testing.assert_array_equal(seen[3::4], [1 + 0 * X, 2 * X + 1, 4 * X + 1])


def test_an_array_may_go_in_another_thread_while_a_net_runs(net_of: Build, memory: None) -> None:
    """A thread that reads data ahead may be the one that collects it, and the net may be waiting for that thread."""
    net, held = net_of(NET), [net_of(NET).blobs["x"].data]

    def drop(layer: int) -> None:
        thread = beside(held.clear)
        thread.join(LONG)
        assert not thread.is_alive()

    net._net.before_forward.append(drop)
    net.forward(x=X)


def test_what_setup_holds_is_up_to_date_when_the_net_is_built(net_of: Build, module: Callable[[str], str]) -> None:
    """The diff of a top is its loss weight; it is bound after `setup` and `reshape` have run."""
    name = module(
        """
        class Loss(caffe.Layer):
            def setup(self, bottom, top): pass
            def reshape(self, bottom, top):
                top[0].reshape(1)
                self.weight = top[0].diff
            def forward(self, bottom, top): top[0].data[0] = 4
        """
    )
    param = f'python_param {{ module: "{name}" layer: "Loss" }}'
    net = net_of(f'layer {{ type: "Python" name: "p" top: "loss" loss_weight: 3 {param} }}')
    assert net.layers[0].weight.tolist() == [3]
    assert net._forward(0, 0) == 12
