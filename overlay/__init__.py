"""From sources to a bitstream: block design and build by Vivado, or by open tools; what they report."""
