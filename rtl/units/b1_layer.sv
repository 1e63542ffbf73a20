// B1 spiking layer, event driven, PE neurons at once, without a multiplier.
//
// Equation: x' = clamp((W x + b) >> SHIFT, 0, WINDOW), x the inputs' earliness in ticks, computed as the
// neuron does it: the potential V starts at -theta, theta = WINDOW * 2^SHIFT - b.
//   integrate: a spike of input j adds W[i, j] to slope_i; each tick adds slope_i to V_i;
//   fire: slope := 2^SHIFT; neuron i fires at the first tick n in 0 ... WINDOW-1 with V_i >= 0, once.
// Earliness out is WINDOW - n; a neuron that would fire at tick WINDOW is silent (x' = 0).
//
//   events -> [integrator] -> sign of V -> first time only -> [spike_serializer] -> events
//
// With PE < OUT_FEATURES an event takes FOLDS = OUT_FEATURES / PE cycles and so does a tick of the fire phase.
//
//   ROM word of input j, fold f: | W[f * PE + PE-1, j] | ... | W[f * PE, j] |   WEIGHT_W bits each
//
// Shapes: event words {tick, spike, index} in (IN_INDEX_W + 2 bits) and out; TLAST on a window's last tick.
// LSB: of V, the weight's; of time, one tick. Rounding: floor, by the first tick with V >= 0. Overflow:
// none, SLOPE_W and ACC_W hold every value.
// Cycles: FOLDS per event in; the first event out appears 7 cycles after the last event in was taken, folded 8 or
// more: an event waits until the next spike or its tick's end is known. Then sum over ticks of max(1, spikes), folded
// max(FOLDS, ...). The next window may come once all ticks have fired, folded FOLDS cycles later.
`default_nettype none

module b1_layer #(
    parameter integer IN_FEATURES = 0,
    parameter integer OUT_FEATURES = 0,
    parameter integer PE = 0,        // neurons at once, divides OUT_FEATURES
    parameter integer WEIGHT_W = 0,  // bits, signed
    parameter integer TIME_W = 0,    // bits; the window is 2^TIME_W - 1 ticks
    parameter integer SLOPE_W = 0,   // bits, signed
    parameter integer ACC_W = 0,     // bits, signed
    parameter integer SHIFT = -1,
    parameter WEIGHT_FILE = "",      // IN_FEATURES * FOLDS words of PE * WEIGHT_W bits, lowest neuron lowest
    parameter START_FILE = "",       // -theta: FOLDS words of PE * ACC_W bits, lowest neuron lowest
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
    if (TIME_W < 1 || SHIFT < 0 || SHIFT > SLOPE_W - 2 || PE < 1 || OUT_FEATURES % PE != 0) begin : g_check
        $error("b1_layer: TIME_W=%0d SHIFT=%0d SLOPE_W=%0d PE=%0d", TIME_W, SHIFT, SLOPE_W, PE);
    end

    localparam integer FOLDS = OUT_FEATURES / PE;
    localparam integer FOLD_W = FOLDS > 1 ? $clog2(FOLDS) : 1;
    localparam integer SHOWN = FOLDS > 1 ? 2 : 1;  // cycles from a step to its potentials
    localparam [1:0] INTEGRATE = 2'd0, FLUSH = 2'd1, FIRE = 2'd2, RELOAD = 2'd3;
    localparam [TIME_W-1:0] LAST_TICK = {TIME_W{1'b1}} - 1'b1;  // WINDOW - 1
    logic [1:0] state_q;
    logic [TIME_W-1:0] tick_q;
    // Bit s: this cycle's potentials are those of a step, s cycles ago; of the first tick; a tick's last pass; the
    // last tick's.
    logic [SHOWN:1] step_q, first_q, end_q, last_q;

    wire open = state_q == INTEGRATE;
    wire event_ready, pass_last, done, room;
    wire step = state_q == FIRE && room;
    wire last_tick = tick_q == LAST_TICK;
    wire final_pass = step && last_tick && pass_last;
    wire [PE*ACC_W-1:0] potential;
    wire [PE-1:0] reached, fired;  // V >= 0; so it was at the tick before
    wire event_valid = s_axis_tvalid && open;
    assign s_axis_tready = open && event_ready;

    if (FOLDS == 1) begin : g_whole
        logic [PE-1:0] fired_q;
        assign event_ready = 1'b1;
        assign pass_last = 1'b1;
        assign fired = fired_q;
        always_ff @(posedge clk) if (step_q[SHOWN]) fired_q <= reached;
        integrator #(
            .IN_FEATURES(IN_FEATURES), .INDEX_W(IN_INDEX_W), .NEURONS(OUT_FEATURES), .WEIGHT_W(WEIGHT_W),
            .SLOPE_W(SLOPE_W), .ACC_W(ACC_W), .FIRE_SLOPE(1 << SHIFT), .WEIGHT_FILE(WEIGHT_FILE),
            .START_FILE(START_FILE)
        ) neurons (
            .clk, .rst, .event_valid, .event_data(s_axis_tdata), .event_last(s_axis_tlast),
            .reload(final_pass), .step, .done, .potential
        );
    end else begin : g_folded
        wire [FOLD_W-1:0] fold;
        (* ram_style = "distributed" *) logic [PE-1:0] was_reached[0:(1<<FOLD_W)-1];
        assign fired = was_reached[fold];
        always_ff @(posedge clk) if (step_q[SHOWN]) was_reached[fold] <= reached;
        integrator_folded #(
            .IN_FEATURES(IN_FEATURES), .INDEX_W(IN_INDEX_W), .NEURONS(OUT_FEATURES), .PE(PE), .WEIGHT_W(WEIGHT_W),
            .SLOPE_W(SLOPE_W), .ACC_W(ACC_W), .FIRE_SLOPE(1 << SHIFT), .WEIGHT_FILE(WEIGHT_FILE),
            .START_FILE(START_FILE), .FOLD_W(FOLD_W)
        ) neurons (
            .clk, .rst, .event_valid, .event_data(s_axis_tdata), .event_ready, .event_last(s_axis_tlast),
            .reload(state_q == RELOAD), .step, .pass_last, .done, .fold, .potential
        );
    end
    for (genvar i = 0; i < PE; i++) begin : g_reached
        assign reached[i] = !potential[i*ACC_W+ACC_W-1];
    end

    always_ff @(posedge clk) begin
        if (event_valid && event_ready && s_axis_tlast) state_q <= FLUSH;
        if (done) state_q <= FIRE;
        if (step && pass_last) tick_q <= last_tick ? 0 : tick_q + 1'b1;
        if (final_pass && FOLDS > 1) state_q <= RELOAD;
        if (rst || (FOLDS > 1 ? state_q == RELOAD && pass_last : final_pass)) state_q <= INTEGRATE;
        step_q  <= SHOWN'({step_q, step});
        first_q <= SHOWN'({first_q, tick_q == 0});
        end_q   <= SHOWN'({end_q, pass_last});
        last_q  <= SHOWN'({last_q, last_tick});
        if (rst) begin
            tick_q <= 0;
            step_q <= 0;
        end
    end

    spike_serializer #(.NEURONS(OUT_FEATURES), .PE(PE), .INDEX_W(OUT_INDEX_W)) serializer (
        .clk, .rst, .push(step_q[SHOWN]), .push_spikes(reached & ~(first_q[SHOWN] ? '0 : fired)),
        .push_end(end_q[SHOWN]), .push_last(last_q[SHOWN]), .room,
        .m_axis_tdata, .m_axis_tvalid, .m_axis_tready, .m_axis_tlast
    );
endmodule
`default_nettype wire
