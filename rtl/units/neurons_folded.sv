// Sums of NEURONS neurons, PE of them at once: as `neurons`, but folded, with the sums in LUT memory.
//
// Equation: sum_i = b_i + sum over spikes {x, j} of W[i, j] * x. A spike takes NEURONS / PE passes; pass k adds
// to neurons k * PE ... k * PE + PE - 1. MULTIPLIER = 1: a DSP slice per neuron of a pass multiplies and adds.
// 0: products are made by doubling and adding (see spike_products).
// After a sample's last spike `unload` sends the sums out, one neuron after the other; b is added there, once.
//
//   event -> [steps] -> row -> [products] -+--> sums[k]
//                      sums[k], or 0 -> [c] +        +-> neuron of c -> [+ b] -> sum
//
// One neuron of c is chosen by reading the others as 0, and all are or-ed: 16 neurons of 24 bits take 88 LUTs, where
// a multiplexer took 313.
//
//   ROM word of input j, fold k: | W[k * PE + PE-1, j] | ... | W[k * PE, j] |   WEIGHT_W bits each
//   start, word i: | b[i] |   ACC_W bits
//
// Shapes: events {x, index} of TIME_W + INDEX_W bits, the sample's last with `event_last`; out one sum of ACC_W
// bits, neuron 0 first. LSB: the weight's. Rounding: none. Overflow: none, ACC_W holds every sum.
// Cycles: one event per NEURONS / PE passes; `done` 6 cycles after the last event was taken, 7 without a
// multiplier, plus its steps but one; a sum comes 4 cycles after its `unload`. With the last one the next sample's
// events are taken.
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
    localparam integer LATENCY = MULTIPLIER == 1 ? 1 : 2;  // row -> product
    localparam integer FOLD_W = $clog2(FOLDS);
    localparam integer LANE_W = PE > 1 ? $clog2(PE) : 1;
    // A bit to spare with a multiplier: Yosys makes products of less than 9 bits in LUTs.
    localparam integer FULL_W = WEIGHT_W + TIME_W + MULTIPLIER;
    localparam integer PRODUCT_W = FULL_W < ACC_W ? FULL_W : ACC_W;  // no product is wider than its sum

    wire step, begins, ends, fresh, final_step;
    wire [FOLD_W-1:0] fold;
    wire [PE*WEIGHT_W-1:0] row;
    wire [TIME_W-1:0] x;
    wire [4:0] digits;
    logic reopen_q;
    spike_steps #(
        .IN_FEATURES(IN_FEATURES), .INDEX_W(INDEX_W), .PE(PE), .FOLDS(FOLDS), .FOLD_W(FOLD_W), .SPAN(SPAN),
        .WEIGHT_W(WEIGHT_W), .TIME_W(TIME_W), .MULTIPLIER(MULTIPLIER), .WEIGHT_FILE(WEIGHT_FILE)
    ) steps (
        .clk, .rst, .event_data, .event_valid, .event_ready, .event_last, .reopen(reopen_q),
        .step, .begins, .ends, .fresh, .final_step, .fold, .x, .digits, .row
    );

    // ---- Unloading: neuron by neuron. Stage 1: row of sums addressed, 2: read, 3: one of them, 4: its bias added.
    logic done_q;
    logic [LATENCY+1:1] final_q;  // bit s: s registers behind the step
    logic [FOLD_W-1:0] unload_fold_q;
    logic [LANE_W-1:0] lane_q;
    logic [NEURON_W-1:0] index_q, index1_q, index2_q, index3_q, index4_q;
    logic [4:1] valid_q, last_q;
    wire row_ends = lane_q == LANE_W'(PE - 1);
    wire take = done_q && unload;
    wire all = row_ends && unload_fold_q == FOLD_W'(FOLDS - 1);
    always_ff @(posedge clk) begin
        final_q  <= (LATENCY + 1)'({final_q, step && final_step});
        reopen_q <= take && all;
        valid_q  <= {valid_q[3:1], take};
        last_q   <= {last_q[3:1], all};
        index1_q <= index_q;
        index2_q <= index1_q;
        index3_q <= index2_q;
        index4_q <= index3_q;
        if (take) begin
            lane_q  <= row_ends ? 0 : lane_q + 1'b1;
            index_q <= all ? 0 : index_q + 1'b1;
            if (row_ends) unload_fold_q <= all ? 0 : unload_fold_q + 1'b1;
        end
        if (final_q[LATENCY+1]) done_q <= 1'b1;
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

    // ---- Sums: read one cycle before the product is there, written with it. Bit s: s registers behind the step.
    // zero_q: the sample's first, or another neuron is unloaded.
    wire [PE*ACC_W-1:0] old;
    logic [LATENCY:1] ends_q;
    wire [FOLD_W-1:0] late_fold;  // one register less than the row of sums is read with
    wire late_fresh;
    always_ff @(posedge clk) ends_q <= LATENCY'({ends_q, step && ends});
    if (LATENCY == 1) begin : g_with
        assign late_fold = fold;
        assign late_fresh = fresh;
    end else begin : g_without
        logic [FOLD_W-1:0] fold_q;
        logic fresh_q;
        always_ff @(posedge clk) begin
            fold_q  <= fold;
            fresh_q <= fresh;
        end
        assign late_fold = fold_q;
        assign late_fresh = fresh_q;
    end

    for (genvar g = 0; g * GROUP < PE; g++) begin : g_group
        localparam integer COUNT = PE - g * GROUP < GROUP ? PE - g * GROUP : GROUP;
        wire [COUNT*PRODUCT_W-1:0] group_products;
        spike_products #(
            .PE(COUNT), .WEIGHT_W(WEIGHT_W), .TIME_W(TIME_W), .PRODUCT_W(PRODUCT_W), .MULTIPLIER(MULTIPLIER)
        ) u_products (
            .clk, .begins, .digits, .x, .row(row[g*GROUP*WEIGHT_W+:COUNT*WEIGHT_W]), .products(group_products)
        );

        // Copies, one per group: see spike_products.
        (* keep = "true" *) logic put_q;
        (* keep = "true" *) logic [FOLD_W-1:0] fold_q, put_fold_q;
        (* keep *) always_ff @(posedge clk) begin
            put_q      <= ends_q[LATENCY];
            fold_q     <= done_q ? unload_fold_q : late_fold;
            put_fold_q <= fold_q;
        end
        for (genvar n = 0; n < COUNT; n++) begin : g_neuron
            wire signed [PRODUCT_W-1:0] product = group_products[n*PRODUCT_W+:PRODUCT_W];
            logic zero_q;
            logic signed [ACC_W-1:0] old_q;
            (* ram_style = "distributed" *) logic [ACC_W-1:0] sums[0:(1<<FOLD_W)-1];
            always_ff @(posedge clk) begin
                zero_q <= done_q ? lane_q != LANE_W'(g * GROUP + n) : late_fresh;
                old_q <= sums[fold_q];
                if (zero_q) old_q <= 0;
                if (put_q) sums[put_fold_q] <= old_q + ACC_W'(product);
            end
            assign old[(g*GROUP+n)*ACC_W+:ACC_W] = old_q;
        end
    end

    // ---- One neuron's sum: the others of its row have been read as zero.
    wire signed [ACC_W-1:0] bias;
    weight_rom #(.DEPTH(NEURONS), .WIDTH(ACC_W), .FILE(START_FILE), .ADDRESS_W(NEURON_W)) biases (
        .clk, .en(1'b1), .address(index1_q), .data(bias)
    );
    logic [ACC_W-1:0] one;
    always_comb begin
        one = '0;
        for (int lane = 0; lane < PE; lane++) one = one | old[lane*ACC_W+:ACC_W];
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
