// B1 spiking layer, event driven, all OUT_FEATURES neurons in parallel, without a multiplier.
//
// Equation: x' = clamp((W x + b) >> SHIFT, 0, WINDOW), x the inputs' earliness in ticks, computed as the
// neuron does it: the potential V starts at -theta, theta = WINDOW * 2^SHIFT - b.
//   integrate: a spike of input j adds W[i, j] to slope_i; each tick adds slope_i to V_i;
//   fire: slope := 2^SHIFT; neuron i fires at the first tick n in 0 ... WINDOW-1 with V_i >= 0, once.
// Earliness out is WINDOW - n; a neuron that would fire at tick WINDOW is silent (x' = 0).
//
//   events -> [integrator] -> sign of V -> first time only -> [spike_serializer] -> events
//
//   ROM word of input j: | W[OUT_FEATURES-1, j] | ... | W[1, j] | W[0, j] |   WEIGHT_W bits each
//
// Shapes: event words {tick, spike, index} in (IN_INDEX_W + 2 bits) and out; TLAST on a window's last tick.
// LSB: of V, the weight's; of time, one tick. Rounding: floor, by the first tick with V >= 0. Overflow:
// none, SLOPE_W and ACC_W hold every value.
// Cycles: one event per cycle in; the first event out appears 7 cycles after the last event in was taken;
// then sum over ticks of max(1, spikes). The next window may come once all ticks have fired.
`default_nettype none

module b1_layer #(
    parameter integer IN_FEATURES = 0,
    parameter integer OUT_FEATURES = 0,
    parameter integer WEIGHT_W = 0,  // bits, signed
    parameter integer TIME_W = 0,    // bits; the window is 2^TIME_W - 1 ticks
    parameter integer SLOPE_W = 0,   // bits, signed
    parameter integer ACC_W = 0,     // bits, signed
    parameter integer SHIFT = -1,
    parameter WEIGHT_FILE = "",      // IN_FEATURES words of OUT_FEATURES * WEIGHT_W bits, neuron 0 lowest
    parameter START_FILE = "",       // -theta: one word of OUT_FEATURES * ACC_W bits, neuron 0 lowest
    parameter integer IN_INDEX_W = 0,   // bits of an index in
    parameter integer OUT_INDEX_W = 0   // bits of an index out
) (
    input  wire logic                   clk,
    input  wire logic                   rst,
    input  wire logic [IN_INDEX_W+1:0]  s_axis_tdata,
    input  wire logic                   s_axis_tvalid,
    output      logic                   s_axis_tready,
    input  wire logic                   s_axis_tlast,
    output      logic [OUT_INDEX_W+1:0] m_axis_tdata,
    output      logic                   m_axis_tvalid,
    input  wire logic                   m_axis_tready,
    output      logic                   m_axis_tlast
);
    if (TIME_W < 1 || SHIFT < 0 || SHIFT > SLOPE_W - 2) begin : g_check
        $error("b1_layer: TIME_W=%0d SHIFT=%0d SLOPE_W=%0d", TIME_W, SHIFT, SLOPE_W);
    end

    localparam [1:0] INTEGRATE = 2'd0, FLUSH = 2'd1, FIRE = 2'd2;
    localparam [TIME_W-1:0] LAST_TICK = {TIME_W{1'b1}} - 1'b1;  // WINDOW - 1
    logic [1:0] state_q;
    logic [TIME_W-1:0] tick_q;
    logic step_q, last_step_q;  // this cycle's potentials are those of a tick, of the last one
    logic [OUT_FEATURES-1:0] fired_q;

    wire accept = s_axis_tvalid && s_axis_tready;
    wire done, room;
    wire step = state_q == FIRE && room;
    wire last_tick = tick_q == LAST_TICK;
    wire [OUT_FEATURES*ACC_W-1:0] potential;
    wire [OUT_FEATURES-1:0] reached;  // V >= 0
    assign s_axis_tready = state_q == INTEGRATE;

    integrator #(
        .IN_FEATURES(IN_FEATURES), .INDEX_W(IN_INDEX_W), .NEURONS(OUT_FEATURES), .WEIGHT_W(WEIGHT_W),
        .SLOPE_W(SLOPE_W), .ACC_W(ACC_W), .FIRE_SLOPE(1 << SHIFT), .WEIGHT_FILE(WEIGHT_FILE),
        .START_FILE(START_FILE)
    ) neurons (
        .clk, .rst, .event_valid(accept), .event_data(s_axis_tdata), .event_last(s_axis_tlast),
        .reload(step && last_tick), .step, .done, .potential
    );
    for (genvar i = 0; i < OUT_FEATURES; i++) begin : g_reached
        assign reached[i] = !potential[i*ACC_W+ACC_W-1];
    end

    always_ff @(posedge clk) begin
        if (accept && s_axis_tlast) state_q <= FLUSH;
        if (done) state_q <= FIRE;
        if (step) tick_q <= tick_q + 1'b1;
        if (rst || (step && last_tick)) begin
            state_q <= INTEGRATE;
            tick_q  <= 0;
        end
        step_q      <= step && !rst;
        last_step_q <= step && last_tick;
        if (step_q) fired_q <= reached;
        if (rst || last_step_q) fired_q <= 0;
    end

    spike_serializer #(.NEURONS(OUT_FEATURES), .INDEX_W(OUT_INDEX_W)) serializer (
        .clk, .rst, .push(step_q), .push_spikes(reached & ~fired_q), .push_last(last_step_q), .room,
        .m_axis_tdata, .m_axis_tvalid, .m_axis_tready, .m_axis_tlast
    );
endmodule
`default_nettype wire
