"""What the chip is: units, NetSpec, the golden integer model, packets, registers. NumPy only."""
