// Queue for an AXI4-Stream: up to DEPTH beats wait in LUTRAM, in their order.
//
//   s_axis -> | DEPTH words {TLAST, TDATA} | -> m_axis
//
// Shapes: DATA_W-bit beats. Cycles: one beat in and one out per cycle; a beat appears in the cycle after it was
// taken. No combinational path from m_axis_tready to s_axis_tready. rst empties it.
`default_nettype none

module axis_fifo #(
    parameter integer DATA_W = 0,  // bits per beat
    parameter integer DEPTH = 0    // beats, a power of two
) (
    input  wire logic              clk,
    input  wire logic              rst,
    input  wire logic [DATA_W-1:0] s_axis_tdata,
    input  wire logic              s_axis_tvalid,
    output      logic              s_axis_tready,
    input  wire logic              s_axis_tlast,
    output      logic [DATA_W-1:0] m_axis_tdata,
    output      logic              m_axis_tvalid,
    input  wire logic              m_axis_tready,
    output      logic              m_axis_tlast
);
    if (DATA_W < 1 || DEPTH < 2 || (DEPTH & (DEPTH - 1)) != 0) begin : g_check
        $error("axis_fifo: DATA_W=%0d DEPTH=%0d", DATA_W, DEPTH);
    end

    localparam integer PLACE_W = $clog2(DEPTH);
    logic [PLACE_W:0] put_q, take_q;  // beats put and taken so far, modulo 2 * DEPTH
    (* ram_style = "distributed" *) logic [DATA_W:0] memory[0:DEPTH-1];

    wire put = s_axis_tvalid && s_axis_tready;
    wire take = m_axis_tvalid && m_axis_tready;
    assign s_axis_tready = put_q != (take_q ^ (PLACE_W + 1)'(DEPTH));
    assign m_axis_tvalid = put_q != take_q;
    assign {m_axis_tlast, m_axis_tdata} = memory[take_q[PLACE_W-1:0]];

    always_ff @(posedge clk) begin
        if (put) memory[put_q[PLACE_W-1:0]] <= {s_axis_tlast, s_axis_tdata};
    end

    always_ff @(posedge clk) begin
        if (put) put_q <= put_q + 1'b1;
        if (take) take_q <= take_q + 1'b1;
        if (rst) begin
            put_q  <= 0;
            take_q <= 0;
        end
    end
endmodule
`default_nettype wire
