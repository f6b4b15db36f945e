"""A trained net as ONNX: converted layer by layer, checked against Caffe, measured beside it."""
