// AXI3 to AXI4-Lite: bursts of a processing system's general-purpose port (M_AXI_GP0 of a PS7), one word after the other.
//
//   s_axi (AXI3: IDs, bursts) -> [address of the next beat] -> m_axi (AXI4-Lite: words)
//
// FIXED, INCR and WRAP bursts of 1 to 16 beats of 1, 2 or 4 bytes. Each beat is one access of its own: the address of its
// first byte goes on as it is, a write with the strobes that it has; a narrow read reads the whole word again for each
// beat of it, which matters where reading takes something away. The answer has the burst's ID; that of a write is the
// first of its beats' that is not OKAY. A burst of wider beats or of the reserved kind is answered by SLVERR, beat for
// beat where it reads, and nothing of it goes on. Data of writes are taken in the order of their addresses, which this
// port keeps: WID says nothing more. In reset nothing is taken or answered.
//
// Shapes: 32-bit words. Cycles: one read and one write burst at a time; per beat two cycles and what the slave takes.
`default_nettype none

module axi3_bridge #(
    parameter integer ID_W = 0,      // bits of an ID: 12 of M_AXI_GP0
    parameter integer ADDRESS_W = 0  // bits of an address that go on
) (
    input  wire logic                 clk,
    input  wire logic                 rst,
    input  wire logic [ID_W-1:0]      s_axi_awid,
    input  wire logic [31:0]          s_axi_awaddr,
    input  wire logic [3:0]           s_axi_awlen,    // beats, less one
    input  wire logic [2:0]           s_axi_awsize,   // of a beat: 2^n bytes
    input  wire logic [1:0]           s_axi_awburst,  // 0 FIXED, 1 INCR, 2 WRAP
    input  wire logic                 s_axi_awvalid,
    output      logic                 s_axi_awready,
    input  wire logic [31:0]          s_axi_wdata,
    input  wire logic [3:0]           s_axi_wstrb,
    input  wire logic                 s_axi_wlast,
    input  wire logic                 s_axi_wvalid,
    output      logic                 s_axi_wready,
    output      logic [ID_W-1:0]      s_axi_bid,
    output      logic [1:0]           s_axi_bresp,
    output      logic                 s_axi_bvalid,
    input  wire logic                 s_axi_bready,
    input  wire logic [ID_W-1:0]      s_axi_arid,
    input  wire logic [31:0]          s_axi_araddr,
    input  wire logic [3:0]           s_axi_arlen,
    input  wire logic [2:0]           s_axi_arsize,
    input  wire logic [1:0]           s_axi_arburst,
    input  wire logic                 s_axi_arvalid,
    output      logic                 s_axi_arready,
    output      logic [ID_W-1:0]      s_axi_rid,
    output      logic [31:0]          s_axi_rdata,
    output      logic [1:0]           s_axi_rresp,
    output      logic                 s_axi_rlast,
    output      logic                 s_axi_rvalid,
    input  wire logic                 s_axi_rready,
    output      logic [ADDRESS_W-1:0] m_axi_awaddr,
    output      logic                 m_axi_awvalid,
    input  wire logic                 m_axi_awready,
    output      logic [31:0]          m_axi_wdata,
    output      logic [3:0]           m_axi_wstrb,
    output      logic                 m_axi_wvalid,
    input  wire logic                 m_axi_wready,
    input  wire logic [1:0]           m_axi_bresp,
    input  wire logic                 m_axi_bvalid,
    output      logic                 m_axi_bready,
    output      logic [ADDRESS_W-1:0] m_axi_araddr,
    output      logic                 m_axi_arvalid,
    input  wire logic                 m_axi_arready,
    input  wire logic [31:0]          m_axi_rdata,
    input  wire logic [1:0]           m_axi_rresp,
    input  wire logic                 m_axi_rvalid,
    output      logic                 m_axi_rready
);
    if (ID_W < 1 || ADDRESS_W < 7 || ADDRESS_W > 32) begin : g_check
        $error("axi3_bridge: ID_W=%0d ADDRESS_W=%0d", ID_W, ADDRESS_W);
    end

    localparam integer LOW_W = ADDRESS_W < 12 ? ADDRESS_W : 12;
    localparam [1:0] SLVERR = 2'b10;
    localparam [1:0] INCR = 2'b01, WRAP = 2'b10, RESERVED = 2'b11;
    localparam [2:0] WORD = 3'd2;

    // ---- write: address, then beat by beat {word out, its answer}, then the burst's answer
    logic write_q, refuse_w_q, sent_aw_q, sent_w_q, answer_q;
    logic [ADDRESS_W-1:0] write_address_q;
    logic [1:0] write_beat_q;
    logic [5:0] write_burst_q;
    logic [1:0] write_kind_q;
    wire write_next = write_q && s_axi_wvalid && (refuse_w_q || m_axi_bvalid);  // the beat is done
    assign s_axi_awready = !write_q && !answer_q && !rst;
    assign s_axi_wready  = write_next;
    assign s_axi_bvalid  = answer_q && !rst;
    assign m_axi_awaddr  = write_address_q;
    assign m_axi_awvalid = write_q && !refuse_w_q && s_axi_wvalid && !sent_aw_q;
    assign m_axi_wdata   = s_axi_wdata;
    assign m_axi_wstrb   = s_axi_wstrb;
    assign m_axi_wvalid  = write_q && !refuse_w_q && s_axi_wvalid && !sent_w_q;
    assign m_axi_bready  = write_q && !refuse_w_q;

    always_ff @(posedge clk) begin
        if (s_axi_awvalid && s_axi_awready) begin
            write_q         <= 1'b1;
            refuse_w_q      <= refused(s_axi_awsize, s_axi_awburst);
            write_address_q <= s_axi_awaddr[ADDRESS_W-1:0];
            write_beat_q    <= in_beat(s_axi_awsize[1:0]);
            write_burst_q   <= in_burst(s_axi_awsize[1:0], s_axi_awlen);
            write_kind_q    <= s_axi_awburst;
            s_axi_bid       <= s_axi_awid;
            s_axi_bresp     <= refused(s_axi_awsize, s_axi_awburst) ? SLVERR : 2'b00;
        end
        if (m_axi_awvalid && m_axi_awready) sent_aw_q <= 1'b1;
        if (m_axi_wvalid && m_axi_wready) sent_w_q <= 1'b1;
        if (write_next) begin
            sent_aw_q       <= 1'b0;
            sent_w_q        <= 1'b0;
            write_address_q <= next(write_address_q, write_beat_q, write_burst_q, write_kind_q);
            if (s_axi_bresp == 2'b00) s_axi_bresp <= m_axi_bresp;
            if (s_axi_wlast) begin
                write_q  <= 1'b0;
                answer_q <= 1'b1;
            end
        end
        if (s_axi_bvalid && s_axi_bready) answer_q <= 1'b0;
        if (rst) begin
            write_q   <= 1'b0;
            answer_q  <= 1'b0;
            sent_aw_q <= 1'b0;
            sent_w_q  <= 1'b0;
        end
    end

    // ---- read: address, then beat by beat {word asked for, word told}
    logic read_q, refuse_r_q, asked_q;
    logic [ADDRESS_W-1:0] read_address_q;
    logic [3:0] read_left_q;
    logic [1:0] read_beat_q;
    logic [5:0] read_burst_q;
    logic [1:0] read_kind_q;
    wire told = s_axi_rvalid && s_axi_rready;
    assign s_axi_arready = !read_q && !rst;
    assign s_axi_rdata   = refuse_r_q ? 0 : m_axi_rdata;
    assign s_axi_rresp   = refuse_r_q ? SLVERR : m_axi_rresp;
    assign s_axi_rlast   = read_left_q == 0;
    assign s_axi_rvalid  = read_q && (refuse_r_q || (asked_q && m_axi_rvalid)) && !rst;
    assign m_axi_araddr  = read_address_q;
    assign m_axi_arvalid = read_q && !refuse_r_q && !asked_q;
    assign m_axi_rready  = s_axi_rready && asked_q;

    always_ff @(posedge clk) begin
        if (s_axi_arvalid && s_axi_arready) begin
            read_q         <= 1'b1;
            refuse_r_q     <= refused(s_axi_arsize, s_axi_arburst);
            read_address_q <= s_axi_araddr[ADDRESS_W-1:0];
            read_left_q    <= s_axi_arlen;
            read_beat_q    <= in_beat(s_axi_arsize[1:0]);
            read_burst_q   <= in_burst(s_axi_arsize[1:0], s_axi_arlen);
            read_kind_q    <= s_axi_arburst;
            s_axi_rid      <= s_axi_arid;
        end
        if (m_axi_arvalid && m_axi_arready) asked_q <= 1'b1;
        if (told) begin
            asked_q        <= 1'b0;
            read_address_q <= next(read_address_q, read_beat_q, read_burst_q, read_kind_q);
            read_left_q    <= read_left_q - 1'b1;
            if (s_axi_rlast) read_q <= 1'b0;
        end
        if (rst) begin
            read_q  <= 1'b0;
            asked_q <= 1'b0;
        end
    end

    // What a burst cannot be here: of wider beats than a word, of a reserved kind.
    function automatic refused(input [2:0] size, input [1:0] kind);
        refused = size > WORD || kind == RESERVED;
    endfunction

    // Bits of the address within a beat; within a burst that wraps, which has 2, 4, 8 or 16 beats.
    function automatic [1:0] in_beat(input [1:0] size);
        in_beat = {size[1], size[1] || size[0]};
    endfunction
    function automatic [5:0] in_burst(input [1:0] size, input [3:0] length);
        in_burst = size[1] ? {length, 2'b11} : size[0] ? {1'b0, length, 1'b1} : {2'b00, length};
    endfunction

    // Address of the beat behind one. No burst crosses 4 KB; one that wraps does so at a multiple of all its bytes.
    function automatic [ADDRESS_W-1:0] next(input [ADDRESS_W-1:0] address, input [1:0] beat, input [5:0] burst,
                                            input [1:0] kind);
        logic [LOW_W-1:0] after;
        after = (address[LOW_W-1:0] | LOW_W'(beat)) + 1'b1;
        next  = address;
        if (kind == INCR) next[LOW_W-1:0] = after;
        if (kind == WRAP) next[5:0] = (after[5:0] & burst) | (address[5:0] & ~burst);
    endfunction

    wire unused = &{s_axi_awaddr[31:0], s_axi_araddr[31:0]};  // above ADDRESS_W
endmodule
`default_nettype wire
