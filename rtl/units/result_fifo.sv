// Results of a pipeline that never stands still, as an AXI4-Stream.
//
// The pipeline has no enable, so none has to reach its flip-flops: it takes a place for each beat of a result
// before it begins on that, and begins only where `room` says that there are enough. No result comes too many.
//
//   reserve ─▶ [ places left ] ─▶ room
//   result  ─▶ [ DEPTH words of LUTRAM ] ─▶ out_q ─▶ m_axis
//
// One reservation is for BEATS beats; reserve may be high in any cycle in which room is. LATENCY: cycles from a
// reservation to its first beat on m_axis; DEPTH is such that a receiver that is always ready is served without
// a pause. Cycles: a beat is on m_axis 2 cycles after it was written. rst drops what is inside.
`default_nettype none

module result_fifo #(
    parameter integer DATA_W = 0,  // bits per beat; all must be set
    parameter integer BEATS = 0,   // per reservation
    parameter integer LATENCY = 0  // cycles
) (
    input  wire logic              clk,
    input  wire logic              rst,      // synchronous, active high
    output      logic              room,     // a flip-flop: another reservation fits
    input  wire logic              reserve,
    input  wire logic [DATA_W-1:0] result,
    input  wire logic              valid,    // write result and last
    input  wire logic              last,
    output      logic [DATA_W-1:0] m_axis_tdata,
    output      logic              m_axis_tvalid,
    input  wire logic              m_axis_tready,
    output      logic              m_axis_tlast
);
    if (DATA_W < 1 || BEATS < 1 || LATENCY < 1) begin : g_check
        $error("result_fifo: DATA_W=%0d BEATS=%0d LATENCY=%0d", DATA_W, BEATS, LATENCY);
    end

    localparam integer ADDRESS_W = $clog2(LATENCY + BEATS + 2);  // `room` knows 3 cycles later of a beat that left
    localparam integer DEPTH = 1 << ADDRESS_W;
    localparam integer LEFT_W = ADDRESS_W + 1;

    // ---- Places.
    logic [LEFT_W-1:0] left_q;
    logic sent_q, room_q;
    assign room = room_q;
    always_ff @(posedge clk) begin
        sent_q <= m_axis_tvalid && m_axis_tready && !rst;
        if (rst) begin
            left_q <= LEFT_W'(DEPTH);
            room_q <= 1'b0;
        end else begin
            left_q <= left_q - (reserve ? LEFT_W'(BEATS) : '0) + LEFT_W'(sent_q);
            room_q <= left_q >= (reserve ? LEFT_W'(2 * BEATS) : LEFT_W'(BEATS));
        end
    end

    // ---- Beats.
    logic [DATA_W:0] memory[0:DEPTH-1];  // {last, result}
    logic [ADDRESS_W-1:0] write_q, read_q;
    logic [DATA_W:0] out_q;
    logic out_valid_q;
    wire filled = write_q != read_q;  // never DEPTH beats at once: out_q takes one first
    wire out_free = m_axis_tready || !out_valid_q;
    assign m_axis_tvalid = out_valid_q;
    assign {m_axis_tlast, m_axis_tdata} = out_q;
    always_ff @(posedge clk) begin
        if (valid) memory[write_q] <= {last, result};
        if (out_free) out_q <= memory[read_q];
        if (rst) begin
            write_q <= '0;
            read_q <= '0;
            out_valid_q <= 1'b0;
        end else begin
            if (valid) write_q <= write_q + 1'b1;
            if (out_free && filled) read_q <= read_q + 1'b1;
            if (out_free) out_valid_q <= filled;
        end
    end
endmodule
`default_nettype wire
