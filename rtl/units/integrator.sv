// Potentials of NEURONS neurons driven by an event stream: the part that B1 layers and read-out share.
//
// Equation, per neuron i, event by event {tick, spike, index}:
//   spike: slope_i += W[i, index]        tick: potential_i += slope_i (with this event's spike already in)
// so that after a window an input with earliness x (its spike x ticks before the end) has added W * x.
// No multiplier. `reload` sets potential := START (a constant per neuron) and slope := 0; after the last event
// slope := FIRE_SLOPE, and each `step` adds it to the potential. Both act one cycle later.
//
//   event -> [ROM word] -> [ROM out] -> [slope += w] -> [potential += slope]
//
//   ROM word of input j: | W[NEURONS-1, j] | ... | W[1, j] | W[0, j] |   WEIGHT_W bits each
//   start, a single word: | START[NEURONS-1] | ... | START[1] | START[0] |   ACC_W bits each
//
// What enables the neurons is decided a cycle earlier and has one register per group of 8 neurons.
//
// LSB: the weight's. Cycles: one event per cycle; `done` 2 cycles after the last event was taken, the final
// potentials 2 cycles after `done`, and before the first `step` that is given after it. Rounding: none.
// Overflow: SLOPE_W and ACC_W hold every partial sum (derived from the weights), so the sums wrap harmlessly
// where SLOPE_W < WEIGHT_W.
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
    input  wire logic                     reload,       // in the next cycle, as `step`, before which it goes
    input  wire logic                     step,
    output      logic                     done,         // one cycle
    output      logic [NEURONS*ACC_W-1:0] potential
);
    if (NEURONS < 1 || WEIGHT_W < 1 || SLOPE_W < 1 || ACC_W < SLOPE_W) begin : g_check
        $error("integrator: NEURONS=%0d WEIGHT_W=%0d SLOPE_W=%0d ACC_W=%0d", NEURONS, WEIGHT_W, SLOPE_W, ACC_W);
    end

    localparam integer GROUPS = (NEURONS + 7) / 8;

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
    logic spike_q;
    logic [1:0] tick_q;
    logic [1:0] last_q;
    always_ff @(posedge clk) begin
        spike_q <= event_valid & event_data[INDEX_W];
        tick_q  <= {tick_q[0], event_valid & event_data[INDEX_W+1]};
        last_q  <= {last_q[0], event_valid & event_last};
        if (rst) begin
            spike_q <= 1'b0;
            tick_q  <= 0;
            last_q  <= 0;
        end
    end
    assign done = last_q[1];

    // Equal in all groups: `keep` holds synthesis from merging them, in Yosys on the process, in Vivado on the register.
    for (genvar g = 0; g < GROUPS; g++) begin : g_group
        (* keep = "true", equivalent_register_removal = "no" *) logic reload_q, set_q, fire_q, weigh_q, add_q;
        (* keep *) always_ff @(posedge clk) begin
            reload_q <= rst || reload;
            set_q    <= rst || reload || done;
            fire_q   <= done && !rst;
            weigh_q  <= spike_q;
            add_q    <= tick_q[1] || step;
        end
    end

    for (genvar i = 0; i < NEURONS; i++) begin : g_neuron
        wire signed [SLOPE_W-1:0] weight = SLOPE_W'($signed(row[i*WEIGHT_W+:WEIGHT_W]));
        logic signed [SLOPE_W-1:0] slope_q;
        logic signed [ACC_W-1:0] potential_q;
        always_ff @(posedge clk) begin
            if (g_group[i/8].set_q) slope_q <= g_group[i/8].fire_q ? SLOPE_W'(FIRE_SLOPE) : 0;
            else if (g_group[i/8].weigh_q) slope_q <= slope_q + weight;
            if (g_group[i/8].reload_q) potential_q <= start[0][i*ACC_W+:ACC_W];
            else if (g_group[i/8].add_q) potential_q <= potential_q + ACC_W'(slope_q);
        end
        assign potential[i*ACC_W+:ACC_W] = potential_q;
    end
endmodule
`default_nettype wire
