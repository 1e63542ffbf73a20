// Division-free TTFS encoder for cores that take spikes in any order: features to events with their earliness.
//
// Equation: x = clamp((F - V_MIN) >> SHIFT, 0, 2^TIME_W - 1) ticks of earliness; x = 0 is silence. LANES
// features per beat; a beat in which none spikes is dropped, the others wait in a small store of beats and
// are sent one event per spike, in the order of features. The sample's last feature is always sent.
//
//   F -> [x] -> any spike? -> [store of STORE beats] -> lowest lane that was not sent -> [event] ->
//
// Shapes: LANES features of IN_W bits per beat, FEATURES / LANES beats, TLAST on the last; out event
// words {x, index} of TIME_W + INDEX_W bits, TLAST on the last feature's. LSB: one tick. Rounding: floor.
// Overflow: saturates at 0 and 2^TIME_W - 1.
// Cycles: one beat per cycle while the store has room, one event per cycle; an event is on the output 4
// cycles after its beat was taken, or when those before it have left.
`default_nettype none

module encoder_earliness #(
    parameter integer FEATURES = 0,  // multiple of LANES
    parameter integer LANES = 0,     // features per beat
    parameter integer IN_W = 0,        // bits
    parameter integer IN_SIGNED = -1,  // 1: two's complement, 0: unsigned
    parameter integer TIME_W = 0,      // bits
    parameter integer V_MIN = 0,       // in units of F
    parameter integer SHIFT = -1,
    parameter integer INDEX_W = 0    // bits of an index, 2^INDEX_W >= FEATURES
) (
    input  wire logic                      clk,
    input  wire logic                      rst,
    input  wire logic [    LANES*IN_W-1:0] s_axis_tdata,
    input  wire logic                      s_axis_tvalid,
    output      logic                      s_axis_tready,
    input  wire logic                      s_axis_tlast,
    output      logic [TIME_W+INDEX_W-1:0] m_axis_tdata,
    output      logic                      m_axis_tvalid,
    input  wire logic                      m_axis_tready,
    output      logic                      m_axis_tlast
);
    if (LANES < 1 || FEATURES < 1 || FEATURES % LANES != 0) begin : g_check
        $error("encoder_earliness: FEATURES=%0d is not a multiple of LANES=%0d", FEATURES, LANES);
    end
    localparam integer LOWEST = IN_SIGNED == 1 ? -(1 << (IN_W - 1)) : 0;  // of F
    if (IN_W < 1 || TIME_W < 1 || SHIFT < 0) begin : g_check_2
        $error("encoder_earliness: IN_W=%0d TIME_W=%0d SHIFT=%0d", IN_W, TIME_W, SHIFT);
    end
    if (IN_SIGNED < 0 || IN_SIGNED > 1 || V_MIN < LOWEST || V_MIN >= LOWEST + (1 << IN_W)) begin : g_check_3
        $error("encoder_earliness: IN_SIGNED=%0d V_MIN=%0d", IN_SIGNED, V_MIN);
    end

    localparam integer STORE = 64;  // beats with a spike: what a busy layer falls behind in one sample, it gains in others

    // ---- Earliness of a beat's features.
    wire room;
    wire accept = s_axis_tvalid && s_axis_tready;
    wire [LANES*TIME_W-1:0] xs;
    for (genvar lane = 0; lane < LANES; lane++) begin : g_lane
        wire [IN_W-1:0] feature = s_axis_tdata[lane*IN_W+:IN_W];
        wire signed [IN_W:0] above = {IN_SIGNED == 1 && feature[IN_W-1], feature} - (IN_W + 1)'(V_MIN);
        shift_clamp #(.IN_W(IN_W + 1), .SHIFT(SHIFT), .OUT_W(TIME_W), .OUT_SIGNED(0)) u_clamp (
            .acc(above), .out(xs[lane*TIME_W+:TIME_W]));
    end
    assign s_axis_tready = room;

    logic put_valid_q, put_last_q;
    logic [LANES*TIME_W-1:0] put_xs_q;
    logic [INDEX_W-1:0] base_q, put_base_q;  // index of lane 0
    always_ff @(posedge clk) begin
        put_valid_q <= accept;
        put_last_q  <= s_axis_tlast;
        put_xs_q    <= xs;
        put_base_q  <= base_q;
        if (accept) base_q <= s_axis_tlast ? 0 : base_q + INDEX_W'(LANES);
        if (rst) begin
            put_valid_q <= 1'b0;
            base_q      <= 0;
        end
    end

    // ---- The store, and at its output the beat whose spikes are sent. A flag per lane: it is sent.
    wire [LANES-1:0] put_fires, fires;
    for (genvar lane = 0; lane < LANES; lane++) begin : g_fires
        assign put_fires[lane] = put_xs_q[lane*TIME_W+:TIME_W] != 0 || (put_last_q && lane == LANES - 1);
    end
    wire [INDEX_W-1:0] base;
    wire [LANES*TIME_W-1:0] stored;
    wire beat_valid, beat_last, beat_done;
    fifo #(.DATA_W(INDEX_W + LANES * (TIME_W + 1)), .DEPTH(STORE), .MARGIN(4)) store (
        .clk, .rst, .push(put_valid_q && put_fires != 0), .word({put_base_q, put_fires, put_xs_q}),
        .last(put_last_q), .room,
        .m_axis_tdata({base, fires, stored}), .m_axis_tvalid(beat_valid), .m_axis_tready(beat_done),
        .m_axis_tlast(beat_last)
    );

    logic event_valid_q, event_last_q;
    logic [TIME_W-1:0] event_x_q;
    logic [INDEX_W-1:0] event_index_q;
    logic [LANES-1:0] sent_q;
    wire advance = !event_valid_q || m_axis_tready;

    // Bit by bit: with a carry chain eight lanes had a level too many.
    wire [LANES-1:0] pending = fires & ~sent_q;
    wire [LANES-1:0] rest, lowest;  // lowest: one-hot; rest: all others
    for (genvar lane = 0; lane < LANES; lane++) begin : g_pending
        wire [LANES-1:0] below = pending & ((LANES'(1) << lane) - 1'b1);
        assign rest[lane] = pending[lane] && below != 0;
        assign lowest[lane] = pending[lane] && below == 0;
    end
    assign beat_done = advance && rest == 0;

    logic [TIME_W-1:0] x;
    logic [INDEX_W-1:0] index;
    always_comb begin
        x = 0;
        index = base;
        for (int lane = 0; lane < LANES; lane++) begin
            if (lowest[lane]) begin
                x = x | stored[lane*TIME_W+:TIME_W];
                index = base + INDEX_W'(lane);
            end
        end
    end

    always_ff @(posedge clk) begin
        if (advance) begin
            event_valid_q <= beat_valid;
            event_last_q  <= beat_last && rest == 0;
            event_x_q     <= x;
            event_index_q <= index;
            sent_q        <= !beat_valid || rest == 0 ? 0 : sent_q | lowest;
        end
        if (rst) event_valid_q <= 1'b0;  // and sent_q with it, as no beat is there
    end

    assign m_axis_tdata  = {event_x_q, event_index_q};
    assign m_axis_tvalid = event_valid_q;
    assign m_axis_tlast  = event_last_q;
endmodule
`default_nettype wire
