// Dot products of the same values with several rows of weights, as many of them in a DSP slice as fit.
//
//   sum[o] = sum over l of x[l] * w[o, l]        less[o] = sum[o] - 1
//
// A slice multiplies x by w[0] + w[1] 2^F + …, N weights in a 25-bit word, so field o of its product is that of
// w[o], less 1 if what is below it is negative. It is summed over the lanes from 2^(F-1) - 1 in each field: sums
// lie in -(2^(F-1) - 1) … 2^(F-1), so with that no field is negative or reaches the next. A field then is
// less[o] + 2^(F-1): less[o] with its sign turned over. Exact, at F = X_W + W_W - 1 + clog2(LANES):
//
//   bits of x and w          8, 8   6, 6   4, 4   8, 8 and four lanes
//   F                        15     11     7      17
//   N                        2      2      3      1
//   N if weights are NARROW  2      2      4      2
//
//   x[0] ──────────────────────▶ × ─▶ + ─┐        x[1], w[.,1] a cycle later
//   (w[1,0] <<< F) + w[0,0] ────┘      ▲  └─▶ + ─▶ … ─▶ less
//                    2^(F-1) - 1, … ───┘
//
// Cycles: w comes one cycle after x; less follows w by LANES + 2 cycles. A dot product per cycle. Nothing overflows.
`default_nettype none

module packed_dot #(
    parameter integer COUNT = 0,  // rows of weights; all must be set
    parameter integer LANES = 0,
    parameter integer X_W = 0,    // bits of x, signed
    parameter integer W_W = 0,    // bits of w, signed
    parameter integer NARROW = -1,  // 1: no weight is -2^(W_W-1), 0: some may be
    parameter integer F = 0         // bits of less, signed
) (
    input  wire logic                       clk,
    input  wire logic [      LANES*X_W-1:0] x,
    input  wire logic [COUNT*LANES*W_W-1:0] w,  // of row o and lane l at (o * LANES + l) * W_W
    output      logic [        COUNT*F-1:0] less
);
    if (COUNT < 1 || LANES < 1 || X_W < 1 || X_W > 18 || W_W < 1 || W_W > 18 || NARROW < 0 || NARROW > 1)
    begin : g_check
        $error("packed_dot: COUNT=%0d LANES=%0d X_W=%0d W_W=%0d NARROW=%0d", COUNT, LANES, X_W, W_W, NARROW);
    end
    if (F != X_W + W_W - 1 + $clog2(LANES)) begin : g_check_2
        $error("packed_dot: F=%0d is not X_W + W_W - 1 + clog2(LANES)", F);
    end

    // A word has at most 25 bits. One of them is for -2^(W_W-1) with a negative weight below it, if that can be.
    localparam integer FIT = 1 + (25 - W_W - (NARROW == 1 ? 0 : 1)) / F;
    localparam integer SLICES = (COUNT + FIT - 1) / FIT;

    for (genvar s = 0; s < SLICES; s++) begin : g_slice
        localparam integer N = COUNT - s * FIT < FIT ? COUNT - s * FIT : FIT;
        localparam integer WORD_W = (N - 1) * F + W_W + (NARROW == 1 || N == 1 ? 0 : 1);
        localparam integer P_W = N * F;
        // No wider than the product is: Yosys takes no adder of sign-extended products into the slice (32 outputs, four
        // lanes of 8 bits: 2,461 LUTs and 11 levels instead of 877 and 6).
        localparam integer PRODUCT_W = X_W + WORD_W < P_W ? X_W + WORD_W : P_W;
        for (genvar l = 0; l < LANES; l++) begin : g_lane
            // Inputs of l cycles ago, the newest lowest; then the word, the product, the sum.
            logic [(l+2)*X_W-1:0] x_q;
            logic [(l+1)*N*W_W-1:0] w_late;
            wire [N*W_W-1:0] weights;
            logic signed [WORD_W-1:0] word_d, word_q;
            logic signed [PRODUCT_W-1:0] product_q;
            logic signed [P_W-1:0] sum_q;
            wire signed [P_W-1:0] addend;
            for (genvar i = 0; i < N; i++) begin : g_weight
                assign weights[i*W_W+:W_W] = w[((s*FIT+i)*LANES+l)*W_W+:W_W];
            end
            if (l == 0) begin : g_first
                assign w_late = weights;
                assign addend = {N{F'((1 << (F - 1)) - 1)}};
            end else begin : g_chained
                logic [l*N*W_W-1:0] w_q;
                assign w_late = {w_q, weights};
                always_ff @(posedge clk) w_q <= w_late[l*N*W_W-1:0];
                assign addend = g_slice[s].g_lane[l-1].sum_q;
            end
            always_comb begin
                word_d = '0;
                for (int i = 0; i < N; i++)
                    word_d = word_d + (WORD_W'(signed'(w_late[(l*N+i)*W_W+:W_W])) <<< i * F);
            end
            always_ff @(posedge clk) begin
                x_q <= {x_q[(l+1)*X_W-1:0], x[l*X_W+:X_W]};
                word_q <= word_d;
                product_q <= PRODUCT_W'(signed'(x_q[(l+1)*X_W+:X_W])) * PRODUCT_W'(word_q);
                sum_q <= P_W'(product_q) + addend;
            end
        end
        for (genvar i = 0; i < N; i++) begin : g_field
            wire [F-1:0] field = g_lane[LANES-1].sum_q[i*F+:F];
            assign less[(s*FIT+i)*F+:F] = {~field[F-1], field[F-2:0]};
        end
    end
endmodule
`default_nettype wire
