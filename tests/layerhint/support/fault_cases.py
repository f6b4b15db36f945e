"""Wrong uses of Caffe, and what a person is told on each engine.

Each case is a small net and its solver with a mistake in one of them. What the `caffe` command that
`make caffe` builds printed is recorded in tests/cases/caffe_faults/<name>.txt, from the last net that it began on,
without the text of that net.
"""

from dataclasses import dataclass, field
from pathlib import Path

NET = """name: "small"
layer { name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param {
  shape { dim: 3 dim: 2 dim: 5 dim: 4 } shape { dim: 3 } data_filler { type: "gaussian" } data_filler {} } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 5 kernel_size: 3 weight_filler { type: "msra" } } }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
SOLVER = """net: "net.prototxt" base_lr: 0.05 lr_policy: "fixed" max_iter: 2 snapshot_prefix: "s" solver_mode: CPU
"""
LMDB = 'type: "Data" top: "data" top: "label" data_param { source: "gone" backend: LMDB batch_size: 3 } }\n'


@dataclass(frozen=True)
class FaultCase:
    """A mistake: texts of the net and the solver and what they become; the words of the message on the real Caffe, and
    a part of torchcaffe's message."""

    words: str
    torch: str
    net: dict[str, str] = field(default_factory=dict)
    solver: dict[str, str] = field(default_factory=dict)
    weights: str | None = None

    def write(self, folder: Path) -> None:
        """Writes net.prototxt and solver.prototxt into the folder."""
        for name, text, changes in (("net", NET, self.net), ("solver", SOLVER, self.solver)):
            for old, new in changes.items():
                assert text.count(old) == 1, old
                text = text.replace(old, new)
            (folder / f"{name}.prototxt").write_text(text, encoding="utf-8")


def _before_ip(layer: str) -> dict[str, str]:
    return {'layer { name: "ip"': f'layer {{ {layer} }}\nlayer {{ name: "ip"'}


_DATA = NET[NET.index('type: "DummyData"') : NET.index('layer { name: "conv"')]

