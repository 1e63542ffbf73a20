"""A stand-in for what Vitis HLS exports: our own RTL under its module name, pins, register map and files.

The map is not ours: an address per register with a gap, in an order of its own, said in the header alone. The stand-in
takes no beat until ap_start and auto_restart have been written.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from base.files import write_text
from rtl.emit import emit
from rtl.exported import HEADER, TOP, VERILOG
from spec.netspec import NetSpec
from spec.registers import ADDRESS_BITS, REGISTERS

HEADERS = Path("impl", "misc", "drivers", f"{TOP}_v1_0", "src")
MODULE = """`default_nettype none
module firstspike (
    input wire ap_clk, input wire ap_rst_n, output wire interrupt,
    input wire [31:0] s_axis_TDATA, input wire [3:0] s_axis_TKEEP, input wire [3:0] s_axis_TSTRB,
    input wire [0:0] s_axis_TLAST, input wire s_axis_TVALID, output wire s_axis_TREADY,
    output wire [31:0] m_axis_TDATA, output wire [3:0] m_axis_TKEEP, output wire [3:0] m_axis_TSTRB,
    output wire [0:0] m_axis_TLAST, output wire m_axis_TVALID, input wire m_axis_TREADY,
    input wire s_axi_control_AWVALID, output wire s_axi_control_AWREADY, input wire [ADDRESS:0] s_axi_control_AWADDR,
    input wire s_axi_control_WVALID, output wire s_axi_control_WREADY, input wire [31:0] s_axi_control_WDATA,
    input wire [3:0] s_axi_control_WSTRB,
    input wire s_axi_control_ARVALID, output wire s_axi_control_ARREADY, input wire [ADDRESS:0] s_axi_control_ARADDR,
    output wire s_axi_control_RVALID, input wire s_axi_control_RREADY, output wire [31:0] s_axi_control_RDATA,
    output wire [1:0] s_axi_control_RRESP, output reg s_axi_control_BVALID, input wire s_axi_control_BREADY,
    output wire [1:0] s_axi_control_BRESP
);
    reg started;
    wire write = s_axi_control_AWVALID && s_axi_control_WVALID && !s_axi_control_BVALID;
    assign s_axi_control_AWREADY = write;
    assign s_axi_control_WREADY = write;
    assign s_axi_control_BRESP = 0;
    always @(posedge ap_clk) begin
        if (write && s_axi_control_AWADDR == 0 && s_axi_control_WDATA[0] && s_axi_control_WDATA[7]) started <= 1;
        s_axi_control_BVALID <= write || (s_axi_control_BVALID && !s_axi_control_BREADY);
        if (!ap_rst_n) {started, s_axi_control_BVALID} <= 0;
    end
    reg [OWN:0] own;
    always @* case (s_axi_control_ARADDR)
MAP        default: own = 'h40;
    endcase
    wire ready;
    assign s_axis_TREADY = ready && started;
    assign {m_axis_TKEEP, m_axis_TSTRB} = 8'hff;
    assign interrupt = 0;
    own_top chip (
        .ap_clk(ap_clk), .ap_rst_n(ap_rst_n),
        .s_axis_tdata(s_axis_TDATA), .s_axis_tvalid(s_axis_TVALID && started), .s_axis_tready(ready),
        .s_axis_tlast(s_axis_TLAST), .m_axis_tdata(m_axis_TDATA), .m_axis_tvalid(m_axis_TVALID),
        .m_axis_tready(m_axis_TREADY), .m_axis_tlast(m_axis_TLAST),
        .s_axi_awaddr('0), .s_axi_awvalid('0), .s_axi_awready(), .s_axi_wdata('0), .s_axi_wstrb('0), .s_axi_wvalid('0),
        .s_axi_wready(), .s_axi_bresp(), .s_axi_bvalid(), .s_axi_bready(1'b1),
        .s_axi_araddr(own), .s_axi_arvalid(s_axi_control_ARVALID), .s_axi_arready(s_axi_control_ARREADY),
        .s_axi_rdata(s_axi_control_RDATA), .s_axi_rresp(s_axi_control_RRESP), .s_axi_rvalid(s_axi_control_RVALID),
        .s_axi_rready(s_axi_control_RREADY)
    );
endmodule
"""


def export(spec: NetSpec, solution: Path) -> None:
    """Write an "exported IP" of this spec."""
    verilog = solution / VERILOG
    own = emit(spec, solution / "own")
    shutil.copytree(solution / "own" / "rom", verilog / "rom")
    text = "\n".join(path.read_text() for path in own)  # the package first, as they are compiled
    write_text(verilog / f"{TOP}_own.v", text.replace("\nmodule top (", "\nmodule own_top ("))
    shutil.rmtree(solution / "own")
    spikes = {f"SPIKES_{unit.name.upper()}": REGISTERS["SPIKES_LAST"].address(i)
              for i, unit in reversed(list(enumerate(spec.spiking)))}
    table = {"DIGEST": REGISTERS["DIGEST"].address(), **spikes, "ERRORS": REGISTERS["ERRORS"].address()}
    places = {name: 0x10 + 0x10 * i for i, name in enumerate(table)}
    lines = [f"#define XFIRSTSPIKE_CONTROL_ADDR_{name}_{kind} 0x{place + shift:02x}\n" for name, place in places.items()
             for kind, shift in (("DATA", 0), ("CTRL", 4))]
    write_text(solution / HEADERS / HEADER, "#define XFIRSTSPIKE_CONTROL_ADDR_AP_CTRL 0x00\n" + "".join(lines))
    cases = "".join(f"        'h{place:x}: own = 'h{table[name]:x};\n" for name, place in places.items())
    bits = max(places.values()).bit_length()
    module = MODULE.replace("ADDRESS", str(bits - 1)).replace("OWN", str(ADDRESS_BITS - 1)).replace("MAP", cases)
    write_text(verilog / f"{TOP}.v", module)
