// An IP that Vitis HLS has exported, under the pins of our own top, so that harness.cpp drives it.
//
//   s_axis ─▶ firstspike ─▶ m_axis        after reset: 0x81, ap_start and auto_restart, to the register at 0x00
//                 ▲ s_axi_control         s_axi: reads alone; the addresses are the IP's own
//
// An answer's registers are written behind its last beat: a read waits until m_axis has been quiet for QUIET cycles.
// Every byte of an answer must be kept.
`default_nettype none

module top #(
    parameter integer ADDRESS_W = 0  // of s_axi_control
) (
    input  wire logic                 ap_clk,
    input  wire logic                 ap_rst_n,
    input  wire logic [31:0]          s_axis_tdata,
    input  wire logic                 s_axis_tvalid,
    output      logic                 s_axis_tready,
    input  wire logic                 s_axis_tlast,
    output      logic [31:0]          m_axis_tdata,
    output      logic                 m_axis_tvalid,
    input  wire logic                 m_axis_tready,
    output      logic                 m_axis_tlast,
    input  wire logic                 s_axi_awvalid,  // never: only the start is written, and by this module
    input  wire logic                 s_axi_wvalid,
    input  wire logic                 s_axi_bready,
    input  wire logic [ADDRESS_W-1:0] s_axi_araddr,
    input  wire logic                 s_axi_arvalid,
    output      logic                 s_axi_arready,
    output      logic [31:0]          s_axi_rdata,
    output      logic                 s_axi_rvalid,
    input  wire logic                 s_axi_rready
);
    localparam integer QUIET = 50;

    logic address_q, data_q;  // of the start, still to be taken
    logic [$clog2(QUIET+1)-1:0] quiet_q;
    wire awready, wready;
    wire [3:0] keep, strobe;
    always_ff @(posedge ap_clk) begin
        address_q <= address_q && !awready;
        data_q    <= data_q && !wready;
        quiet_q   <= m_axis_tvalid ? QUIET : quiet_q == 0 ? 0 : quiet_q - 1'b1;
        if (!ap_rst_n) begin
            address_q <= 1'b1;
            data_q    <= 1'b1;
            quiet_q   <= 0;
        end
    end
    always_ff @(posedge ap_clk) begin
        if (ap_rst_n && m_axis_tvalid && (keep & strobe) != 4'hf)
            $fatal(1, "m_axis: a byte is not kept: TKEEP %h, TSTRB %h", keep, strobe);
    end

    wire read = quiet_q == 0;
    wire arready;
    assign s_axi_arready = arready && read;
    firstspike ip (
        .ap_clk, .ap_rst_n,
        .s_axis_TDATA(s_axis_tdata), .s_axis_TVALID(s_axis_tvalid), .s_axis_TREADY(s_axis_tready),
        .s_axis_TKEEP(4'hf), .s_axis_TSTRB(4'hf), .s_axis_TLAST(s_axis_tlast),
        .m_axis_TDATA(m_axis_tdata), .m_axis_TVALID(m_axis_tvalid), .m_axis_TREADY(m_axis_tready),
        .m_axis_TKEEP(keep), .m_axis_TSTRB(strobe), .m_axis_TLAST(m_axis_tlast),
        .s_axi_control_AWADDR({ADDRESS_W{1'b0}}), .s_axi_control_AWVALID(address_q && ap_rst_n),
        .s_axi_control_AWREADY(awready), .s_axi_control_WDATA(32'h81), .s_axi_control_WSTRB(4'hf),
        .s_axi_control_WVALID(data_q && ap_rst_n), .s_axi_control_WREADY(wready),
        .s_axi_control_BRESP(), .s_axi_control_BVALID(), .s_axi_control_BREADY(1'b1),
        .s_axi_control_ARADDR(s_axi_araddr), .s_axi_control_ARVALID(s_axi_arvalid && read),
        .s_axi_control_ARREADY(arready), .s_axi_control_RDATA(s_axi_rdata), .s_axi_control_RRESP(),
        .s_axi_control_RVALID(s_axi_rvalid), .s_axi_control_RREADY(s_axi_rready), .interrupt()
    );
endmodule
`default_nettype wire
