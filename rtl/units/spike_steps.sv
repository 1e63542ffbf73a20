// From spikes to steps: reads the weights of each spike, fold by fold, and says what to do with them.
//
// A spike {x, index} of a layer with PE * FOLDS neurons takes FOLDS passes; pass k is over the PE neurons
// k * PE ... k * PE + PE - 1. A pass is one step where a multiplier takes x whole. Without one (MULTIPLIER = 0)
// x is taken four bits at once, from the highest four that are not zero down (see spike_products).
//
//   event -> [x, address] -> [ROM word] -> [ROM out] -> row, with more folds -> fold -> [row]
//                    step, digits, fold ... one register before row, for the receiver's own copies
//
//   ROM word of input j, fold k, at address j * FOLDS + k: | W[k * PE + PE-1, j] | ... | W[k * PE, j] |
//   SPAN of them side by side, the first one lowest, make a word where a memory of single ones would be too deep.
//
// A sample's last event closes the input until `reopen`. LSB, rounding, overflow: none.
// Cycles: FOLDS * (bits of x / 4, rounded down, + 1), or FOLDS, steps per event without gaps; `row` of its first
// step is there 3 cycles after it was taken, 4 with more folds than one.
`default_nettype none

module spike_steps #(
    parameter integer IN_FEATURES = 0,
    parameter integer INDEX_W = 0,      // bits of an input's index
    parameter integer PE = 0,           // neurons at once
    parameter integer FOLDS = 0,        // passes per spike
    parameter integer FOLD_W = 0,       // bits of a fold's number
    parameter integer SPAN = 0,         // folds per ROM word, 1 or FOLDS
    parameter integer WEIGHT_W = 0,     // bits, signed
    parameter integer TIME_W = 0,       // bits of x, unsigned
    parameter integer MULTIPLIER = -1,  // 1: x whole, 0: four bits per step
    parameter WEIGHT_FILE = ""          // IN_FEATURES * FOLDS / SPAN words of SPAN * PE * WEIGHT_W bits
) (
    input  wire logic                      clk,
    input  wire logic                      rst,
    input  wire logic [TIME_W+INDEX_W-1:0] event_data,   // {x, index}
    input  wire logic                      event_valid,
    output      logic                      event_ready,
    input  wire logic                      event_last,
    input  wire logic                      reopen,       // after a sample's last event: take the next sample's
    output      logic                      step,         // with all below: one cycle before its row
    output      logic                      begins,       // first step of a pass
    output      logic                      ends,         // last step of a pass
    output      logic                      fresh,        // of the sample's first event
    output      logic                      final_step,   // of the sample's last event, the last of all
    output      logic [FOLD_W-1:0]         fold,
    output      logic [TIME_W-1:0]         x,
    output      logic [4:0]                digits,       // bits 4j+3 ... 4j-1 of x
    output      logic [PE*WEIGHT_W-1:0]    row
);
    if (IN_FEATURES < 1 || PE < 1 || FOLDS < 1 || TIME_W < 1 || MULTIPLIER < 0 || MULTIPLIER > 1) begin : g_check
        $error("spike_steps: IN_FEATURES=%0d PE=%0d FOLDS=%0d TIME_W=%0d MULTIPLIER=%0d", IN_FEATURES, PE, FOLDS,
               TIME_W, MULTIPLIER);
    end

    if (SPAN != 1 && SPAN != FOLDS) begin : g_check_2
        $error("spike_steps: SPAN=%0d FOLDS=%0d", SPAN, FOLDS);
    end

    localparam integer PARTS = FOLDS / SPAN;  // ROM words per input
    localparam integer ADDRESS_W = PARTS > 1 ? $clog2(IN_FEATURES * PARTS) : INDEX_W;
    localparam integer ROW_W = PE * WEIGHT_W;
    localparam integer STEPS = TIME_W / 4 + 1;  // at most
    localparam integer LEFT_W = STEPS > 2 ? $clog2(STEPS) : 1;

    // index * PARTS, by adders: this is no work for a multiplier.
    logic [ADDRESS_W-1:0] base;
    always_comb begin
        base = 0;
        for (int b = 0; b < 31; b++)
            if (((PARTS >> b) & 1) != 0) base = base + ADDRESS_W'(ADDRESS_W'(event_data[INDEX_W-1:0]) << b);
    end

    // Steps but one: step j is the first where the highest bit of x is one of 4j+2 ... 4j-1, so that D_j > 0.
    wire [TIME_W-1:0] event_x = event_data[INDEX_W+:TIME_W];
    logic [LEFT_W-1:0] highest;
    always_comb begin
        highest = 0;
        for (int b = 1; b < TIME_W; b++) if (event_x[b]) highest = LEFT_W'((b + 1) / 4);
        if (MULTIPLIER == 1) highest = 0;
    end

    // ---- The event at work.
    logic open_q, begin_q;  // begin_q: the next event is a sample's first
    logic active_q, fresh_q, last_q, begins_q;
    logic [ADDRESS_W-1:0] address_q;
    logic [FOLD_W-1:0] fold_q;
    logic [TIME_W-1:0] x_q;
    logic [LEFT_W-1:0] left_q, highest_q;  // steps left of this pass, of each pass
    wire pass_ends = left_q == 0;
    wire last_pass = fold_q == FOLD_W'(FOLDS - 1);
    wire accept = event_valid && event_ready;
    assign event_ready = open_q && (!active_q || (pass_ends && last_pass));

    always_ff @(posedge clk) begin
        begins_q <= pass_ends;
        left_q   <= pass_ends ? highest_q : left_q - 1'b1;
        if (pass_ends) begin
            if (PARTS > 1) address_q <= address_q + 1'b1;
            fold_q <= fold_q + 1'b1;
            if (last_pass) active_q <= 1'b0;
        end
        if (accept) begin
            active_q  <= 1'b1;
            begins_q  <= 1'b1;
            fresh_q   <= begin_q;
            last_q    <= event_last;
            address_q <= base;
            fold_q    <= 0;
            x_q       <= event_x;
            left_q    <= highest;
            highest_q <= highest;
            begin_q   <= event_last;
            if (event_last) open_q <= 1'b0;
        end
        if (reopen) open_q <= 1'b1;
        if (rst) begin
            active_q <= 1'b0;
            begin_q  <= 1'b1;
            open_q   <= 1'b1;
        end
    end

    // ---- Beside the ROM.
    localparam integer CONTROL_W = 4 + FOLD_W + TIME_W + 5;
    wire [4*STEPS:0] padded = (4 * STEPS + 1)'({x_q, 1'b0});
    logic step_q;
    logic [CONTROL_W-1:0] control_q;
    always_ff @(posedge clk) begin
        step_q    <= active_q;
        control_q <= {begins_q, pass_ends, fresh_q, last_q && last_pass && pass_ends, fold_q, x_q, padded[4*left_q+:5]};
        if (rst) step_q <= 1'b0;
    end

    wire [SPAN*ROW_W-1:0] word;
    weight_rom #(
        .DEPTH(IN_FEATURES * PARTS), .WIDTH(SPAN * ROW_W), .FILE(WEIGHT_FILE), .ADDRESS_W(ADDRESS_W)
    ) rom (
        .clk, .en(1'b1), .address(address_q), .data(word)
    );

    if (FOLDS == 1) begin : g_whole
        assign step = step_q;
        assign {begins, ends, fresh, final_step, fold, x, digits} = control_q;
        assign row = word;
    end else begin : g_fold
        logic step2_q;
        logic [CONTROL_W-1:0] control2_q;
        logic [ROW_W-1:0] row_q;
        always_ff @(posedge clk) begin
            step2_q    <= step_q;
            control2_q <= control_q;
            if (rst) step2_q <= 1'b0;
        end
        assign step = step2_q;
        assign {begins, ends, fresh, final_step, fold, x, digits} = control2_q;
        if (SPAN == 1) begin : g_one
            always_ff @(posedge clk) row_q <= word;
        end else begin : g_span
            always_ff @(posedge clk) begin
                row_q <= word[ROW_W-1:0];
                for (int k = 1; k < SPAN; k++) if (fold == FOLD_W'(k)) row_q <= word[k*ROW_W+:ROW_W];
            end
        end
        assign row = row_q;
    end
endmodule
`default_nettype wire
