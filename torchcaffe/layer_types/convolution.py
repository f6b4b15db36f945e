"""Convolution: learned filters slid over the spatial axes."""

from torchcaffe.layer_types.shared.base_convolution import BaseConvolutionLayer


class ConvolutionLayer(BaseConvolutionLayer):
    """y[n, o, i] = b[o] + sum over k, c of w[o, c, k] x[n, c, i stride + k dilation - pad], c in o's group.

    Bottoms (N, C, H, W) give tops (N, num_output, H', W'), as many as bottoms, with the same filters. One or
    three spatial axes work likewise. Params: w (num_output, C / group, kernel_h, kernel_w) and, unless
    `bias_term: false`, b (num_output). Source: Caffe 1.0, `src/caffe/layers/conv_layer.cpp`.
    """

    transposed = False
