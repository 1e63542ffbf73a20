// The way in by registers: samples are written into an AXI4-Lite window beat by beat, results are read from it.
//
//   s_axi -> [lower half of the map] -> m_axi, to axil_registers
//        └─> [WINDOW_IN, WINDOW_LAST] -> | IN_DEPTH beats | -> m_axis, samples
//            [WINDOW_OUT]             <- | OUT_DEPTH beats | <- s_axis, results
//
// A write to any word of WINDOW_IN puts a beat into the queue, WINDOW_LAST one with TLAST; a read of any word of
// WINDOW_OUT takes one. WINDOW_STATUS tells how many there is room for and how many wait, so that who looks first never
// waits on the bus: a beat without room, or without all its bytes, is dropped, reading an empty queue gives 0, and both
// set `lost`, which a 1 written to it clears. CONTROL.soft_reset, seen as it passes by, empties both queues in the very
// cycle in which it resets the chip. In reset nothing is taken or answered.
//
// Shapes: 32-bit words, byte addresses; responses are always OKAY. Cycles: one outstanding read and one write, for both
// halves; here a write is answered, and a read has its word, in the cycle after it was taken. The lower half is passed
// on in the same cycle.
`default_nettype none

module axil_stream #(
    parameter integer IN_DEPTH = 0,  // beats, powers of two
    parameter integer OUT_DEPTH = 0
) (
    input  wire logic                            clk,
    input  wire logic                            rst,
    input  wire logic [registers_pkg::ADDRESS_W-1:0] s_axi_awaddr,
    input  wire logic                            s_axi_awvalid,
    output      logic                            s_axi_awready,
    input  wire logic [31:0]                     s_axi_wdata,
    input  wire logic [3:0]                      s_axi_wstrb,
    input  wire logic                            s_axi_wvalid,
    output      logic                            s_axi_wready,
    output      logic [1:0]                      s_axi_bresp,
    output      logic                            s_axi_bvalid,
    input  wire logic                            s_axi_bready,
    input  wire logic [registers_pkg::ADDRESS_W-1:0] s_axi_araddr,
    input  wire logic                            s_axi_arvalid,
    output      logic                            s_axi_arready,
    output      logic [31:0]                     s_axi_rdata,
    output      logic [1:0]                      s_axi_rresp,
    output      logic                            s_axi_rvalid,
    input  wire logic                            s_axi_rready,
    output      logic [registers_pkg::ADDRESS_W-1:0] m_axi_awaddr,
    output      logic                            m_axi_awvalid,
    input  wire logic                            m_axi_awready,
    output      logic [31:0]                     m_axi_wdata,
    output      logic [3:0]                      m_axi_wstrb,
    output      logic                            m_axi_wvalid,
    input  wire logic                            m_axi_wready,  // with awready: both are taken together
    input  wire logic                            m_axi_bvalid,
    output      logic                            m_axi_bready,
    output      logic [registers_pkg::ADDRESS_W-1:0] m_axi_araddr,
    output      logic                            m_axi_arvalid,
    input  wire logic                            m_axi_arready,
    input  wire logic [31:0]                     m_axi_rdata,
    input  wire logic                            m_axi_rvalid,
    output      logic                            m_axi_rready,
    output      logic [31:0]                     m_axis_tdata,
    output      logic                            m_axis_tvalid,
    input  wire logic                            m_axis_tready,
    output      logic                            m_axis_tlast,
    input  wire logic [31:0]                     s_axis_tdata,
    input  wire logic                            s_axis_tvalid,
    output      logic                            s_axis_tready,
    input  wire logic                            s_axis_tlast
);
    localparam integer ADDRESS_W = registers_pkg::ADDRESS_W;
    localparam integer COUNT_W = 12;  // of a field of WINDOW_STATUS
    if (IN_DEPTH < 2 || IN_DEPTH >= 1 << COUNT_W || OUT_DEPTH < 2 || OUT_DEPTH >= 1 << COUNT_W) begin : g_check
        $error("axil_stream: IN_DEPTH=%0d OUT_DEPTH=%0d", IN_DEPTH, OUT_DEPTH);
    end

    localparam [ADDRESS_W-1:0] LAST_IN = registers_pkg::WINDOW_IN + ADDRESS_W'(4 * registers_pkg::WINDOW_IN_COUNT);
    localparam [ADDRESS_W-1:0] LAST_OUT = registers_pkg::WINDOW_OUT + ADDRESS_W'(4 * registers_pkg::WINDOW_OUT_COUNT);
    logic [COUNT_W-1:0] room_q, waiting_q;
    logic lost_q, flush_q;
    wire put, take, result_last, result_valid;
    wire [31:0] result;

    // ---- write
    logic write_here_q, write_passed_q;  // a write is to be answered: by this unit, by the slave behind it
    wire write_free = !write_here_q && !write_passed_q && !rst;
    wire [ADDRESS_W-1:0] write_address = {s_axi_awaddr[ADDRESS_W-1:2], 2'b00};
    wire write_in_window = write_address >= registers_pkg::WINDOW_STATUS;
    wire request = s_axi_awvalid && s_axi_wvalid && write_free;
    wire write = request && write_in_window;
    wire passed = request && !write_in_window && m_axi_awready && m_axi_wready;
    wire put_last = write_address == registers_pkg::WINDOW_LAST;
    wire to_put = write && (put_last || (write_address >= registers_pkg::WINDOW_IN && write_address < LAST_IN));
    assign put           = to_put && room_q != 0 && (&s_axi_wstrb);
    assign m_axi_awaddr  = s_axi_awaddr;
    assign m_axi_awvalid = request && !write_in_window;
    assign m_axi_wdata   = s_axi_wdata;
    assign m_axi_wstrb   = s_axi_wstrb;
    assign m_axi_wvalid  = m_axi_awvalid;
    assign m_axi_bready  = s_axi_bready && write_passed_q;
    assign s_axi_awready = write || passed;
    assign s_axi_wready  = write || passed;
    assign s_axi_bvalid  = (write_here_q || (write_passed_q && m_axi_bvalid)) && !rst;
    assign s_axi_bresp   = 2'b00;

    always_ff @(posedge clk) begin
        write_here_q   <= write || (write_here_q && !s_axi_bready);
        write_passed_q <= passed || (write_passed_q && !(m_axi_bvalid && s_axi_bready));
        flush_q        <= passed && s_axi_wstrb[0] && write_address == registers_pkg::CONTROL
                          && s_axi_wdata[registers_pkg::CONTROL_SOFT_RESET];
        if (rst) begin
            write_here_q   <= 1'b0;
            write_passed_q <= 1'b0;
        end
    end

    // ---- read
    logic read_here_q, read_passed_q;
    logic [31:0] word_q;
    wire read_free = !read_here_q && !read_passed_q && !rst;
    wire [ADDRESS_W-1:0] read_address = {s_axi_araddr[ADDRESS_W-1:2], 2'b00};
    wire read_in_window = read_address >= registers_pkg::WINDOW_STATUS;
    wire read = s_axi_arvalid && read_free && read_in_window;
    wire read_passed = m_axi_arvalid && m_axi_arready;
    wire to_take = read && read_address >= registers_pkg::WINDOW_OUT && read_address < LAST_OUT;
    assign take          = to_take && result_valid;
    assign m_axi_araddr  = s_axi_araddr;
    assign m_axi_arvalid = s_axi_arvalid && read_free && !read_in_window;
    assign m_axi_rready  = s_axi_rready && read_passed_q;
    assign s_axi_arready = read || read_passed;
    assign s_axi_rvalid  = (read_here_q || (read_passed_q && m_axi_rvalid)) && !rst;
    assign s_axi_rdata   = read_here_q ? word_q : m_axi_rdata;
    assign s_axi_rresp   = 2'b00;

    logic [31:0] status;
    always_comb begin
        status = 0;
        status[registers_pkg::WINDOW_STATUS_ROOM+:COUNT_W] = room_q;
        status[registers_pkg::WINDOW_STATUS_WAITING+:COUNT_W] = waiting_q;
        status[registers_pkg::WINDOW_STATUS_LAST] = result_valid && result_last;
        status[registers_pkg::WINDOW_STATUS_LOST] = lost_q;
    end

    always_ff @(posedge clk) begin
        read_here_q   <= read || (read_here_q && !s_axi_rready);
        read_passed_q <= read_passed || (read_passed_q && !(m_axi_rvalid && s_axi_rready));
        if (read) word_q <= read_address == registers_pkg::WINDOW_STATUS ? status : take ? result : 0;
        if (rst) begin
            read_here_q   <= 1'b0;
            read_passed_q <= 1'b0;
        end
    end

    // ---- queues
    wire empty_both = rst || flush_q;
    wire given = m_axis_tvalid && m_axis_tready;
    wire came = s_axis_tvalid && s_axis_tready;
    always_ff @(posedge clk) begin
        if (put != given) room_q <= put ? room_q - 1'b1 : room_q + 1'b1;
        if (came != take) waiting_q <= came ? waiting_q + 1'b1 : waiting_q - 1'b1;
        if (write && write_address == registers_pkg::WINDOW_STATUS && s_axi_wstrb[3]
            && s_axi_wdata[registers_pkg::WINDOW_STATUS_LOST]) lost_q <= 1'b0;
        if ((to_put && !put) || (to_take && !take)) lost_q <= 1'b1;
        if (empty_both) begin
            room_q    <= COUNT_W'(IN_DEPTH);
            waiting_q <= 0;
            lost_q    <= 1'b0;
        end
    end

    wire in_ready;
    axis_fifo #(.DATA_W(32), .DEPTH(IN_DEPTH)) samples (
        .clk, .rst(empty_both),
        .s_axis_tdata(s_axi_wdata), .s_axis_tvalid(put), .s_axis_tready(in_ready), .s_axis_tlast(put_last),
        .m_axis_tdata, .m_axis_tvalid, .m_axis_tready, .m_axis_tlast
    );
    axis_fifo #(.DATA_W(32), .DEPTH(OUT_DEPTH)) results (
        .clk, .rst(empty_both),
        .s_axis_tdata, .s_axis_tvalid, .s_axis_tready, .s_axis_tlast,
        .m_axis_tdata(result), .m_axis_tvalid(result_valid), .m_axis_tready(take), .m_axis_tlast(result_last)
    );
    wire unused = in_ready;  // as room_q says
endmodule
`default_nettype wire
