"""The same nets, run faster: fused layers and a memory layout that suits convolutions.

`compile_net` turns a built net into a `Program` over the net's own blobs and params. The plain path in
`layer_types/` is its reference: every fusion has a test that compares it with the plain layers.
"""

from torchcaffe.fast.compile import compile_net
from torchcaffe.fast.program import Program

__all__ = ["Program", "compile_net"]
