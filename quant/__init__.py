"""Quantisation: Brevitas and QONNX on one side of NetSpec, the golden integer model on the other."""

import warnings

# Brevitas says at its import that a package is missing which only its Hadamard rotations would use.
warnings.filterwarnings("ignore", message="fast_hadamard_transform package not found")
