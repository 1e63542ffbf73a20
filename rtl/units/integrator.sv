// Potentials of NEURONS neurons driven by an event stream: the part that B1 layers and read-out share.
//
// Equation, per neuron i, event by event {tick, spike, index}:
//   spike: slope_i += W[i, index]        tick: potential_i += slope_i (with this event's spike already in)
// so that after a window an input with earliness x (its spike x ticks before the end) has added W * x.
// No multiplier. `reload` sets potential := START (a constant per neuron) and slope := 0; after the last
// event slope := FIRE_SLOPE, and each `step` adds it to the potential.
//
//   event -> [ROM word] -> [ROM out] -> [slope += w] -> [potential += slope] -> done
//
//   ROM word of input j: | W[NEURONS-1, j] | ... | W[1, j] | W[0, j] |   WEIGHT_W bits each
//   start, a single word: | START[NEURONS-1] | ... | START[1] | START[0] |   ACC_W bits each
//
// LSB: the weight's. Cycles: one event per cycle; `done` 3 cycles after the last event was taken, the final
// potentials one cycle later. Rounding: none. Overflow: SLOPE_W and ACC_W hold every partial
// sum (derived from the weights), so the sums wrap harmlessly where SLOPE_W < WEIGHT_W.
`default_nettype none

module integrator #(
    parameter integer IN_FEATURES = 0,
    parameter integer INDEX_W = 0,   // bits of an input's index
    parameter integer NEURONS = 0,
    parameter integer WEIGHT_W = 0,  // bits, signed
    parameter integer SLOPE_W = 0,   // bits, signed
    parameter integer ACC_W = 0,     // bits, signed, at least SLOPE_W
    parameter integer FIRE_SLOPE = 0,
    parameter WEIGHT_FILE = "",      // IN_FEATURES words of NEURONS * WEIGHT_W bits, neuron 0 lowest
    parameter START_FILE = ""        // one word of NEURONS * ACC_W bits, neuron 0 lowest
) (
    input  wire logic                     clk,
    input  wire logic                     rst,
    input  wire logic                     event_valid,
    input  wire logic [INDEX_W+1:0]       event_data,   // {tick, spike, index}
    input  wire logic                     event_last,   // with event_valid: the window's last event
    input  wire logic                     reload,
    input  wire logic                     step,
    output      logic                     done,         // one cycle: from the next on the potentials are final
    output      logic [NEURONS*ACC_W-1:0] potential
);
    if (NEURONS < 1 || WEIGHT_W < 1 || SLOPE_W < 1 || ACC_W < SLOPE_W) begin : g_check
        $error("integrator: NEURONS=%0d WEIGHT_W=%0d SLOPE_W=%0d ACC_W=%0d", NEURONS, WEIGHT_W, SLOPE_W, ACC_W);
    end

    wire [NEURONS*WEIGHT_W-1:0] row;
    weight_rom #(
        .DEPTH(IN_FEATURES), .WIDTH(NEURONS * WEIGHT_W), .FILE(WEIGHT_FILE), .ADDRESS_W(INDEX_W)
    ) rom (
        .clk, .en(1'b1), .address(event_data[INDEX_W-1:0]), .data(row)
    );

    // A memory of one word: synthesis sees constants, which become the reset values of the potentials.
    logic [NEURONS*ACC_W-1:0] start[0:0];
    initial $readmemh(START_FILE, start);

    // Bit s: the event that has passed s + 1 registers. A spike and a tick are only looked at where valid.
    logic [1:0] spike_q;
    logic [2:0] tick_q;
    logic [2:0] last_q;
    always_ff @(posedge clk) begin
        spike_q <= {spike_q[0], event_valid & event_data[INDEX_W]};
        tick_q  <= {tick_q[1:0], event_valid & event_data[INDEX_W+1]};
        last_q  <= {last_q[1:0], event_valid & event_last};
        if (rst) begin
            spike_q <= 0;
            tick_q  <= 0;
            last_q  <= 0;
        end
    end
    assign done = last_q[2];

    for (genvar i = 0; i < NEURONS; i++) begin : g_neuron
        wire signed [SLOPE_W-1:0] weight = SLOPE_W'($signed(row[i*WEIGHT_W+:WEIGHT_W]));
        logic signed [SLOPE_W-1:0] slope_q;
        logic signed [ACC_W-1:0] potential_q;
        always_ff @(posedge clk) begin
            if (rst || reload) slope_q <= 0;
            else if (done) slope_q <= SLOPE_W'(FIRE_SLOPE);
            else if (spike_q[1]) slope_q <= slope_q + weight;
            if (rst || reload) potential_q <= start[0][i*ACC_W+:ACC_W];
            else if (tick_q[2] || step) potential_q <= potential_q + ACC_W'(slope_q);
        end
        assign potential[i*ACC_W+:ACC_W] = potential_q;
    end
endmodule
`default_nettype wire
