"""HLS: C++ kernels, the generated top, C simulation with g++ and the Vitis HLS project."""
