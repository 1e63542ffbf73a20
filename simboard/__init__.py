"""A board that is not there: a device for pynq whose chip is the Verilated RTL, with a model of AXI DMA and memory."""
