"""The hardware handoff (.hwh) of the simulated system, as much of Vivado's as pynq reads: parts and addresses."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from firstspike_board import places

PS, GP0 = "processing_system7_0", "M_AXI_GP0"
PS_VLNV = "xilinx.com:ip:processing_system7:5.5"
AXI = "xilinx.com:interface:aximm:1.0"


def text(way: str, length_bits: int, chip_address: int = places.CHIP_ADDRESS) -> str:
    """Of the system with the chip and, for the way "dma", an AXI DMA with such length registers."""
    root = Element("EDKSYSTEM", EDWVERSION="1.2", VIVADOVERSION="2024.1")
    SubElement(root, "SYSTEMINFO", ARCH="zynq", DEVICE="7z020", NAME="firstspike", PACKAGE="clg400", SPEEDGRADE="-1")
    SubElement(root, "EXTERNALPORTS")
    SubElement(root, "EXTERNALINTERFACES")
    modules = SubElement(root, "MODULES")
    slaves: list[tuple[str, str, str, int, int, dict[str, int]]] = [
        ("firstspike_0", places.VLNV, "s_axi", chip_address, places.CHIP_SPAN, {})]
    if way == "dma":
        parameters = {"C_INCLUDE_SG": 0, "C_SG_LENGTH_WIDTH": length_bits, "C_INCLUDE_MM2S": 1, "C_INCLUDE_S2MM": 1,
                      "C_INCLUDE_MM2S_DRE": 0, "C_INCLUDE_S2MM_DRE": 0, "C_M_AXI_MM2S_DATA_WIDTH": 32,
                      "C_M_AXI_S2MM_DATA_WIDTH": 32, "C_MICRO_DMA": 0}
        parameters |= {name.lower(): value for name, value in parameters.items()}  # Vivado writes both
        slaves.append(("axi_dma_0", places.DMA_VLNV, "S_AXI_LITE", places.DMA_ADDRESS, places.DMA_SPAN, parameters))
    for name, vlnv, port, _, _, parameters in slaves:
        _module(modules, name, vlnv, parameters, port, "SLAVE")
    clocks = {f"PCW_FPGA_FCLK{clock}_ENABLE": int(clock == 0) for clock in range(4)}
    clocks |= {f"PCW_FCLK{clock}_PERIPHERAL_DIVISOR{place}": 5 - 3 * place
               for clock in range(4) for place in range(2)}
    system = _module(modules, PS, PS_VLNV, clocks, GP0, "MASTER")
    memory = SubElement(system, "MEMORYMAP")
    for name, _, port, address, span, _ in slaves:
        SubElement(memory, "MEMRANGE", ADDRESSBLOCK="Reg", BASENAME="C_BASEADDR", BASEVALUE=f"{address:#010X}",
                   HIGHNAME="C_HIGHADDR", HIGHVALUE=f"{address + span - 1:#010X}", INSTANCE=name, IS_DATA="TRUE",
                   IS_INSTRUCTION="TRUE", MASTERBUSINTERFACE=GP0, MEMTYPE="REGISTER", SLAVEBUSINTERFACE=port)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _module(modules: Element, name: str, vlnv: str, parameters: dict[str, int], port: str, kind: str) -> Element:
    module = SubElement(modules, "MODULE", FULLNAME=f"/{name}", INSTANCE=name, IPTYPE="PERIPHERAL", IS_ENABLE="1",
                        MODCLASS="PERIPHERAL", MODTYPE=vlnv.split(":")[2], VLNV=vlnv)
    SubElement(module, "ADDRESSBLOCKS")
    values = SubElement(module, "PARAMETERS")
    for key, value in parameters.items():
        SubElement(values, "PARAMETER", NAME=key, VALUE=str(value))
    SubElement(module, "PORTS")
    buses = SubElement(module, "BUSINTERFACES")
    SubElement(buses, "BUSINTERFACE", NAME=port, TYPE=kind, VLNV=AXI)
    return module
