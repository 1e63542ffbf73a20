// Sends the earliness of the neurons that fire, and of the last one, out of NEURONS sums that stay as they are.
//
// Equation: x = clamp(sum >> SHIFT, 0, 2^TIME_W - 1); a neuron fires where x > 0.
// Neurons lie in groups of 8. Who fires is noted for all at once, and which groups have any: a silent group
// costs nothing, and its sums are not looked at. Ascending index; the last neuron is always sent.
//
//   sums -> [who fires] -> [next group] -> [its 8 sums] -> lowest -> [sum] -> clamp -> x
//
// Shapes: NEURONS sums of ACC_W bits, signed; out {x, index}, `last` with neuron NEURONS - 1. LSB: one tick.
// Rounding: floor. Overflow: saturates at 0 and 2^TIME_W - 1.
// Cycles: the first comes 4 cycles after `start`, then one per cycle while there is room; `finished` as soon as
// the sums are no longer needed.
`default_nettype none

module fire #(
    parameter integer NEURONS = 0,
    parameter integer ACC_W = 0,   // bits of a sum, signed
    parameter integer SHIFT = -1,
    parameter integer TIME_W = 0,  // bits of x, unsigned
    parameter integer INDEX_W = 0  // bits, 2^INDEX_W >= NEURONS
) (
    input  wire logic                     clk,
    input  wire logic                     rst,
    input  wire logic                     start,     // one cycle: the sums are there
    // verilator lint_off UNUSEDSIGNAL
    input  wire logic [NEURONS*ACC_W-1:0] sums,      // the floor drops the bits below SHIFT
    // verilator lint_on UNUSEDSIGNAL
    input  wire logic                     room,      // one more may come
    output      logic                     valid,
    output      logic [TIME_W-1:0]        x,
    output      logic [INDEX_W-1:0]       index,
    output      logic                     last,
    output      logic                     finished   // one cycle: the sums may change
);
    if (NEURONS < 1 || NEURONS > (1 << INDEX_W) || ACC_W < 1 || SHIFT < 0 || TIME_W < 1) begin : g_check
        $error("fire: NEURONS=%0d INDEX_W=%0d ACC_W=%0d SHIFT=%0d TIME_W=%0d", NEURONS, INDEX_W, ACC_W, SHIFT, TIME_W);
    end

    localparam integer GROUP = 8;
    localparam integer GROUPS = (NEURONS + GROUP - 1) / GROUP;
    localparam integer GROUP_W = GROUPS > 1 ? $clog2(GROUPS) : 1;
    localparam integer KEPT_W = ACC_W > SHIFT ? ACC_W - SHIFT : 1;  // bits of a sum in ticks, the sign if none is left
    localparam integer LOWEST = ACC_W > SHIFT ? SHIFT : ACC_W - 1;

    wire [GROUPS*GROUP*KEPT_W-1:0] ticks;  // sums >> SHIFT; places without a neuron are silent
    wire [GROUPS*GROUP-1:0] fires;
    wire [GROUPS-1:0] any;
    for (genvar i = 0; i < GROUPS * GROUP; i++) begin : g_neuron
        if (i < NEURONS) begin : g_there
            wire [KEPT_W-1:0] tick = sums[i*ACC_W+LOWEST+:KEPT_W];
            assign ticks[i*KEPT_W+:KEPT_W] = tick;
            assign fires[i] = i == NEURONS - 1 ? 1'b1 : !tick[KEPT_W-1] && tick != 0;
        end else begin : g_none
            assign ticks[i*KEPT_W+:KEPT_W] = '0;
            assign fires[i] = 1'b0;
        end
    end
    for (genvar g = 0; g < GROUPS; g++) begin : g_any
        assign any[g] = |fires[g*GROUP+:GROUP];
    end

    // ---- Who fires; the group that comes next.
    logic [GROUPS*GROUP-1:0] fires_q;
    logic [GROUPS-1:0] any_q;
    logic next_valid_q;
    logic [GROUP_W-1:0] next_q;
    wire take_group;  // the next group's sums are taken
    wire [GROUPS-1:0] other = any_q & (any_q - 1'b1);
    wire [GROUPS-1:0] nearest = any_q & ~other;  // one-hot, or zero
    logic [GROUP_W-1:0] nearest_group;
    always_comb begin
        nearest_group = 0;
        for (int g = 0; g < GROUPS; g++) if (nearest[g]) nearest_group = nearest_group | GROUP_W'(g);
    end
    always_ff @(posedge clk) begin
        if (start) fires_q <= fires;
        if (take_group || !next_valid_q) begin
            next_q       <= nearest_group;
            next_valid_q <= any_q != 0;
            any_q        <= other;
        end
        if (start) any_q <= any;
        if (rst) begin
            any_q        <= 0;
            next_valid_q <= 1'b0;
        end
    end

    // ---- The group at work.
    logic [GROUP-1:0] pending_q;  // who was not sent
    logic [GROUP_W-1:0] group_q;
    logic [GROUP*KEPT_W-1:0] ticks_q;
    logic finished_q;
    wire [GROUP-1:0] rest = pending_q & (pending_q - 1'b1);
    wire [GROUP-1:0] lowest = pending_q & ~rest;
    wire send = room && pending_q != 0;
    assign take_group = next_valid_q && (pending_q == 0 || (send && rest == 0));

    logic [GROUP-1:0] next_fires;
    logic [GROUP*KEPT_W-1:0] next_ticks;
    always_comb begin
        next_fires = fires_q[GROUP-1:0];
        next_ticks = ticks[GROUP*KEPT_W-1:0];
        for (int g = 1; g < GROUPS; g++) begin
            if (next_q == GROUP_W'(g)) begin
                next_fires = fires_q[g*GROUP+:GROUP];
                next_ticks = ticks[g*GROUP*KEPT_W+:GROUP*KEPT_W];
            end
        end
    end

    logic [KEPT_W-1:0] tick;
    logic [2:0] lane;
    always_comb begin
        tick = '0;
        lane = 0;
        for (int l = 0; l < GROUP; l++) begin
            if (lowest[l]) begin
                tick = tick | ticks_q[l*KEPT_W+:KEPT_W];
                lane = lane | 3'(l);
            end
        end
    end

    logic valid_q, last_q;
    logic signed [KEPT_W-1:0] tick_q;
    logic [INDEX_W-1:0] index_q;
    always_ff @(posedge clk) begin
        if (take_group) begin
            pending_q <= next_fires;
            group_q   <= next_q;
            ticks_q   <= next_ticks;
        end else if (send) begin
            pending_q <= rest;
        end
        finished_q <= take_group && next_q == GROUP_W'(GROUPS - 1);
        valid_q    <= send;
        last_q     <= group_q == GROUP_W'(GROUPS - 1) && rest == 0;
        tick_q     <= tick;
        index_q    <= INDEX_W'({group_q, lane});
        if (rst) begin
            pending_q  <= 0;
            finished_q <= 1'b0;
            valid_q    <= 1'b0;
        end
    end
    shift_clamp #(.IN_W(KEPT_W), .SHIFT(0), .OUT_W(TIME_W), .OUT_SIGNED(0)) u_clamp (.acc(tick_q), .out(x));
    assign valid = valid_q;
    assign index = index_q;
    assign last = last_q;
    assign finished = finished_q;
endmodule
`default_nettype wire
