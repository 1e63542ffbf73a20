"""Quantisation in two halves: a float network to model.onnx (Brevitas), and model.onnx to NetSpec."""

import warnings

MODEL = "model.onnx"  # what the first leaves and the second reads

ACT_BITS = 8  # input words, depthwise and ReLU outputs

# Brevitas says at its import that a package is missing which only its Hadamard rotations would use.
warnings.filterwarnings("ignore", message="fast_hadamard_transform package not found")
