"""Names and addresses of the system around the chip: driver, overlay and simulated board have them from here."""

from __future__ import annotations

TOP = "firstspike_top"  # the Verilog module that a block design takes in
VLNV = f"xilinx.com:module_ref:{TOP}:1.0"  # as Vivado calls it there
CHIP_ADDRESS, CHIP_SPAN = 0x43C0_0000, 0x1_0000  # its AXI4-Lite registers, bytes

DMA_VLNV = "xilinx.com:ip:axi_dma:7.1"
DMA_ADDRESS, DMA_SPAN = 0x4040_0000, 0x1_0000
# Of chip and DMA on each family of parts, where its processing system reaches the fabric.
ADDRESSES = {"zynq": (CHIP_ADDRESS, DMA_ADDRESS), "zynqmp": (0xA001_0000, 0xA000_0000)}
FAMILIES = {"armv7l": "zynq", "aarch64": "zynqmp"}  # by what Linux there calls its processor
DMA_ADDRESS_BITS = 10
DMA_LENGTH_BITS = 26  # of its length registers, the most that there is; Vivado's own choice is 14
DMA_LENGTH_PARAMETER = "c_sg_length_width"  # which says so in a .hwh

BOARD_ADDRESS = "192.168.2.99"  # of a PYNQ board that is straight at a computer
LINK_PORT = 4715  # at which firstspike_board.link waits there