CASES = {
    "unknown_type": FaultCase(
        "layer 'ip' of net.prototxt has the type 'InerProduct', which this Caffe does not know. Did you mean "
        "'InnerProduct'? Correct the type, or take an engine that has it",
        "layer 'ip': there is no layer type 'InerProduct'. Did you mean 'InnerProduct'?",
        net={'"InnerProduct"': '"InerProduct"'},
    ),
    "misspelt_key": FaultCase(
        "line 7 of net.prototxt: 'num_outptu' is no field of InnerProductParameter. Did you mean 'num_output'? Correct "
        "it there; if Caffe 1.0 has the field, docs/real-caffe.md tells whether this source does",
        'net.prototxt:7:25: unknown field "num_outptu" in InnerProductParameter; did you mean "num_output"?',
        net={"num_output: 4": "num_outptu: 4"},
    ),
    "misspelt_solver_key": FaultCase(
        "line 1 of solver.prototxt: 'base_rl' is no field of SolverParameter. Did you mean 'base_lr'? Correct it "
        "there; if Caffe 1.0 has the field, docs/real-caffe.md tells whether this source does",
        'unknown field "base_rl" in SolverParameter; did you mean "base_lr"?',
        solver={"base_lr": "base_rl"},
    ),
    "syntax": FaultCase(
        "net.prototxt cannot be understood at line 1, column 13. Correct it there",
        "net.prototxt:1:7: string missing ending quote",
        net={'"small"': '"small'},
    ),
    "eltwise_shapes": FaultCase(
        "layer 'sum' of net.prototxt has bottoms of different shapes, 3 5 3 2 (90) and 3 2 5 4 (120). Give it bottoms "
        "of one shape: look at num_output, stride and pad of the layers that make them",
        "layer 'sum' (Eltwise): its bottoms must have one shape",
        net=_before_ip('name: "sum" type: "Eltwise" bottom: "conv" bottom: "data" top: "sum"'),
    ),
    "scale_shapes": FaultCase(
        "layer 'scale' of net.prototxt has two bottoms whose shapes do not fit. Give it a second bottom that has the "
        "shape of the first from its `axis` on",
        "layer 'scale' (Scale): a blob of shape 3 (3) does not fit its bottom of shape 3 5 3 2 (90) from axis 1 on",
        net=_before_ip('name: "scale" type: "Scale" bottom: "conv" bottom: "label" top: "scale"'),
    ),
    "concat_shapes": FaultCase(
        "layer 'cat' of net.prototxt cannot join its bottoms, since they differ along another axis than the one it "
        "joins. Give it bottoms of one shape but for that axis",
        "layer 'cat' (Concat): along axis 1 it cannot join",
        net=_before_ip('name: "cat" type: "Concat" bottom: "conv" bottom: "data" top: "cat"'),
    ),
    "missing_bottom": FaultCase(
        "layer 'ip' of net.prototxt has the bottom 'cnov', which no layer before it makes. Correct the name, the order "
        "of the layers, or their phase",
        "layer 'ip' (InnerProduct): no layer before it makes its bottom 'cnov'",
        net={'bottom: "conv"': 'bottom: "cnov"'},
    ),
    "bottom_count": FaultCase(
        "layer 'loss' of net.prototxt has 1 bottom(s), where its type takes 2. Add or remove a bottom",
        "layer 'loss' (SoftmaxWithLoss): it takes exactly 2 bottom blob(s), but the prototxt gives 1",
        net={' bottom: "label"': ""},
    ),
    "label_count": FaultCase(
        "layer 'loss' of net.prototxt has bottoms that do not fit each other. Give it as many labels, or values to "
        "compare with, as predictions",
        "layer 'loss' (SoftmaxWithLoss): its bottoms 'ip' and 'label' have shapes 3 4 (12) and 2 (2)",
        net={"shape { dim: 3 } data": "shape { dim: 2 } data"},
    ),
    "kernel_too_large": FaultCase(
        "layer 'conv' of net.prototxt would make a blob of a negative size. Take a smaller kernel, or a larger pad",
        "layer 'conv' (Convolution): its kernel and pad make a bottom of shape 3 2 5 4 (120) a top of size",
        net={"kernel_size: 3": "kernel_size: 9"},
    ),
    "unknown_filler": FaultCase(
        "layer 'ip' of net.prototxt has the filler 'xavierr', which this Caffe does not know. Take constant, gaussian, "
        "uniform, xavier, msra, bilinear or positive_unitball",
        "layer 'ip' (InnerProduct): filler type 'xavierr' is unknown; known are",
        net={'"xavier"': '"xavierr"'},
    ),
    "too_many_params": FaultCase(
        "layer 'ip' of net.prototxt has more `param` blocks than params. Remove the last of them",
        "layer 'ip' (InnerProduct): 3 param specs, but it has 2 params",
        net={'name: "ip"': 'name: "ip" param {} param {} param {}'},
    ),
    "missing_lmdb": FaultCase(
        "layer 'data' of net.prototxt reads a database that is not there. Make it with tools/make_data.py, or correct "
        "the layer's source",
        "layer 'data' (Data): there is no database 'gone'",
        net={_DATA: LMDB},
    ),
    "foreign_weights": FaultCase(
        "param 0 of layer 'ip' has the shape 4 30 (120) in the caffemodel, but 6 30 (180) in this net. Give the "
        "weights of a net with the same layers, or rename the layer to start it from its filler",
        "param 0 of layer 'ip' has the shape 4 30 (120) there, but 6 30 (180) in this net",
        net={"num_output: 4": "num_output: 6"},
        weights="made.caffemodel",
    ),
    "other_param_count": FaultCase(
        "layer 'ip' has another number of params in the caffemodel than in this net. Give the weights of a net with "
        "the same layers, or rename the layer to start it from its filler",
        "layer 'ip' has 2 param(s) [4 30 (120), 4 (4)] there, but 1 [4 30 (120)] in this net",
        net={"num_output: 4": "num_output: 4 bias_term: false"},
        weights="made.caffemodel",
    ),
    "missing_weights": FaultCase(
        "there is no file gone.caffemodel. Make it, or correct its name; a relative path counts from where the command "
        "is started",
        "gone.caffemodel: there is no such file",
        weights="gone.caffemodel",
    ),
    "missing_net": FaultCase(
        "there is no file gone.prototxt. Make it, or correct its name; a relative path counts from where the command "
        "is started",
        "cannot read gone.prototxt: no such file",
        solver={"net.prototxt": "gone.prototxt"},
    ),
    "snapshot_folder": FaultCase(
        "a snapshot cannot be written. Create the folder of snapshot_prefix, make it writable, or free space on its "
        "disk",
        "snapshots cannot be written to snapshot_prefix 'absent/s'",
        solver={'"s"': '"absent/s"'},
    ),
    "not_in_the_table": FaultCase(
        "Caffe refuses layer 'conv' of net.prototxt",
        "layer 'conv' (Convolution): its convolution_param needs a num_output of at least 1",
        net={"num_output: 5 ": ""},
    ),
}
