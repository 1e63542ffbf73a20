"""Data, network, training and evaluation. What comes after model.onnx imports only what needs no PyTorch of it."""
