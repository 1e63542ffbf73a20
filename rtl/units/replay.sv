// Gives every pixel of a stream PASSES times: BEATS beats, then the same again.
//
//   s_axis ─▶ [ DEPTH beats of LUTRAM, two pixels or more ] ─▶ out_q ─▶ m_axis
//               write_q: next beat in; start_q: the pixel's first; read_q: next beat out
//
// Streams: DATA_W bits per beat; TLAST goes with the beat that it came with, in the last pass only. A beat can
// be given as soon as it has come, and the next pixel comes while this one is given. Cycles: a beat out per
// cycle, the first 2 cycles after it came. rst drops what is inside.
`default_nettype none

module replay #(
    parameter integer DATA_W = 0,  // bits per beat; all must be set
    parameter integer BEATS = 0,   // per pixel
    parameter integer PASSES = 0   // 2 or more
) (
    input  wire logic              clk,
    input  wire logic              rst,  // synchronous, active high
    input  wire logic [DATA_W-1:0] s_axis_tdata,
    input  wire logic              s_axis_tvalid,
    output      logic              s_axis_tready,
    input  wire logic              s_axis_tlast,
    output      logic [DATA_W-1:0] m_axis_tdata,
    output      logic              m_axis_tvalid,
    input  wire logic              m_axis_tready,
    output      logic              m_axis_tlast
);
    if (DATA_W < 1 || BEATS < 1 || PASSES < 2) begin : g_check
        $error("replay: DATA_W=%0d BEATS=%0d PASSES=%0d", DATA_W, BEATS, PASSES);
    end

    localparam integer ADDRESS_W = $clog2(2 * BEATS);
    localparam integer BEAT_W = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam integer PASS_W = $clog2(PASSES);

    logic [DATA_W:0] memory[0:(1<<ADDRESS_W)-1];  // {last, data}
    logic [ADDRESS_W:0] write_q, start_q, read_q;  // one bit more than an address: full is not empty
    logic [BEAT_W-1:0] beat_q;
    logic [PASS_W-1:0] pass_q;
    logic last_beat_q, last_pass_q;  // of the pixel
    logic [DATA_W:0] out_q;
    logic out_valid_q;

    wire full = write_q == {~start_q[ADDRESS_W], start_q[ADDRESS_W-1:0]};
    wire accept = s_axis_tvalid && !full;
    wire out_free = m_axis_tready || !out_valid_q;
    wire give = out_free && read_q != write_q;
    wire [BEAT_W-1:0] beat_d = last_beat_q ? '0 : beat_q + 1'b1;
    wire [PASS_W-1:0] pass_d = !last_beat_q ? pass_q : last_pass_q ? '0 : pass_q + 1'b1;
    wire [ADDRESS_W:0] next = read_q + 1'b1;
    wire [DATA_W:0] beat = memory[read_q[ADDRESS_W-1:0]];
    assign s_axis_tready = !full;
    assign m_axis_tvalid = out_valid_q;
    assign {m_axis_tlast, m_axis_tdata} = out_q;

    always_ff @(posedge clk) begin
        if (accept) memory[write_q[ADDRESS_W-1:0]] <= {s_axis_tlast, s_axis_tdata};
        if (out_free) out_q <= {beat[DATA_W] && last_pass_q, beat[DATA_W-1:0]};
        if (rst) begin
            write_q <= '0;
            start_q <= '0;
            read_q <= '0;
            beat_q <= '0;
            pass_q <= '0;
            last_beat_q <= BEATS == 1;
            last_pass_q <= 1'b0;
            out_valid_q <= 1'b0;
        end else begin
            if (accept) write_q <= write_q + 1'b1;
            if (out_free) out_valid_q <= give;
            if (give) begin
                read_q <= last_beat_q && !last_pass_q ? start_q : next;
                if (last_beat_q && last_pass_q) start_q <= next;
                beat_q <= beat_d;
                pass_q <= pass_d;
                last_beat_q <= beat_d == BEAT_W'(BEATS - 1);
                last_pass_q <= pass_d == PASS_W'(PASSES - 1);
            end
        end
    end
endmodule
`default_nettype wire
