"""Data, network, training and evaluation, in PyTorch; nothing after model.onnx imports this but the split codes."""
