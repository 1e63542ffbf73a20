// Products of one spike's earliness with PE weights: p = w * x, whole or four bits of x per step.
//
// MULTIPLIER = 1: one step, one DSP slice per weight. 0: x = sum over j of D_j * 16^j, highest first (Horner):
//
//   p := 16 * p + D_j * w        D_j = 4 * d_1 + d_0, both in -2 ... 2 (Booth), of bits 4j+3 ... 4j-1 of x
//
//   row -+-> d_1 * w * 4 -+
//        +-> d_0 * w -----+-> [pair] --+--> [p]
//                 16 * p, or 0 --------+
//
// -w is made as ~w; the ones that lack for it go into the low bits that 16 * p leaves free.
// Shapes: PE weights of WEIGHT_W bits, signed, the lowest first; out PE products. LSB: the weight's. Rounding: none.
// Overflow: none; where a sum is narrower than a product, the product is taken modulo that.
// Cycles: `begins`, `x` and `digits` come one cycle before `row`; p is there 1 cycle after the row with a
// multiplier, else 2 after the row of the last step.
`default_nettype none

module spike_products #(
    parameter integer PE = 0,
    parameter integer WEIGHT_W = 0,    // bits, signed
    parameter integer TIME_W = 0,      // bits of x, unsigned
    parameter integer PRODUCT_W = 0,   // bits, signed, no more than WEIGHT_W + TIME_W + 1
    parameter integer MULTIPLIER = -1  // 0 or 1
) (
    input  wire logic                    clk,
    // verilator lint_off UNUSEDSIGNAL
    input  wire logic                    begins,  // without a multiplier: the first step
    input  wire logic [4:0]              digits,  // bits 4j+3 ... 4j-1 of x
    input  wire logic [TIME_W-1:0]       x,       // with one
    // verilator lint_on UNUSEDSIGNAL
    input  wire logic [PE*WEIGHT_W-1:0]  row,
    output      logic [PE*PRODUCT_W-1:0] products
);
    if (PE < 1 || WEIGHT_W < 1 || TIME_W < 1 || PRODUCT_W < 1 || MULTIPLIER < 0 || MULTIPLIER > 1) begin : g_check
        $error("spike_products: PE=%0d WEIGHT_W=%0d TIME_W=%0d PRODUCT_W=%0d MULTIPLIER=%0d", PE, WEIGHT_W, TIME_W,
               PRODUCT_W, MULTIPLIER);
    end

    localparam integer FULL_W = WEIGHT_W + TIME_W + 1;
    localparam integer TERM_W = WEIGHT_W + 1;
    localparam integer PAIR_W = WEIGHT_W + 4 < PRODUCT_W ? WEIGHT_W + 4 : PRODUCT_W;

    // Registers of this group of weights. `keep` holds synthesis from merging them with those of another group, in
    // Yosys on the process, in Vivado on the register.
    if (MULTIPLIER == 1) begin : g_dsp
        (* keep = "true" *) logic [TIME_W-1:0] x_q;
        (* keep *) always_ff @(posedge clk) x_q <= x;
        wire signed [TIME_W:0] factor = {1'b0, x_q};
        for (genvar i = 0; i < PE; i++) begin : g_weight
            wire signed [WEIGHT_W-1:0] weight = row[i*WEIGHT_W+:WEIGHT_W];
            logic signed [PRODUCT_W-1:0] product_q;
            always_ff @(posedge clk) product_q <= PRODUCT_W'(FULL_W'(weight) * FULL_W'(factor));
            assign products[i*PRODUCT_W+:PRODUCT_W] = product_q;
        end
    end else begin : g_shift
        (* keep = "true" *) logic begins_q, begins2_q;
        (* keep = "true" *) logic [1:0] minus_q, minus2_q, once_q, twice_q;  // of d_1, d_0
        (* keep *) always_ff @(posedge clk) begin
            begins_q  <= begins;
            begins2_q <= begins_q;
            minus_q   <= {digits[4], digits[2]};
            minus2_q  <= minus_q;
            once_q    <= {digits[3] ^ digits[2], digits[1] ^ digits[0]};
            twice_q   <= {digits[4] ? digits[3:2] == 2'b00 : digits[3:2] == 2'b11,
                          digits[2] ? digits[1:0] == 2'b00 : digits[1:0] == 2'b11};
        end
        for (genvar i = 0; i < PE; i++) begin : g_weight
            wire signed [TERM_W-1:0] weight = TERM_W'($signed(row[i*WEIGHT_W+:WEIGHT_W]));
            // verilator lint_off UNUSEDSIGNAL
            // Of a sum that is narrower than a term, the low bits alone.
            wire signed [TERM_W-1:0] high = (once_q[1] ? weight : twice_q[1] ? weight << 1 : '0) ^ {TERM_W{minus_q[1]}};
            wire signed [TERM_W-1:0] low = (once_q[0] ? weight : twice_q[0] ? weight << 1 : '0) ^ {TERM_W{minus_q[0]}};
            // verilator lint_on UNUSEDSIGNAL
            logic signed [PAIR_W-1:0] pair_q;
            logic signed [PRODUCT_W-1:0] product_q;
            wire [PRODUCT_W-1:0] higher = PRODUCT_W'({begins2_q ? PRODUCT_W'(0) : product_q, 1'b0, minus2_q[1], 1'b0,
                                                      minus2_q[0]});
            always_ff @(posedge clk) begin
                pair_q    <= (PAIR_W'(high) << 2) + PAIR_W'(low);
                product_q <= higher + PRODUCT_W'(pair_q);
            end
            assign products[i*PRODUCT_W+:PRODUCT_W] = product_q;
        end
    end
endmodule
`default_nettype wire
