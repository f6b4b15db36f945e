"""The table of a real Caffe's faults: from its own words to what they mean and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A pattern in Caffe's last words, what is wrong in plain words, and the remedy.

    The words may name the pattern's groups, `{where}` (the layer and its net's file) and `{net}` (the file). A group
    `wrong` is a name that Caffe does not know; a group `known` lists those it does, and a group `message` is the
    protobuf message whose field it should have been: the closest name is then proposed.
    """

    pattern: str
    words: str
    remedy: str


_SHAPE = r"[\d ]*\(\d+\)"
_OF_ANOTHER_NET = "Give the weights of a net with the same layers, or rename the layer to start it from its filler"
_CORRECT_NAME = "Make it, or correct its name; a relative path counts from where the command is started"

DEVICES = (
    Fault(
        r"Cannot use GPU in CPU-only Caffe",
        "a GPU is asked of a Caffe that is built for the CPU alone",
        "Leave --device or -gpu out and say solver_mode: CPU, or build one with `python tools/build_caffe.py --cuda`",
    ),
    Fault(
        r"no CUDA-capable device is detected|CUDA driver version is insufficient",
        "a GPU is asked for, and this machine has none that this Caffe's CUDA can use",
        "Say --device cpu, or take a machine where `nvidia-smi` shows a GPU and a driver for this CUDA",
    ),
    Fault(
        r"invalid device ordinal",
        "the GPU that is asked for is not there",
        "Choose one that `nvidia-smi` shows, as in --device cuda:0",
    ),
    Fault(
        r"no kernel image is available",
        "this Caffe is built for another kind of GPU",
        "Build one with `python tools/build_caffe.py --cuda --cuda-architectures N`, where N is the compute capability "
        "that `nvidia-smi --query-gpu=compute_cap --format=csv` shows, without its point",
    ),
    Fault(
        r"cudaSuccess \(2 vs\. 0\)",
        "the GPU's memory is used up",
        "Take a smaller batch_size, or a GPU that nothing else uses",
    ),
    Fault(
        r"std::bad_alloc",
        "the memory is used up",
        "Take a smaller batch_size, or end what else runs here",
    ),
    Fault(
        r"error while loading shared libraries: (?P<library>[^:]+):",
        "{library}, which this Caffe was linked with, is not here any more",
        "Install it again, or build a Caffe anew with tools/build_caffe.py",
    ),
)

FILES = (
    Fault(
        r'(?P<line>\d+):\d+: Message type "caffe\.(?P<message>\w+)" has no field named "(?P<wrong>\w+)"'
        r"(?:.*\n)*.*Failed to parse \w+ file: (?P<file>.+)",
        "line {line} of {file}: '{wrong}' is no field of {message}",
        "Correct it there; if Caffe 1.0 has the field, docs/real-caffe.md tells whether this source does",
    ),
    Fault(
        r"Error parsing text-format \S+ (?P<line>\d+):(?P<column>\d+): "
        r"(?:.*\n)*.*Failed to parse \w+ file: (?P<file>.+)",
        "{file} cannot be understood at line {line}, column {column}",
        "Correct it there",
    ),
    Fault(
        r"Failed to parse NetParameter file: (?P<file>.+)",
        "{file} is no caffemodel, or a damaged one",
        "Make it again",
    ),
    Fault(r"File not found: (?P<file>.+)", "there is no file {file}", _CORRECT_NAME),
    Fault(r"Couldn't open (?P<file>.+)", "{file} cannot be opened", _CORRECT_NAME),
    Fault(
        r"mdb_status == 0 \((?:2|20) vs\. 0\)",
        "{where} reads a database that is not there",
        "Make it with tools/make_data.py, or correct the layer's source",
    ),
    Fault(
        r"mdb_status == 0 \(-?\d+ vs\. 0\)",
        "{where} cannot read its database",
        "Make it again with tools/make_data.py",
    ),
    Fault(
        r"Cannot write to snapshot prefix '(?P<prefix>[^']*)'",
        "no snapshot can be written under the snapshot_prefix '{prefix}'",
        "Create the folder, or make it writable",
    ),
    Fault(
        r"proto\.SerializeToOstream",
        "a snapshot cannot be written",
        "Create the folder of snapshot_prefix, make it writable, or free space on its disk",
    ),
)

