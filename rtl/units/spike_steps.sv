// From spikes to steps: reads the weights of each spike, fold by fold, and says what to do with them.
//
// A spike {x, index} of a layer with PE * FOLDS neurons takes FOLDS passes; pass k is over the PE neurons
// k * PE ... k * PE + PE - 1. A pass is one step where a multiplier takes x whole. Without one (MULTIPLIER = 0)
// x is taken digit by digit, two bits at once: x = sum over j of d_j * 4^j, d_j in -2 ... 2 (Booth), d_j of the
// bits 2j+1, 2j, 2j-1 of x, so that +-w or +-2w is added per step; a pass ends with the highest digit that is
// not zero. The order of digits is the receiver's choice: with one fold it doubles weights, lowest digit first,
// with more it doubles sums, highest digit first.
//
//   event -> [x, address] -> [ROM word] -> [ROM out] -> row
//                    step, digit, fold ... one register before row, for the receiver's own copies
//
//   ROM word of input j, fold k, at address j * FOLDS + k: | W[k * PE + PE-1, j] | ... | W[k * PE, j] |
//
// A sample's last event closes the input until `reopen`. LSB, rounding, overflow: none.
// Cycles: FOLDS * (x / 2 bits rounded down + 1) or FOLDS steps per event without gaps; `row` of an event's first
// step is there 3 cycles after it was taken.
`default_nettype none

module spike_steps #(
    parameter integer IN_FEATURES = 0,
    parameter integer INDEX_W = 0,      // bits of an input's index
    parameter integer PE = 0,           // neurons at once
    parameter integer FOLDS = 0,        // passes per spike
    parameter integer FOLD_W = 0,       // bits of a fold's number
    parameter integer WEIGHT_W = 0,     // bits, signed
    parameter integer TIME_W = 0,       // bits of x, unsigned
    parameter integer MULTIPLIER = -1,  // 1: x whole, 0: digit by digit
    parameter WEIGHT_FILE = ""          // IN_FEATURES * FOLDS words of PE * WEIGHT_W bits
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
    output      logic [2:0]                digit,        // bits 2j+1, 2j, 2j-1 of x
    output      logic [PE*WEIGHT_W-1:0]    row
);
    if (IN_FEATURES < 1 || PE < 1 || FOLDS < 1 || TIME_W < 1 || MULTIPLIER < 0 || MULTIPLIER > 1) begin : g_check
        $error("spike_steps: IN_FEATURES=%0d PE=%0d FOLDS=%0d TIME_W=%0d MULTIPLIER=%0d", IN_FEATURES, PE, FOLDS,
               TIME_W, MULTIPLIER);
    end

    localparam integer ADDRESS_W = FOLDS > 1 ? $clog2(IN_FEATURES * FOLDS) : INDEX_W;
    localparam integer DIGITS = TIME_W / 2 + 1;
    localparam integer LEFT_W = DIGITS > 2 ? $clog2(DIGITS) : 1;

    // index * FOLDS, by adders: this is no work for a multiplier.
    logic [ADDRESS_W-1:0] base;
    always_comb begin
        base = 0;
        for (int b = 0; b < 31; b++)
            if (((FOLDS >> b) & 1) != 0) base = base + ADDRESS_W'(ADDRESS_W'(event_data[INDEX_W-1:0]) << b);
    end

    // Number of the highest digit that is not zero: digit j is, if bit 2j or 2j-1 is the highest of x.
    wire [TIME_W-1:0] event_x = event_data[INDEX_W+:TIME_W];
    logic [LEFT_W-1:0] highest;
    always_comb begin
        highest = 0;
        for (int b = 1; b < TIME_W; b++) if (event_x[b]) highest = LEFT_W'((b + 1) / 2);
        if (MULTIPLIER == 1) highest = 0;
    end

    // ---- The event at work.
    logic open_q, begin_q;  // begin_q: the next event is a sample's first
    logic active_q, fresh_q, last_q, begins_q;
    logic [ADDRESS_W-1:0] address_q;
    logic [FOLD_W-1:0] fold_q;
    logic [TIME_W-1:0] x_q;
    logic [LEFT_W-1:0] left_q, highest_q;  // digits left of this pass, of each pass
    wire pass_ends = left_q == 0;
    wire last_pass = fold_q == FOLD_W'(FOLDS - 1);
    wire accept = event_valid && event_ready;
    assign event_ready = open_q && (!active_q || (pass_ends && last_pass));

    always_ff @(posedge clk) begin
        begins_q <= pass_ends;
        left_q   <= pass_ends ? highest_q : left_q - 1'b1;
        if (pass_ends) begin
            address_q <= address_q + 1'b1;
            fold_q    <= fold_q + 1'b1;
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
    wire [LEFT_W-1:0] place = FOLDS > 1 ? left_q : highest_q - left_q;
    wire [2*DIGITS:0] padded = (2 * DIGITS + 1)'({x_q, 1'b0});
    logic step_q, step_begins_q, step_ends_q, step_fresh_q, step_final_q;
    logic [FOLD_W-1:0] step_fold_q;
    logic [TIME_W-1:0] step_x_q;
    logic [2:0] digit_q;
    always_ff @(posedge clk) begin
        step_q        <= active_q;
        step_begins_q <= begins_q;
        step_ends_q   <= pass_ends;
        step_fresh_q  <= fresh_q;
        step_final_q  <= last_q && last_pass && pass_ends;
        step_fold_q   <= fold_q;
        step_x_q      <= x_q;
        digit_q       <= padded[2*place+:3];
        if (rst) step_q <= 1'b0;
    end
    assign step = step_q;
    assign begins = step_begins_q;
    assign ends = step_ends_q;
    assign fresh = step_fresh_q;
    assign final_step = step_final_q;
    assign fold = step_fold_q;
    assign x = step_x_q;
    assign digit = digit_q;

    weight_rom #(
        .DEPTH(IN_FEATURES * FOLDS), .WIDTH(PE * WEIGHT_W), .FILE(WEIGHT_FILE), .ADDRESS_W(ADDRESS_W)
    ) rom (
        .clk, .en(1'b1), .address(address_q), .data(row)
    );
endmodule
`default_nettype wire
