"""Exercises a real pycaffe from top to bottom. Run as a script, in a process of its own, by probe.py.

Usage: `python pycaffe_probe.py WEIGHTS` in a folder that the script may write to; WEIGHTS is a caffemodel
with a BatchNorm layer named `bn`. Prints one line of JSON on success; any fault ends it with a traceback.
"""

import json
import sys
from pathlib import Path

import numpy as np

NET = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "y" type: "InnerProduct" bottom: "x" top: "y"
        inner_product_param { num_output: 4 weight_filler { type: "constant" value: 2 } } }
layer { name: "loss" type: "Reduction" bottom: "y" top: "loss" loss_weight: 1 }
"""
SOLVER = 'net: "probe_net.prototxt" base_lr: 0.5 lr_policy: "fixed" solver_mode: CPU snapshot_prefix: "probe"\n'


def main(weights: str) -> None:
    import caffe
    from caffe import layers as L  # noqa: N812 - the name that every pycaffe script uses
    from caffe.proto import caffe_pb2

    Path("probe_net.prototxt").write_text(NET, encoding="utf-8")
    Path("probe_solver.prototxt").write_text(SOLVER, encoding="utf-8")
    caffe.set_mode_cpu()
    solver = caffe.SGDSolver("probe_solver.prototxt")
    net = solver.net
    net.blobs["x"].data[...] = np.arange(6, dtype=np.float32).reshape(2, 3)
    # every weight is 2: y[n, :] = 2 sum(x[n]); the loss is the sum of all: 4 (6 + 24) = 120
    expect("forward", float(net.forward()["loss"]), 120.0)
    net.backward()
    # d loss / d W[o, i] = sum_n x[n, i] = 3, 5, 7
    expect("backward", net.params["y"][0].diff.tolist(), [[3.0, 5.0, 7.0]] * 4)
    net.clear_param_diffs()
    solver.step(1)
    # W = 2 - 0.5 (3, 5, 7)
    expect("SGDSolver.step", net.params["y"][0].data[0].tolist(), [0.5, -0.5, -1.5])
    net.save("probe.caffemodel")
    saved = caffe_pb2.NetParameter.FromString(Path("probe.caffemodel").read_bytes())
    expect("Net.save", list(saved.layer[1].blobs[0].data[:3]), [0.5, -0.5, -1.5])
    spec = caffe.NetSpec()
    spec.data = L.Input(shape={"dim": [2, 3]})
    expect("NetSpec", spec.to_proto().layer[0].input_param.shape[0].dim, [2, 3])
    datum = caffe.io.array_to_datum(np.arange(24, dtype=np.uint8).reshape(2, 3, 4), label=1)
    expect("io", caffe.io.datum_to_array(datum).shape, (2, 3, 4))

    trained = caffe.Net("batchnorm.prototxt", weights, caffe.TEST)
    print(
        json.dumps(
            {
                "layer_types": sorted(caffe.layer_type_list()),
                "batchnorm_factor": float(trained.params["bn"][2].data[0]),
            }
        )
    )


def expect(what: str, got: object, wanted: object) -> None:
    """Ends the probe where the two differ; all values here are exact in float32."""
    if got != wanted:
        raise SystemExit(f"pycaffe: {what} gave {got}, expected {wanted}")


if __name__ == "__main__":
    main(sys.argv[1])
