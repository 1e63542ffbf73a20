// The chip's way in by registers behind a Zynq-7000's processing system, without any vendor's IP: the open route's top.
//
//   PS7.MAXIGP0 (AXI3) -> axi3_bridge -> firstspike_top (AXI4-Lite)
//   PS7.FCLKCLK[0] -> BUFG -> clock of all;  PS7.FCLKRESETN[0] -> two flip-flops -> reset of all
//
// No pins: a PS7's own are not the fabric's. What FCLK0 runs at is set up when the board starts. The chip is all that
// GP0 sees: its registers repeat through the whole of its region, the usual address included.
`default_nettype none

module ps7_system;
    localparam integer ID_W = 12;
    localparam integer ADDRESS_W = registers_pkg::ADDRESS_W;

    wire [3:0] fclk, fresetn;
    wire clk;
    BUFG buffer (.I(fclk[0]), .O(clk));

    // Of the processing system's reset, which comes at any time: high two cycles after it has ended.
    logic [1:0] awake_q = 2'b00;
    always_ff @(posedge clk) awake_q <= {awake_q[0], fresetn[0]};

    wire [ID_W-1:0] awid, bid, arid, rid;
    wire [31:0] awaddr, wdata, araddr, rdata;
    wire [3:0] awlen, arlen, wstrb;
    wire [1:0] awsize, arsize, awburst, arburst, bresp, rresp;
    wire awvalid, awready, wlast, wvalid, wready, bvalid, bready, arvalid, arready, rlast, rvalid, rready;

    PS7 ps (
        .FCLKCLK(fclk), .FCLKRESETN(fresetn), .MAXIGP0ACLK(clk),
        .MAXIGP0AWID(awid), .MAXIGP0AWADDR(awaddr), .MAXIGP0AWLEN(awlen), .MAXIGP0AWSIZE(awsize),
        .MAXIGP0AWBURST(awburst), .MAXIGP0AWVALID(awvalid), .MAXIGP0AWREADY(awready),
        .MAXIGP0WDATA(wdata), .MAXIGP0WSTRB(wstrb), .MAXIGP0WLAST(wlast), .MAXIGP0WVALID(wvalid),
        .MAXIGP0WREADY(wready), .MAXIGP0BID(bid), .MAXIGP0BRESP(bresp), .MAXIGP0BVALID(bvalid),
        .MAXIGP0BREADY(bready), .MAXIGP0ARID(arid), .MAXIGP0ARADDR(araddr), .MAXIGP0ARLEN(arlen),
        .MAXIGP0ARSIZE(arsize), .MAXIGP0ARBURST(arburst), .MAXIGP0ARVALID(arvalid), .MAXIGP0ARREADY(arready),
        .MAXIGP0RID(rid), .MAXIGP0RDATA(rdata), .MAXIGP0RRESP(rresp), .MAXIGP0RLAST(rlast),
        .MAXIGP0RVALID(rvalid), .MAXIGP0RREADY(rready)
    );

    wire [ADDRESS_W-1:0] lite_awaddr, lite_araddr;
    wire [31:0] lite_wdata, lite_rdata;
    wire [3:0] lite_wstrb;
    wire [1:0] lite_bresp, lite_rresp;
    wire lite_awvalid, lite_awready, lite_wvalid, lite_wready, lite_bvalid, lite_bready;
    wire lite_arvalid, lite_arready, lite_rvalid, lite_rready;

    axi3_bridge #(.ID_W(ID_W), .ADDRESS_W(ADDRESS_W)) bridge (
        .clk(clk), .rst(!awake_q[1]),
        .s_axi_awid(awid), .s_axi_awaddr(awaddr), .s_axi_awlen(awlen), .s_axi_awsize({1'b0, awsize}),
        .s_axi_awburst(awburst), .s_axi_awvalid(awvalid), .s_axi_awready(awready),
        .s_axi_wdata(wdata), .s_axi_wstrb(wstrb), .s_axi_wlast(wlast), .s_axi_wvalid(wvalid), .s_axi_wready(wready),
        .s_axi_bid(bid), .s_axi_bresp(bresp), .s_axi_bvalid(bvalid), .s_axi_bready(bready),
        .s_axi_arid(arid), .s_axi_araddr(araddr), .s_axi_arlen(arlen), .s_axi_arsize({1'b0, arsize}),
        .s_axi_arburst(arburst), .s_axi_arvalid(arvalid), .s_axi_arready(arready),
        .s_axi_rid(rid), .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rlast(rlast), .s_axi_rvalid(rvalid),
        .s_axi_rready(rready),
        .m_axi_awaddr(lite_awaddr), .m_axi_awvalid(lite_awvalid), .m_axi_awready(lite_awready),
        .m_axi_wdata(lite_wdata), .m_axi_wstrb(lite_wstrb), .m_axi_wvalid(lite_wvalid), .m_axi_wready(lite_wready),
        .m_axi_bresp(lite_bresp), .m_axi_bvalid(lite_bvalid), .m_axi_bready(lite_bready),
        .m_axi_araddr(lite_araddr), .m_axi_arvalid(lite_arvalid), .m_axi_arready(lite_arready),
        .m_axi_rdata(lite_rdata), .m_axi_rresp(lite_rresp), .m_axi_rvalid(lite_rvalid), .m_axi_rready(lite_rready)
    );
    firstspike_top chip (
        .ap_clk(clk), .ap_rst_n(awake_q[1]),
        .s_axi_awaddr(lite_awaddr), .s_axi_awvalid(lite_awvalid), .s_axi_awready(lite_awready),
        .s_axi_wdata(lite_wdata), .s_axi_wstrb(lite_wstrb), .s_axi_wvalid(lite_wvalid), .s_axi_wready(lite_wready),
        .s_axi_bresp(lite_bresp), .s_axi_bvalid(lite_bvalid), .s_axi_bready(lite_bready),
        .s_axi_araddr(lite_araddr), .s_axi_arvalid(lite_arvalid), .s_axi_arready(lite_arready),
        .s_axi_rdata(lite_rdata), .s_axi_rresp(lite_rresp), .s_axi_rvalid(lite_rvalid), .s_axi_rready(lite_rready)
    );
endmodule
`default_nettype wire
