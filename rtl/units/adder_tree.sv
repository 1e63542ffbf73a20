// Pipelined sum of TERMS signed numbers: sum = terms[0] + terms[1] + …, one register per level.
//
// terms are IN_W bits each, term 0 least significant. Level k holds ceil(TERMS / 2^k) sums of IN_W + k bits,
// so nothing overflows inside, but never more than OUT_W bits: the caller knows that the result fits there,
// and two's complement forgives what overflows on the way.
// Cycles: ceil(log2(TERMS)) from terms to sum, one sum per cycle.
`default_nettype none

module adder_tree #(
    parameter integer TERMS = 0,  // must be set
    parameter integer IN_W = 0,   // bits of a term; must be set
    parameter integer OUT_W = 0   // bits of the sum, IN_W or more; must be set
) (
    // verilator lint_off UNUSEDSIGNAL
    input  wire logic                  clk,  // not needed for one term
    // verilator lint_on UNUSEDSIGNAL
    input  wire logic [TERMS*IN_W-1:0] terms,
    output      logic [     OUT_W-1:0] sum
);
    if (TERMS < 1 || IN_W < 1 || OUT_W < IN_W) begin : g_check
        $error("adder_tree: TERMS=%0d IN_W=%0d OUT_W=%0d", TERMS, IN_W, OUT_W);
    end

    localparam integer LEVELS = $clog2(TERMS);

    for (genvar level = 0; level <= LEVELS; level++) begin : g_level
        localparam integer COUNT = (TERMS + (1 << level) - 1) >> level;
        localparam integer W = IN_W + level < OUT_W ? IN_W + level : OUT_W;
        logic [COUNT*W-1:0] sums;
        for (genvar i = 0; i < COUNT; i++) begin : g_sum
            if (level == 0) begin : g_term
                assign sums[i*W+:W] = terms[i*IN_W+:W];
            end else begin : g_add
                localparam integer TAKEN = (TERMS + (1 << (level - 1)) - 1) >> (level - 1);
                localparam integer TAKEN_W = IN_W + level - 1 < OUT_W ? IN_W + level - 1 : OUT_W;
                wire signed [TAKEN_W-1:0] a = g_level[level-1].sums[2*i*TAKEN_W+:TAKEN_W];
                if (2 * i + 1 < TAKEN) begin : g_pair
                    wire signed [TAKEN_W-1:0] b = g_level[level-1].sums[(2*i+1)*TAKEN_W+:TAKEN_W];
                    always_ff @(posedge clk) sums[i*W+:W] <= W'(a) + W'(b);
                end else begin : g_single
                    always_ff @(posedge clk) sums[i*W+:W] <= W'(a);
                end
            end
        end
    end

    localparam integer FULL_W = IN_W + LEVELS < OUT_W ? IN_W + LEVELS : OUT_W;
    wire signed [FULL_W-1:0] full = g_level[LEVELS].sums;
    assign sum = OUT_W'(full);
endmodule
`default_nettype wire
