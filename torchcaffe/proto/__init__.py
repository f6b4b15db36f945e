"""Caffe's file formats: messages (`caffe_pb2`), prototxt (`text`), binary files (`binary`)."""

from torchcaffe.proto import caffe_pb2

__all__ = ["caffe_pb2"]
