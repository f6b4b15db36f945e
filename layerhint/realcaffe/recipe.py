"""The recipe of the real Caffe: source, edits and options, and the hash that names its prefix."""

import hashlib
import json
import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path

from layerhint.realcaffe.edits import Edit, Removal

# Caffe 1.0's layers and interface, with layers added by others; the only Caffe source on PyPI
PROJECT = "brocolli-caffe"
VERSION = "9.0.2"
ARCHIVE = f"{PROJECT}-{VERSION}.tar.gz"
SHA256 = "c6410cc60bdd6db685d441b66be7df05410f8850ac88d6b75d48ef9b2315c08a"
CMAKE_LISTS = Path(__file__).with_name("CMakeLists.txt")
CUDA_CMAKE = Path(__file__).with_name("cuda.cmake")

_GENERATED = "made from caffe.proto by an older protoc; generated anew at build time"
_SIX = (
    "from types import SimpleNamespace\n"
    "six = SimpleNamespace(iteritems=lambda d: iter(d.items()),\n"
    "                      itervalues=lambda d: iter(d.values()), next=next)\n"
)
_SIX_REASON = "Python 3 needs no six, which nothing else here installs"
_SKIMAGE = "skimage and scipy are imported where an image file is read or resized, not by `import caffe`"
_NET_LOG = (
    "the log tells, as Caffe 1.0's does, which layers a net is made of and which weights it passes over, so that a "
    "fault can be laid to its layer"
)

CHANGES: tuple[Edit | Removal, ...] = (
    Removal("include/caffe/proto/caffe.pb.h", _GENERATED),
    Removal("src/caffe/proto/caffe.pb.cc", _GENERATED),
    Removal("python/caffe/proto/caffe_pb2.py", _GENERATED),
    Edit(
        "src/caffe/net.cpp",
        '#include "caffe/test/test_caffe_main.hpp"\n',
        "",
        "the library needs no header of its own tests, which wants GoogleTest",
    ),
    Edit(
        "tools/caffe.cpp",
        "    solver->Restore(FLAGS_snapshot.c_str());\n  }\n",
        "    solver->Restore(FLAGS_snapshot.c_str());\n"
        "  } else if (FLAGS_weights.size()) {\n"
        "    vector<string> sources;\n"
        '    boost::split(sources, FLAGS_weights, boost::is_any_of(","));\n'
        "    for (string& source : sources) {\n"
        "      boost::trim(source);\n"
        '      LOG(INFO) << "Finetuning from " << source;\n'
        "      solver->net()->CopyTrainedLayersFrom(source);\n"
        "      for (auto& test_net : solver->test_nets()) {\n"
        "        test_net->CopyTrainedLayersFrom(source);\n"
        "      }\n"
        "    }\n"
        "  }\n",
        "`caffe train -weights` was accepted and ignored; Caffe 1.0 starts from those weights",
    ),
    Edit(
        "src/caffe/util/upgrade_proto.cpp",
        "      net_param->mutable_layer(i)->clear_param();\n",
        "      for (ParamSpec& spec : *net_param->mutable_layer(i)->mutable_param()) {\n"
        "        spec.set_lr_mult(0);\n"
        "        spec.set_decay_mult(0);\n"
        "      }\n",
        "the upgrade of a BatchNorm with three param specs dropped them, so that weight decay ate the "
        "statistics; Caffe 1.0 keeps them with both multipliers 0",
    ),
    Edit(
        "src/caffe/layers/batch_norm_layer.cpp",
        "                this->blobs_[i]->mutable_cpu_data());\n    }\n  }\n}\n",
        "                this->blobs_[i]->mutable_cpu_data());\n    }\n  }\n"
        "  for (int i = 0; i < this->blobs_.size(); ++i) {\n"
        "    if (i == this->layer_param_.param_size()) {\n"
        "      this->layer_param_.add_param()->set_lr_mult(0);\n"
        "    }\n"
        "    CHECK_EQ(this->layer_param_.param(i).lr_mult(), 0)\n"
        '        << "BatchNorm keeps statistics in its blobs: their lr_mult must be 0.";\n'
        "  }\n"
        "}\n",
        "BatchNorm's statistics are no parameters: as in Caffe 1.0 their lr_mult is 0, whatever the "
        "prototxt leaves out",
    ),
    Edit(
        "src/caffe/layers/eltwise_layer.cpp",
        "  // for (int i = 1; i < bottom.size(); ++i) {\n"
        "  //   CHECK(bottom[i]->shape() == bottom[0]->shape());\n"
        "  // }\n",
        "  for (int i = 1; i < bottom.size(); ++i) {\n"
        "    CHECK(bottom[i]->shape() == bottom[0]->shape())\n"
        '        << "bottom[0]: " << bottom[0]->shape_string() << ", bottom[" << i << "]: "\n'
        "        << bottom[i]->shape_string();\n"
        "  }\n",
        "Eltwise took bottoms of different shapes and read past the end of the smaller; Caffe 1.0 refuses them",
    ),
    Edit(
        "src/caffe/layers/scale_layer.cpp",
        "  // for (int i = 0; i < scale->num_axes(); ++i) {\n"
        "  //   CHECK_EQ(bottom[0]->shape(axis_ + i), scale->shape(i))\n"
        '  //       << "dimension mismatch between bottom[0]->shape(" << axis_ + i\n'
        '  //       << ") and scale->shape(" << i << ")";\n'
        "  // }\n",
        "  for (int i = 0; i < scale->num_axes(); ++i) {\n"
        "    CHECK_EQ(bottom[0]->shape(axis_ + i), scale->shape(i))\n"
        '        << "dimension mismatch between bottom[0]->shape(" << axis_ + i\n'
        '        << ") and scale->shape(" << i << ")";\n'
        "  }\n",
        "Scale took a scale of another shape and read past its end; Caffe 1.0 refuses it",
    ),
    Edit("include/caffe/layer_factory.hpp", "DLOG(INFO)", "LOG(INFO)", _NET_LOG),
    Edit("src/caffe/net.cpp", "DLOG_IF(INFO", "LOG_IF(INFO", _NET_LOG, count=22),
    Edit("src/caffe/net.cpp", "DLOG(INFO) << layer_names_", "LOG(INFO) << layer_names_", _NET_LOG, count=2),
    Edit("src/caffe/net.cpp", "DLOG(INFO) << layer_param->", "LOG(INFO) << layer_param->", _NET_LOG),
    Edit("src/caffe/net.cpp", 'DLOG(INFO) << "Ignoring', 'LOG(INFO) << "Ignoring', _NET_LOG, count=2),
    Edit("python/caffe/pycaffe.py", "import six\n", _SIX, _SIX_REASON),
    Edit("python/caffe/net_spec.py", "import six\n", _SIX, _SIX_REASON),
    Edit("python/caffe/io.py", "import skimage.io\nfrom scipy.ndimage import zoom\n", "", _SKIMAGE),
    Edit(
        "python/caffe/io.py",
        "datum.data = arr.tostring()",
        "datum.data = arr.tobytes()",
        "numpy 2.3 removed tostring",
    ),
    Edit(
        "python/caffe/io.py",
        "np.fromstring(datum.data, dtype=np.uint8)",
        "np.frombuffer(bytearray(datum.data), dtype=np.uint8)",
        "numpy's fromstring no longer reads bytes; a bytearray keeps the array writable",
    ),
    Edit(
        "python/caffe/io.py",
        "    img = skimage.img_as_float(skimage.io.imread(filename, as_grey=not color)).astype(np.float32)\n",
        "    import skimage\n"
        "    import skimage.io\n"
        "    img = skimage.img_as_float(skimage.io.imread(filename, as_gray=not color)).astype(np.float32)\n",
        f"{_SKIMAGE}; skimage's argument is now called as_gray",
    ),
    Edit(
        "python/caffe/io.py",
        "    if im.shape[-1] == 1 or im.shape[-1] == 3:\n        im_min, im_max = im.min(), im.max()\n",
        "    from scipy.ndimage import zoom\n"
        "    if im.shape[-1] == 1 or im.shape[-1] == 3:\n"
        "        from skimage.transform import resize\n"
        "        im_min, im_max = im.min(), im.max()\n",
        f"{_SKIMAGE}; resize was used and never imported",
    ),
)

