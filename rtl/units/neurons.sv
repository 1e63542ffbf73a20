// Sums of PE neurons, all of them at once: what B1 layer and read-out add up, spike by spike, in registers.
//
// Equation: sum_i = b_i + sum over spikes {x, j} of W[i, j] * x. With MULTIPLIER = 1 one DSP slice per neuron
// multiplies and adds; with 0 a weight register is doubled twice per step while d_j * w, d_j in -2 ... 2, is
// added (see spike_steps): one LUT per bit of the sum, no multiplier.
//
//   event -> [steps] -> row -+-> [weight, or 4 * weight] -> * d_j --+-> [sum], begins as b
//                            +-> [weight] * [x] -> [product] -------+
//
//   ROM word of input j: | W[PE-1, j] | ... | W[1, j] | W[0, j] |   WEIGHT_W bits each
//   start, a single word: | b[PE-1] | ... | b[1] | b[0] |   ACC_W bits each
//
// Shapes: events {x, index} of TIME_W + INDEX_W bits, the sample's last with `event_last`. LSB: the weight's.
// Rounding: none. Overflow: none, ACC_W holds every sum.
// Cycles: one event per step; `done` and the final sums 5 cycles after the last event was taken, plus its
// steps but one. They stay until the next sample's first event, which is taken after `reopen` and begins with the biases.
`default_nettype none

module neurons #(
    parameter integer IN_FEATURES = 0,
    parameter integer INDEX_W = 0,      // bits of an input's index
    parameter integer PE = 0,
    parameter integer WEIGHT_W = 0,     // bits, signed
    parameter integer TIME_W = 0,       // bits of x, unsigned
    parameter integer ACC_W = 0,        // bits, signed
    parameter integer MULTIPLIER = -1,  // 0 or 1
    parameter WEIGHT_FILE = "",         // IN_FEATURES words of PE * WEIGHT_W bits, neuron 0 lowest
    parameter START_FILE = ""           // biases: one word of PE * ACC_W bits, neuron 0 lowest
) (
    input  wire logic                      clk,
    input  wire logic                      rst,
    input  wire logic [TIME_W+INDEX_W-1:0] event_data,
    input  wire logic                      event_valid,
    output      logic                      event_ready,
    input  wire logic                      event_last,
    input  wire logic                      reopen,
    output      logic                      done,   // one cycle: from now on the sums are final
    output      logic [PE*ACC_W-1:0]       sums    // neuron 0 lowest
);
    if (WEIGHT_W < 1 || ACC_W < 1) begin : g_check
        $error("neurons: WEIGHT_W=%0d ACC_W=%0d", WEIGHT_W, ACC_W);
    end

    localparam integer GROUP = 8;  // neurons per copy of the control registers
    localparam integer FULL_W = WEIGHT_W + TIME_W;
    localparam integer PRODUCT_W = FULL_W < ACC_W ? FULL_W : ACC_W;  // no product is wider than its sum

    wire step, begins, fresh, final_step;
    wire [PE*WEIGHT_W-1:0] row;
    // verilator lint_off UNUSEDSIGNAL
    wire [TIME_W-1:0] x;  // with a multiplier
    wire [2:0] digit;     // without one
    wire ends, fold;      // of passes, of which there is one
    // verilator lint_on UNUSEDSIGNAL
    spike_steps #(
        .IN_FEATURES(IN_FEATURES), .INDEX_W(INDEX_W), .PE(PE), .FOLDS(1), .FOLD_W(1), .SPAN(1), .WEIGHT_W(WEIGHT_W),
        .TIME_W(TIME_W), .MULTIPLIER(MULTIPLIER), .WEIGHT_FILE(WEIGHT_FILE)
    ) steps (
        .clk, .rst, .event_data, .event_valid, .event_ready, .event_last, .reopen,
        .step, .begins, .ends, .fresh, .final_step, .fold, .x, .digit, .row
    );

    // A memory of one word: synthesis sees constants.
    logic [PE*ACC_W-1:0] start[0:0];
    initial $readmemh(START_FILE, start);

    logic [2:0] final_q;
    // verilator lint_off UNUSEDSIGNAL
    logic [2:0] digit_q;  // without a multiplier
    // verilator lint_on UNUSEDSIGNAL
    always_ff @(posedge clk) begin
        digit_q <= digit;
        final_q <= {final_q[1:0], step && final_step};
        if (rst) final_q <= 0;
    end
    assign done = final_q[2];

    for (genvar g = 0; g * GROUP < PE; g++) begin : g_group
        localparam integer COUNT = PE - g * GROUP < GROUP ? PE - g * GROUP : GROUP;
        // Equal in all groups: `keep` holds synthesis from merging them, in Yosys on the process, in Vivado on the register.
        (* keep = "true" *) logic step3_q, step4_q, fresh3_q;
        (* keep *) always_ff @(posedge clk) begin
            step3_q  <= step;
            step4_q  <= step3_q;
            fresh3_q <= step && fresh && begins;
        end

        if (MULTIPLIER == 1) begin : g_dsp
            (* keep = "true" *) logic fresh4_q;
            (* keep = "true" *) logic [TIME_W-1:0] x_q;
            (* keep *) always_ff @(posedge clk) begin
                fresh4_q <= fresh3_q;
                x_q      <= x;
            end
            for (genvar i = g * GROUP; i < g * GROUP + COUNT; i++) begin : g_neuron
                wire signed [WEIGHT_W-1:0] weight = row[i*WEIGHT_W+:WEIGHT_W];
                wire signed [TIME_W:0] factor = {1'b0, x_q};
                logic signed [PRODUCT_W-1:0] product_q;
                logic signed [ACC_W-1:0] sum_q;
                always_ff @(posedge clk) begin
                    product_q <= PRODUCT_W'((FULL_W + 1)'(weight) * (FULL_W + 1)'(factor));
                    if (step4_q) sum_q <= ACC_W'(product_q) + (fresh4_q ? start[0][i*ACC_W+:ACC_W] : sum_q);
                end
                assign sums[i*ACC_W+:ACC_W] = sum_q;
            end
        end else begin : g_shift
            (* keep = "true" *) logic begins_q, minus_q, once_q, twice_q;
            (* keep *) always_ff @(posedge clk) begin
                begins_q <= begins;
                minus_q  <= digit_q[2];
                once_q   <= digit_q[1] ^ digit_q[0];
                twice_q  <= digit_q[2] ? digit_q[1:0] == 2'b00 : digit_q[1:0] == 2'b11;
            end
            for (genvar i = g * GROUP; i < g * GROUP + COUNT; i++) begin : g_neuron
                logic signed [PRODUCT_W-1:0] weight_q;  // times 4^j
                logic signed [ACC_W-1:0] sum_q;
                wire signed [ACC_W-1:0] weight = ACC_W'(weight_q);
                wire [ACC_W-1:0] term = (once_q ? weight : twice_q ? weight << 1 : '0) ^ {ACC_W{minus_q}};
                // verilator lint_off UNUSEDSIGNAL
                wire [ACC_W:0] sum = {sum_q, 1'b1} + {term, minus_q};  // the lowest bit carries the minus in
                // verilator lint_on UNUSEDSIGNAL
                always_ff @(posedge clk) begin
                    weight_q <= begins_q ? PRODUCT_W'($signed(row[i*WEIGHT_W+:WEIGHT_W])) : weight_q << 2;
                    if (fresh3_q) sum_q <= start[0][i*ACC_W+:ACC_W];
                    else if (step4_q) sum_q <= sum[ACC_W:1];
                end
                assign sums[i*ACC_W+:ACC_W] = sum_q;
            end
        end
    end
endmodule
`default_nettype wire
