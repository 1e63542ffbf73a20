// Sums of NEURONS neurons, PE of them at once: as `neurons`, but folded, with the sums in LUT memory.
//
// Equation: sum_i = b_i + sum over spikes {x, j} of W[i, j] * x. A spike takes NEURONS / PE passes; pass k adds
// to neurons k * PE ... k * PE + PE - 1. MULTIPLIER = 1: a DSP slice per neuron of a pass multiplies and adds.
// 0: the product is made digit by digit, highest first, as 4 * product + d_j * w (see spike_steps), then added.
// After a sample's last spike `unload` sends the sums out, one neuron after the other; b is added there, once.
//
//   event -> [steps] -> row -> [product] --+--> sums[k]
//                      sums[k], or 0 -> [c] +        +-> neuron of c -> [+ b] -> sum
//
//   ROM word of input j, fold k: | W[k * PE + PE-1, j] | ... | W[k * PE, j] |   WEIGHT_W bits each
//   start, word i: | b[i] |   ACC_W bits
//
// Shapes: events {x, index} of TIME_W + INDEX_W bits, the sample's last with `event_last`; out one sum of ACC_W
// bits, neuron 0 first. LSB: the weight's. Rounding: none. Overflow: none, ACC_W holds every sum.
// Cycles: one event per NEURONS / PE passes; `done` 6 cycles after the last event was taken, plus its steps but
// one; a sum comes 4 cycles after its `unload`. With the last one the next sample's events are taken.
`default_nettype none

module neurons_folded #(
    parameter integer IN_FEATURES = 0,
    parameter integer INDEX_W = 0,      // bits of an input's index
    parameter integer NEURONS = 0,      // multiple of PE, and more than that
    parameter integer PE = 0,
    parameter integer WEIGHT_W = 0,     // bits, signed
    parameter integer TIME_W = 0,       // bits of x, unsigned
    parameter integer ACC_W = 0,        // bits, signed
    parameter integer MULTIPLIER = -1,  // 0 or 1
    parameter integer SPAN = 0,         // folds per ROM word, 1 or NEURONS / PE
    parameter WEIGHT_FILE = "",         // IN_FEATURES * NEURONS / PE / SPAN words of SPAN * PE * WEIGHT_W bits
    parameter START_FILE = "",          // biases: NEURONS words of ACC_W bits
    parameter integer NEURON_W = 0      // bits of a neuron's number
) (
    input  wire logic                      clk,
    input  wire logic                      rst,
    input  wire logic [TIME_W+INDEX_W-1:0] event_data,
    input  wire logic                      event_valid,
    output      logic                      event_ready,
    input  wire logic                      event_last,
    output      logic                      done,        // all sums are final, until the last one is unloaded
    input  wire logic                      unload,      // while done: the next neuron's sum
    output      logic                      sum_valid,
    output      logic signed [ACC_W-1:0]   sum,
    output      logic [NEURON_W-1:0]       sum_index,
    output      logic                      sum_last     // of the sample
);
    localparam integer FOLDS = NEURONS / PE;
    if (PE < 1 || NEURONS % PE != 0 || FOLDS < 2 || WEIGHT_W < 1 || ACC_W < 1 || NEURONS > (1 << NEURON_W))
    begin : g_check
        $error("neurons_folded: NEURONS=%0d PE=%0d WEIGHT_W=%0d ACC_W=%0d NEURON_W=%0d", NEURONS, PE, WEIGHT_W,
               ACC_W, NEURON_W);
    end

    localparam integer GROUP = 8;  // neurons per copy of the control registers
    localparam integer FOLD_W = $clog2(FOLDS);
    localparam integer LANE_W = PE > 1 ? $clog2(PE) : 1;
    localparam integer FULL_W = WEIGHT_W + TIME_W;
    localparam integer PRODUCT_W = FULL_W < ACC_W ? FULL_W : ACC_W;  // no product is wider than its sum

    wire step, ends, fresh, final_step;
    wire [FOLD_W-1:0] fold;
    wire [PE*WEIGHT_W-1:0] row;
    // verilator lint_off UNUSEDSIGNAL
    wire begins;          // without a multiplier
    wire [TIME_W-1:0] x;  // with one
    wire [2:0] digit;     // without
    // verilator lint_on UNUSEDSIGNAL
    logic reopen_q;
    spike_steps #(
        .IN_FEATURES(IN_FEATURES), .INDEX_W(INDEX_W), .PE(PE), .FOLDS(FOLDS), .FOLD_W(FOLD_W), .SPAN(SPAN),
        .WEIGHT_W(WEIGHT_W), .TIME_W(TIME_W), .MULTIPLIER(MULTIPLIER), .WEIGHT_FILE(WEIGHT_FILE)
    ) steps (
        .clk, .rst, .event_data, .event_valid, .event_ready, .event_last, .reopen(reopen_q),
        .step, .begins, .ends, .fresh, .final_step, .fold, .x, .digit, .row
    );

    // ---- Unloading: neuron by neuron. Stage 1: row of sums addressed, 2: read, 3: one of them, 4: its bias added.
    logic done_q;
    logic [1:0] final_q;
    logic [FOLD_W-1:0] unload_fold_q;
    logic [LANE_W-1:0] lane_q, lane1_q, lane2_q;
    logic [NEURON_W-1:0] index_q, index1_q, index2_q, index3_q, index4_q;
    logic [4:1] valid_q, last_q;
    wire row_ends = lane_q == LANE_W'(PE - 1);
    wire take = done_q && unload;
    wire all = row_ends && unload_fold_q == FOLD_W'(FOLDS - 1);
    always_ff @(posedge clk) begin
        final_q  <= {final_q[0], step && final_step};
        reopen_q <= take && all;
        valid_q  <= {valid_q[3:1], take};
        last_q   <= {last_q[3:1], all};
        lane1_q  <= lane_q;
        lane2_q  <= lane1_q;
        index1_q <= index_q;
        index2_q <= index1_q;
        index3_q <= index2_q;
        index4_q <= index3_q;
        if (take) begin
            lane_q  <= row_ends ? 0 : lane_q + 1'b1;
            index_q <= all ? 0 : index_q + 1'b1;
            if (row_ends) unload_fold_q <= all ? 0 : unload_fold_q + 1'b1;
        end
        if (final_q[1]) done_q <= 1'b1;
        if (take && all) done_q <= 1'b0;
        if (rst) begin
            done_q        <= 1'b0;
            final_q       <= 0;
            reopen_q      <= 1'b0;
            valid_q       <= 0;
            lane_q        <= 0;
            index_q       <= 0;
            unload_fold_q <= 0;
        end
    end
    assign done = done_q;

    // ---- Sums. Stage 3: row and address, 4: product and old sum, whose sum is written at its end.
    wire [PE*ACC_W-1:0] old;
    for (genvar g = 0; g * GROUP < PE; g++) begin : g_group
        localparam integer COUNT = PE - g * GROUP < GROUP ? PE - g * GROUP : GROUP;
        // Equal in all groups: `keep` holds synthesis from merging them, in Yosys on the process, in Vivado on the register.
        (* keep = "true" *) logic ends3_q, put4_q, fresh3_q;
        (* keep = "true" *) logic [FOLD_W-1:0] fold3_q, fold4_q;
        (* keep *) always_ff @(posedge clk) begin
            ends3_q  <= step && ends;
            put4_q   <= ends3_q;
            fresh3_q <= fresh && !done_q;
            fold3_q  <= done_q ? unload_fold_q : fold;
            fold4_q  <= fold3_q;
        end

        if (MULTIPLIER == 1) begin : g_dsp
            (* keep = "true" *) logic [TIME_W-1:0] x_q;
            (* keep *) always_ff @(posedge clk) x_q <= x;
        end else begin : g_shift
            (* keep = "true" *) logic begins_q, minus_q, once_q, twice_q;
            (* keep *) always_ff @(posedge clk) begin
                begins_q <= begins;
                minus_q  <= digit[2];
                once_q   <= digit[1] ^ digit[0];
                twice_q  <= digit[2] ? digit[1:0] == 2'b00 : digit[1:0] == 2'b11;
            end
        end

        for (genvar i = g * GROUP; i < g * GROUP + COUNT; i++) begin : g_neuron
            wire signed [WEIGHT_W-1:0] weight = row[i*WEIGHT_W+:WEIGHT_W];
            logic signed [PRODUCT_W-1:0] product_q;
            logic signed [ACC_W-1:0] old_q;
            (* ram_style = "distributed" *) logic [ACC_W-1:0] sums[0:(1<<FOLD_W)-1];
            always_ff @(posedge clk) begin
                old_q <= sums[fold3_q];
                if (fresh3_q) old_q <= 0;
                if (put4_q) sums[fold4_q] <= old_q + ACC_W'(product_q);
            end
            assign old[i*ACC_W+:ACC_W] = old_q;
            if (MULTIPLIER == 1) begin : g_product
                wire signed [TIME_W:0] factor = {1'b0, g_dsp.x_q};
                always_ff @(posedge clk) product_q <= PRODUCT_W'((FULL_W + 1)'(weight) * (FULL_W + 1)'(factor));
            end else begin : g_digit
                wire signed [PRODUCT_W-1:0] wide = PRODUCT_W'(weight);
                wire [PRODUCT_W-1:0] term =
                    (g_shift.once_q ? wide : g_shift.twice_q ? wide << 1 : '0) ^ {PRODUCT_W{g_shift.minus_q}};
                wire [PRODUCT_W-1:0] higher = g_shift.begins_q ? '0 : product_q << 2;
                // verilator lint_off UNUSEDSIGNAL
                wire [PRODUCT_W:0] next = {higher, 1'b1} + {term, g_shift.minus_q};  // the lowest bit carries the minus
                // verilator lint_on UNUSEDSIGNAL
                always_ff @(posedge clk) product_q <= next[PRODUCT_W:1];
            end
        end
    end

    // ---- One neuron's sum.
    wire signed [ACC_W-1:0] bias;
    weight_rom #(.DEPTH(NEURONS), .WIDTH(ACC_W), .FILE(START_FILE), .ADDRESS_W(NEURON_W)) biases (
        .clk, .en(1'b1), .address(index1_q), .data(bias)
    );
    logic [ACC_W-1:0] one;
    always_comb begin
        one = old[ACC_W-1:0];
        for (int lane = 1; lane < PE; lane++) if (lane2_q == LANE_W'(lane)) one = old[lane*ACC_W+:ACC_W];
    end
    logic signed [ACC_W-1:0] one_q, sum_q;
    always_ff @(posedge clk) begin
        one_q <= one;
        sum_q <= one_q + bias;
    end
    assign sum_valid = valid_q[4];
    assign sum_last = last_q[4];
    assign sum_index = index4_q;
    assign sum = sum_q;
endmodule
`default_nettype wire
