"""A stand-in for the `caffe` command, for tests of the driver: it trains nothing, but leaves what Caffe leaves.

A caffemodel with the train net's layers, each with a few numbers; Caffe's log lines; snapshots; the reactions to
SIGINT. `FAKE_CAFFE` in the environment makes it fail, wait, move a frozen blob, or lose the
loss of a plain student or of the first KD student.
"""

import os
import signal
import sys
import time
from pathlib import Path

from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import read_net, read_solver

PARAMS = {"Convolution": 1, "InnerProduct": 2, "BatchNorm": 3, "Scale": 2}
STAMP = "I1123 09:18:05.827247 31165 solver.cpp:239] "
stopped = False


def stop(*_: object) -> None:
    global stopped
    stopped = True


def flag(name: str) -> str | None:
    return sys.argv[sys.argv.index(f"-{name}") + 1] if f"-{name}" in sys.argv else None


def net_model(net: Path, weights: Path | None) -> caffe_pb2.NetParameter:
    known = {}
    if weights is not None:
        model = caffe_pb2.NetParameter.FromString(weights.read_bytes())
        known = {layer.name: layer for layer in model.layer}
    made = caffe_pb2.NetParameter()
    for layer in read_net(net).layer:
        count = PARAMS.get(layer.type, 0)
        target = made.layer.add(name=layer.name, type=layer.type)
        for i in range(count):
            blob = target.blobs.add()
            blob.shape.dim.append(1)
            old = known[layer.name].blobs[i].data if layer.name in known else [len(layer.name) + i / 8]
            learns = i >= len(layer.param) or layer.param[i].lr_mult != 0
            blob.data.append(old[0] + (0.5 if learns else 0))
    return made


def save(model: caffe_pb2.NetParameter, prefix: str, iteration: int) -> None:
    Path(f"{prefix}_iter_{iteration}.caffemodel").write_bytes(model.SerializeToString())
    Path(f"{prefix}_iter_{iteration}.solverstate").write_bytes(
        caffe_pb2.SolverState(iter=iteration, learned_net=f"{prefix}_iter_{iteration}.caffemodel").SerializeToString()
    )
    print(f"{STAMP}Snapshotting solver state to binary proto file {prefix}_iter_{iteration}.solverstate", flush=True)


def train() -> int:
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    solver = read_solver(flag("solver") or "")
    behaviour = os.environ.get("FAKE_CAFFE", "")
    if behaviour == "fail":
        print("error: layer 'conv1' (Convolution): out of imagination", file=sys.stderr)
        return 1
    weights, snapshot = flag("weights"), flag("snapshot")
    weights = str(Path(snapshot).with_suffix(".caffemodel")) if snapshot else weights
    start = caffe_pb2.SolverState.FromString(Path(snapshot).read_bytes()).iter if snapshot else 0
    print(f"{STAMP}torchcaffe 9.9 (PyTorch 0, cpu, float32, 2 threads)")
    print(f"{STAMP}Starting Optimization")
    model = net_model(Path(solver.train_net), Path(weights) if weights else None)
    if behaviour == "move" and solver.train_net.endswith("stage2_train.prototxt"):
        next(la for la in model.layer if la.name == "teacher/conv1/bn").blobs[1].data[0] += 1e-5
    for iteration in range(start, solver.max_iter):
        loss = 10 / (iteration + 1)
        lost = {"nan": "resnet8/plain/", "nan-kd": "kd/net1"}.get(behaviour)
        if lost and lost in solver.snapshot_prefix and iteration > 10:
            loss = float("nan")
        print(f"{STAMP}Iteration {iteration} (9 iter/s, 1s/1 iters), loss = {loss}", flush=True)
        if behaviour == "nan-kd":
            time.sleep(0.1)
        while behaviour == "wait" and iteration == start + 3 and not stopped:
            time.sleep(0.02)
        if stopped:
            save(model, solver.snapshot_prefix, iteration + 1)
            print(f"{STAMP}Optimization stopped early.\n{STAMP}Optimization Done.")
            return 0
        if solver.snapshot and (iteration + 1) % solver.snapshot == 0:
            save(model, solver.snapshot_prefix, iteration + 1)
    save(model, solver.snapshot_prefix, solver.max_iter)
    if solver.test_net:
        print(f"{STAMP}Iteration {solver.max_iter}, Testing net (#0)")
        print(f"{STAMP}    Test net output #0: accuracy = 0.625")
    print(f"{STAMP}Optimization Done.")
    return 0


def test() -> int:
    print(f"{STAMP}accuracy = 0.375", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(train() if sys.argv[1] == "train" else test())
