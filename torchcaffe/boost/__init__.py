"""Boost 1.74's random numbers: the generator and its distributions in float32, number for number and draw for draw.

Caffe's fillers draw through `boost::uniform_real`, `boost::normal_distribution` and
`boost::bernoulli_distribution`. To start a net from the numbers that Caffe would start it from, the values
must agree, and also the count of raw draws that each one takes, since the next blob is filled from where the
last one stopped. Boost changed its normal distribution in 1.56 (from Box-Muller to the ziggurat algorithm): a
Caffe built with an older Boost draws other gaussians from the same seed.
"""

from torchcaffe.boost.bernoulli import bernoulli
from torchcaffe.boost.mt19937 import Rng, RngState
from torchcaffe.boost.normal import normal
from torchcaffe.boost.uniform import Floats, uniform_real

__all__ = ["Floats", "Rng", "RngState", "bernoulli", "normal", "uniform_real"]
