"""Speed, measured side by side: a real Caffe, plain PyTorch, torchcaffe's plain layers and its fast path."""
