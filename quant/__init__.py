"""Quantisation: Brevitas and QONNX on one side of NetSpec, the golden integer model on the other."""