_DEVICE_PROPERTY = "CUDA 13 removed this field of cudaDeviceProp"
CUDA_CHANGES: tuple[Edit | Removal, ...] = (
    Edit(
        "src/caffe/common.cpp",
        '  LOG(INFO) << "Clock rate:                    " << prop.clockRate;\n',
        "",
        _DEVICE_PROPERTY,
    ),
    Edit("src/caffe/common.cpp", '(prop.deviceOverlap ? "Yes" : "No")', '"unknown"', _DEVICE_PROPERTY),
    Edit(
        "src/caffe/common.cpp",
        '(prop.kernelExecTimeoutEnabled ? "Yes" : "No")',
        '"unknown"',
        _DEVICE_PROPERTY,
    ),
)


@dataclass(frozen=True)
class Options:
    """What a person can choose about a build."""

    cuda: bool = False
    cuda_architectures: str = "90"


def changes(options: Options) -> tuple[Edit | Removal, ...]:
    """The changes to the source tree for these options, in order."""
    return CHANGES + CUDA_CHANGES if options.cuda else CHANGES


def recipe_hash(options: Options) -> str:
    """12 hex digits that change with the source, an edit, the CMake files, an option or the Python ABI.

    What concerns CUDA alone changes the hash of CUDA builds alone.
    """
    files = (CMAKE_LISTS, CUDA_CMAKE) if options.cuda else (CMAKE_LISTS,)
    ingredients = {
        "source": SHA256,
        "changes": [asdict(change) for change in changes(options)],
        "cmake": [file.read_text(encoding="utf-8") for file in files],
        "options": asdict(options) if options.cuda else {"cuda": False},
        "python": sysconfig.get_config_var("SOABI"),
    }
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()[:12]
