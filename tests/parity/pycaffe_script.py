"""A script for pycaffe that holds arrays, as scripts do: `python pycaffe_script.py MODULE FOLDER`.

MODULE is caffe or torchcaffe. What it sees goes to FOLDER/MODULE.npz. It is written as for Caffe, but for the import.
"""

import sys
from importlib import import_module
from pathlib import Path

import numpy as np

NET = """
name: "net" force_backward: true
layer { name: "in" type: "Input" top: "x" top: "t"
        input_param { shape { dim: 4 dim: 3 dim: 6 dim: 5 } shape { dim: 4 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 5 kernel_size: 3 } }
layer { name: "py" type: "Python" bottom: "c" top: "p"
        python_param { module: "python_layer" layer: "ScaledSum" param_str: "3" } }
layer { name: "relu" type: "ReLU" bottom: "p" top: "p" }
layer { name: "ip" type: "InnerProduct" bottom: "p" top: "ip" inner_product_param { num_output: 7 } }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "t" top: "loss" loss_weight: 2 }
"""
SOLVER = """
net: "@net@" base_lr: 0.01 lr_policy: "step" gamma: 0.1 stepsize: 4 momentum: 0.9 max_iter: 9 snapshot_prefix: "@s@"
"""
HELD = ("x", "c", "p", "ip", "prob", "loss")


def main(module: str, folder: Path) -> None:
    caffe = import_module(module)
    caffe.set_mode_cpu()
    results: dict[str, np.ndarray] = {}
    file = folder / f"{module}.prototxt"
    file.write_text(NET)
    net = caffe.Net(str(file), caffe.TEST)
    _passes(net, results)
    _parts(net, results)
    _files(caffe, net, folder / module, results)
    _solver(caffe, file, folder / module, results)
    _batches(caffe, file, results)
    np.savez(folder / f"{module}.npz", **results)


def _passes(net: object, results: dict) -> None:
    """Arrays that are taken before anything ran, and read after every pass."""
    draw = np.random.RandomState(0)
    data = {name: net.blobs[name].data for name in HELD}
    diff = {name: net.blobs[name].diff for name in HELD}
    params = {name: [blob.data for blob in blobs] for name, blobs in net.params.items()}
    grads = {name: [blob.diff for blob in blobs] for name, blobs in net.params.items()}
    for i in range(3):
        for arrays in params.values():
            for array in arrays:
                array[...] = 0.2 * draw.randn(*array.shape)
        data["x"][...] = draw.randn(4, 3, 6, 5)
        net.blobs["t"].data[...] = draw.randint(7, size=4)
        out = net.forward(blobs=["c"])
        back = net.backward(diffs=["ip"])
        results |= {f"out {i} {name}": array.copy() for name, array in {**out, **back}.items()}
        results |= {f"data {i} {name}": array.copy() for name, array in data.items()}
        results |= {f"diff {i} {name}": array.copy() for name, array in diff.items()}
        for name, arrays in grads.items():
            results |= {f"grad {i} {name} {j}": array.copy() for j, array in enumerate(arrays)}


def _parts(net: object, results: dict) -> None:
    """Parts of the net, from values that the script has written; then other shapes."""
    draw = np.random.RandomState(1)
    net.blobs["ip"].data[...] = draw.randn(4, 7)
    results |= {f"part {name}": array.copy() for name, array in net.forward(start="prob", end="prob").items()}
    net.blobs["p"].data[0] = 1
    results |= {f"part {name}": array.copy() for name, array in net.forward(start="ip").items()}
    net.blobs["loss"].diff[...] = 5
    results |= {f"part {name}": array.copy() for name, array in net.backward(start="loss", end="ip").items()}
    net.blobs["x"].reshape(2, 3, 6, 5)
    net.blobs["t"].reshape(2)
    net.reshape()
    net.blobs["x"].data[...] = draw.randn(2, 3, 6, 5)
    net.blobs["t"].data[...] = [3, 6]
    net.forward()
    results |= {f"reshaped {name}": net.blobs[name].data.copy() for name in HELD}


def _files(caffe: object, net: object, place: Path, results: dict) -> None:
    net.save(f"{place}.caffemodel")
    other = caffe.Net(f"{place}.prototxt", f"{place}.caffemodel", caffe.TEST)
    results["loaded"] = other.params["py"][0].data.copy()
    other.share_with(net)
    held = net.params["conv"][0].data
    held[...] = 0.5
    results["shared"] = other.params["conv"][0].data.copy()


def _solver(caffe: object, net_file: Path, place: Path, results: dict) -> None:
    solver_file = place.with_suffix(".solver.prototxt")
    solver_file.write_text(SOLVER.replace("@net@", str(net_file)).replace("@s@", str(place)))
    solver = caffe.get_solver(str(solver_file))
    draw = np.random.RandomState(2)
    for blobs in solver.net.params.values():
        for blob in blobs:
            blob.data[...] = 0.2 * draw.randn(*blob.data.shape)
    solver.net.blobs["x"].data[...] = draw.randn(4, 3, 6, 5)
    solver.net.blobs["t"].data[...] = [1, 2, 3, 4]
    weights, loss = solver.net.params["ip"][0].data, solver.net.blobs["loss"].data
    for i in range(6):
        solver.step(1)
        results |= {f"weights {i}": weights.copy(), f"loss {i}": loss.copy()}
    solver.snapshot()
    weights[...] = 0
    solver.restore(f"{place}_iter_6.solverstate")
    solver.step(2)
    results |= {"weights restored": weights.copy(), "iterations": np.array(solver.iter)}


def _batches(caffe: object, file: Path, results: dict) -> None:
    """More items than a batch has, through a net without a loss."""
    text = NET.replace(' top: "t"', "").replace(" shape { dim: 4 } }", " }")
    file.write_text("\n".join(line for line in text.splitlines() if '"loss"' not in line))
    net = caffe.Net(str(file), caffe.TEST)
    draw = np.random.RandomState(3)
    for blobs in net.params.values():
        for blob in blobs:
            blob.data[...] = 0.2 * draw.randn(*blob.data.shape)
    x, dy = draw.randn(7, 3, 6, 5), draw.randn(7, 7)
    results |= {f"all {name}": array for name, array in net.forward_all(blobs=["c"], x=x).items()}
    values, diffs = net.forward_backward_all(x=x, prob=dy)
    results |= {f"all values {name}": array for name, array in values.items()}
    results |= {f"all diffs {name}": array for name, array in diffs.items()}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
