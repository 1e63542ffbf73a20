// Sums of PE neurons, all of them at once: what B1 layer and read-out add up, spike by spike, in registers.
//
// Equation: sum_i = b_i + sum over spikes {x, j} of W[i, j] * x. With MULTIPLIER = 1 one DSP slice per neuron
// multiplies and adds; with 0 products are made by doubling and adding (see spike_products).
//
//   event -> [steps] -> row -> [products] -> [sums], begin as b
//
//   ROM word of input j: | W[PE-1, j] | ... | W[1, j] | W[0, j] |   WEIGHT_W bits each
//   start, a single word: | b[PE-1] | ... | b[1] | b[0] |   ACC_W bits each
//
// Shapes: events {x, index} of TIME_W + INDEX_W bits, the sample's last with `event_last`. LSB: the weight's.
// Rounding: none. Overflow: none, ACC_W holds every sum.
// Cycles: one event per step; `done` and the final sums 5 cycles after the last event was taken, 6 without a
// multiplier, plus its steps but one. They stay until the next sample's first event, which begins from the
// biases; it is taken after `reopen`.
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
    localparam integer LATENCY = MULTIPLIER == 1 ? 1 : 2;  // row -> product
    // A bit to spare with a multiplier: Yosys makes products of less than 9 bits in LUTs.
    localparam integer FULL_W = WEIGHT_W + TIME_W + MULTIPLIER;
    localparam integer PRODUCT_W = FULL_W < ACC_W ? FULL_W : ACC_W;  // no product is wider than its sum

    wire step, begins, fresh, final_step;
    wire [PE*WEIGHT_W-1:0] row;
    wire ends;
    wire [TIME_W-1:0] x;
    wire [4:0] digits;
    // verilator lint_off UNUSEDSIGNAL
    wire fold;  // there is one
    // verilator lint_on UNUSEDSIGNAL
    spike_steps #(
        .IN_FEATURES(IN_FEATURES), .INDEX_W(INDEX_W), .PE(PE), .FOLDS(1), .FOLD_W(1), .SPAN(1), .WEIGHT_W(WEIGHT_W),
        .TIME_W(TIME_W), .MULTIPLIER(MULTIPLIER), .WEIGHT_FILE(WEIGHT_FILE)
    ) steps (
        .clk, .rst, .event_data, .event_valid, .event_ready, .event_last, .reopen,
        .step, .begins, .ends, .fresh, .final_step, .fold, .x, .digits, .row
    );

    // A memory of one word: synthesis sees constants.
    logic [PE*ACC_W-1:0] start[0:0];
    initial $readmemh(START_FILE, start);

    // Bit s: s registers behind the step.
    logic [LATENCY:1] ends_q;
    logic [LATENCY+2:1] final_q;
    logic fresh_q;
    always_ff @(posedge clk) begin
        ends_q  <= LATENCY'({ends_q, step && ends});
        final_q <= (LATENCY + 2)'({final_q, step && final_step});
        fresh_q <= step && ends && fresh;
        if (rst) final_q <= 0;
    end
    assign done = final_q[LATENCY+2];

    for (genvar g = 0; g * GROUP < PE; g++) begin : g_group
        localparam integer COUNT = PE - g * GROUP < GROUP ? PE - g * GROUP : GROUP;
        wire [COUNT*PRODUCT_W-1:0] group_products;
        spike_products #(
            .PE(COUNT), .WEIGHT_W(WEIGHT_W), .TIME_W(TIME_W), .PRODUCT_W(PRODUCT_W), .MULTIPLIER(MULTIPLIER)
        ) u_products (
            .clk, .begins, .digits, .x, .row(row[g*GROUP*WEIGHT_W+:COUNT*WEIGHT_W]), .products(group_products)
        );

        // Copies, one per group: see spike_products.
        (* keep = "true" *) logic put_q, begin_q;
        (* keep *) always_ff @(posedge clk) begin
            put_q   <= ends_q[LATENCY];  // the product is there
            begin_q <= fresh_q;          // it is a sample's first, or will be in the next cycle without a multiplier
        end
        for (genvar n = 0; n < COUNT; n++) begin : g_neuron
            localparam integer I = g * GROUP + n;
            wire signed [PRODUCT_W-1:0] product = group_products[n*PRODUCT_W+:PRODUCT_W];
            wire signed [ACC_W-1:0] bias = start[0][I*ACC_W+:ACC_W];
            logic signed [ACC_W-1:0] sum_q;
            if (MULTIPLIER == 1) begin : g_dsp  // as DSP slices have it
                always_ff @(posedge clk) if (put_q) sum_q <= ACC_W'(product) + (begin_q ? bias : sum_q);
            end else begin : g_lut              // with set and reset of flip-flops
                always_ff @(posedge clk) begin
                    if (begin_q) sum_q <= bias;
                    else if (put_q) sum_q <= sum_q + ACC_W'(product);
                end
            end
            assign sums[I*ACC_W+:ACC_W] = sum_q;
        end
    end
endmodule
`default_nettype wire
