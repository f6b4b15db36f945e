"""The names of `import torchcaffe as caffe`, for type checkers and editors; at run time `lazy.py` loads them."""

from collections.abc import Callable
from typing import Any

from torchcaffe import classifier as classifier
from torchcaffe import coord_map as coord_map
from torchcaffe import detector as detector
from torchcaffe import draw as draw
from torchcaffe import io as io
from torchcaffe import net_spec as net_spec
from torchcaffe import proto as proto
from torchcaffe import pycaffe as pycaffe
from torchcaffe.as_caffe import install_as_caffe as install_as_caffe
from torchcaffe.classifier import Classifier as Classifier
from torchcaffe.detector import Detector as Detector
from torchcaffe.glog import init_log as init_log
from torchcaffe.glog import log as log
from torchcaffe.layer_types import layer_type_list as layer_type_list
from torchcaffe.mode import set_device as set_device
from torchcaffe.mode import set_mode_cpu as set_mode_cpu
from torchcaffe.mode import set_mode_gpu as set_mode_gpu
from torchcaffe.net_spec import NetSpec as NetSpec
from torchcaffe.net_spec import to_proto as to_proto
from torchcaffe.proto import caffe_pb2 as _pb
from torchcaffe.proto.caffe_pb2 import TEST as TEST
from torchcaffe.proto.caffe_pb2 import TRAIN as TRAIN
from torchcaffe.pycaffe.layer import Layer as Layer
from torchcaffe.pycaffe.net import Net as Net
from torchcaffe.pycaffe.parallel import NCCL as NCCL
from torchcaffe.pycaffe.parallel import has_nccl as has_nccl
from torchcaffe.pycaffe.parallel import set_multiprocess as set_multiprocess
from torchcaffe.pycaffe.parallel import set_solver_count as set_solver_count
from torchcaffe.pycaffe.parallel import set_solver_rank as set_solver_rank
from torchcaffe.pycaffe.parallel import solver_count as solver_count
from torchcaffe.pycaffe.parallel import solver_rank as solver_rank
from torchcaffe.pycaffe.solver import AdaDeltaSolver as AdaDeltaSolver
from torchcaffe.pycaffe.solver import AdaGradSolver as AdaGradSolver
from torchcaffe.pycaffe.solver import AdamSolver as AdamSolver
from torchcaffe.pycaffe.solver import NesterovSolver as NesterovSolver
from torchcaffe.pycaffe.solver import RMSPropSolver as RMSPropSolver
from torchcaffe.pycaffe.solver import SGDSolver as SGDSolver
from torchcaffe.pycaffe.solver import get_solver as get_solver
from torchcaffe.pycaffe.timer import Timer as Timer
from torchcaffe.rng import set_random_seed as set_random_seed

__version__: str
torchcaffe_version: str

# From tops and parameters to a top, a tuple of `ntop`, or, of none, a Function.
_LayerFunction = Callable[..., Any]

class _Layers:
    """`layers.<Type>(...)` for every layer type."""

    AbsVal: _LayerFunction
    Accuracy: _LayerFunction
    ArgMax: _LayerFunction
    BNLL: _LayerFunction
    BatchNorm: _LayerFunction
    BatchReindex: _LayerFunction
    Bias: _LayerFunction
    Clip: _LayerFunction
    Concat: _LayerFunction
    ContrastiveLoss: _LayerFunction
    Convolution: _LayerFunction
    Crop: _LayerFunction
    Data: _LayerFunction
    Deconvolution: _LayerFunction
    Dropout: _LayerFunction
    DummyData: _LayerFunction
    ELU: _LayerFunction
    Eltwise: _LayerFunction
    Embed: _LayerFunction
    EuclideanLoss: _LayerFunction
    Exp: _LayerFunction
    Filter: _LayerFunction
    Flatten: _LayerFunction
    HDF5Data: _LayerFunction
    HDF5Output: _LayerFunction
    HingeLoss: _LayerFunction
    Im2col: _LayerFunction
    ImageData: _LayerFunction
    InfogainLoss: _LayerFunction
    InnerProduct: _LayerFunction
    Input: _LayerFunction
    LRN: _LayerFunction
    Log: _LayerFunction
    MVN: _LayerFunction
    MemoryData: _LayerFunction
    MultinomialLogisticLoss: _LayerFunction
    PReLU: _LayerFunction
    Parameter: _LayerFunction
    Pooling: _LayerFunction
    Power: _LayerFunction
    Python: _LayerFunction
    ReLU: _LayerFunction
    Reduction: _LayerFunction
    Reshape: _LayerFunction
    SPP: _LayerFunction
    Scale: _LayerFunction
    Sigmoid: _LayerFunction
    SigmoidCrossEntropyLoss: _LayerFunction
    Silence: _LayerFunction
    Slice: _LayerFunction
    Softmax: _LayerFunction
    SoftmaxWithLoss: _LayerFunction
    Split: _LayerFunction
    Swish: _LayerFunction
    TanH: _LayerFunction
    Threshold: _LayerFunction
    Tile: _LayerFunction

