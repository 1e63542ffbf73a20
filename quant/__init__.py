"""Quantisation in two halves: a float network to model.onnx (Brevitas), and model.onnx to NetSpec."""

import logging
import warnings

MODEL = "model.onnx"  # what the first leaves and the second reads

ACT_BITS = 8  # input words, depthwise and ReLU outputs

# Brevitas says at its import that a package is missing which only its Hadamard rotations would use.
warnings.filterwarnings("ignore", message="fast_hadamard_transform package not found")

# Brevitas imports torch's builder of extensions, which says so where a CUDA toolkit is installed and no GPU is there.
logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
