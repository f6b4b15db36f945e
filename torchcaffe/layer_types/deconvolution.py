"""Deconvolution: learned filters laid down at every place, their overlaps summed."""

from torchcaffe.layer_types.shared.base_convolution import BaseConvolutionLayer


class DeconvolutionLayer(BaseConvolutionLayer):
    """y[n, o, j] = b[o] + sum of w[c, o, k] x[n, c, i] over all i and k with i stride + k dilation - pad = j.

    c runs over the channels of o's group. This is the gradient of a Convolution with the same filters, not its
    inverse. Bottoms (N, C, H, W) give tops (N, num_output, H', W'), as many as bottoms, with the same filters,
    where H' = stride (H - 1) + dilation (kernel - 1) + 1 - 2 pad. One or three spatial axes work likewise.
    Params: w (C, num_output / group, kernel_h, kernel_w) and, unless `bias_term: false`, b (num_output).
    Source: Caffe 1.0, `src/caffe/layers/deconv_layer.cpp`.
    """

    transposed = True