WEIGHTS = (
    Fault(
        rf"Cannot copy param (?P<index>\d+) weights from layer '(?P<layer>[^']*)'; shape mismatch\. +"
        rf"Source param shape is (?P<source>{_SHAPE}); target param shape is (?P<target>{_SHAPE})",
        "param {index} of layer '{layer}' has the shape {source} in the caffemodel, but {target} in this net",
        _OF_ANOTHER_NET,
    ),
    Fault(
        r"Incompatible number of blobs for layer (?P<layer>.+)",
        "layer '{layer}' has another number of params in the caffemodel than in this net",
        _OF_ANOTHER_NET,
    ),
    Fault(
        r"Incorrect length of history blobs",
        "the solverstate holds the history of another number of params than this net has",
        "Go on from a solverstate of this net, or start anew",
    ),
)

# Those that the driver renders have passed lint. An edited one meets a real Caffe first in net surgery.
NETS = (
    Fault(
        r"Unknown layer type: (?P<wrong>\S*) \(known types: (?P<known>[^)]*)\)",
        "{where} has the type '{wrong}', which this Caffe does not know",
        "Correct the type, or take an engine that has it",
    ),
    Fault(
        r"Unknown bottom blob '(?P<bottom>[^']*)' \(layer '(?P<layer>[^']*)'",
        "layer '{layer}' of {net} has the bottom '{bottom}', which no layer before it makes",
        "Correct the name, the order of the layers, or their phase",
    ),
    Fault(
        r"Top blob '(?P<top>[^']*)' produced by multiple sources",
        "{where} makes the top '{top}', which an earlier layer makes already",
        "Rename one of them",
    ),
    Fault(
        r"\((?P<wanted>\d+) vs\. (?P<given>\d+)\) .* Layer takes (?:at least |at most )?\d+ (?P<side>bottom|top) blob",
        "{where} has {given} {side}(s), where its type takes {wanted}",
        "Add or remove a {side}",
    ),
    Fault(
        r"Too many params specified for layer (?P<layer>.+)",
        "layer '{layer}' of {net} has more `param` blocks than params",
        "Remove the last of them",
    ),
    Fault(
        rf"bottom\[0\]: (?P<first>{_SHAPE}), bottom\[\d+\]: (?P<other>{_SHAPE})",
        "{where} has bottoms of different shapes, {first} and {other}",
        "Give it bottoms of one shape: look at num_output, stride and pad of the layers that make them",
    ),
    Fault(
        r"dimension mismatch between bottom\[0\]|(?:scale|bias) blob's shape extends past",
        "{where} has two bottoms whose shapes do not fit",
        "Give it a second bottom that has the shape of the first from its `axis` on",
    ),
    Fault(
        r"All inputs must have the same shape, except at concat_axis",
        "{where} cannot join its bottoms, since they differ along another axis than the one it joins",
        "Give it bottoms of one shape but for that axis",
    ),
    Fault(
        r"Inputs must have the same dimension|The data and label should have the same|must match number of predictions",
        "{where} has bottoms that do not fit each other",
        "Give it as many labels, or values to compare with, as predictions",
    ),
    Fault(
        r"shape\[i\] >= 0",
        "{where} would make a blob of a negative size",
        "Take a smaller kernel, or a larger pad",
    ),
    Fault(
        r"blob size exceeds INT_MAX",
        "{where} would make a blob of more values than Caffe can count (2^31 - 1)",
        "Take a smaller batch_size or num_output",
    ),
    Fault(
        r"Unknown filler name: (?P<wrong>\S*)",
        "{where} has the filler '{wrong}', which this Caffe does not know",
        "Take constant, gaussian, uniform, xavier, msra, bilinear or positive_unitball",
    ),
)

FAULTS = (*DEVICES, *FILES, *WEIGHTS, *NETS)
"""In the order in which they are looked for: the first that is found counts."""