class _Params:
    """`params.<Name>.<CONSTANT>`: the constants of the message `<Name>Parameter`, such as `Pooling.MAX`."""

    Accuracy: type[_pb.AccuracyParameter]
    ArgMax: type[_pb.ArgMaxParameter]
    BatchNorm: type[_pb.BatchNormParameter]
    Bias: type[_pb.BiasParameter]
    Clip: type[_pb.ClipParameter]
    Concat: type[_pb.ConcatParameter]
    ContrastiveLoss: type[_pb.ContrastiveLossParameter]
    Convolution: type[_pb.ConvolutionParameter]
    Crop: type[_pb.CropParameter]
    Data: type[_pb.DataParameter]
    Dropout: type[_pb.DropoutParameter]
    DummyData: type[_pb.DummyDataParameter]
    ELU: type[_pb.ELUParameter]
    Eltwise: type[_pb.EltwiseParameter]
    Embed: type[_pb.EmbedParameter]
    Exp: type[_pb.ExpParameter]
    Filler: type[_pb.FillerParameter]
    Flatten: type[_pb.FlattenParameter]
    HDF5Data: type[_pb.HDF5DataParameter]
    HDF5Output: type[_pb.HDF5OutputParameter]
    HingeLoss: type[_pb.HingeLossParameter]
    ImageData: type[_pb.ImageDataParameter]
    InfogainLoss: type[_pb.InfogainLossParameter]
    InnerProduct: type[_pb.InnerProductParameter]
    Input: type[_pb.InputParameter]
    LRN: type[_pb.LRNParameter]
    Log: type[_pb.LogParameter]
    Loss: type[_pb.LossParameter]
    MVN: type[_pb.MVNParameter]
    MemoryData: type[_pb.MemoryDataParameter]
    Net: type[_pb.NetParameter]
    PReLU: type[_pb.PReLUParameter]
    Parameter: type[_pb.ParameterParameter]
    Pooling: type[_pb.PoolingParameter]
    Power: type[_pb.PowerParameter]
    Python: type[_pb.PythonParameter]
    ReLU: type[_pb.ReLUParameter]
    Recurrent: type[_pb.RecurrentParameter]
    Reduction: type[_pb.ReductionParameter]
    Reshape: type[_pb.ReshapeParameter]
    SPP: type[_pb.SPPParameter]
    Scale: type[_pb.ScaleParameter]
    Sigmoid: type[_pb.SigmoidParameter]
    Slice: type[_pb.SliceParameter]
    Softmax: type[_pb.SoftmaxParameter]
    Solver: type[_pb.SolverParameter]
    Swish: type[_pb.SwishParameter]
    TanH: type[_pb.TanHParameter]
    Threshold: type[_pb.ThresholdParameter]
    Tile: type[_pb.TileParameter]
    Transformation: type[_pb.TransformationParameter]
    WindowData: type[_pb.WindowDataParameter]

layers: _Layers
params: _Params
