// Signed product of two words: p = x * w, in a DSP slice or in LUTs.
//
//   USE_DSP = 1:   x, w ─▶ product_q ─▶ p            the registers before and behind move into the slice
//   USE_DSP = 0:   x * (w[1], w[0]) ─▶ digit_q[0] ─┐
//                  x * (w[3], w[2]) ─▶ digit_q[1] ─┴▶ adder tree ─▶ p      two bits of w a digit
//
// The most significant bit of w weighs minus. Exact modulo 2^P_W: the caller knows that no product is wider.
// Cycles: 1 with a DSP slice; in LUTs 2 up to four bits of w, 3 up to eight, one product per cycle.
`default_nettype none

module multiplier #(
    parameter integer X_W = 0,      // bits of x, signed; all must be set
    parameter integer W_W = 0,      // bits of w, signed, 2 or more
    parameter integer P_W = 0,      // bits of p, signed
    parameter integer USE_DSP = -1  // 0 or 1
) (
    input  wire logic                  clk,
    input  wire logic signed [X_W-1:0] x,
    input  wire logic signed [W_W-1:0] w,
    output      logic signed [P_W-1:0] p
);
    if (X_W < 1 || W_W < 2 || P_W < 1 || USE_DSP < 0 || USE_DSP > 1) begin : g_check
        $error("multiplier: X_W=%0d W_W=%0d P_W=%0d USE_DSP=%0d", X_W, W_W, P_W, USE_DSP);
    end

    localparam integer FULL_W = X_W + W_W;

    if (USE_DSP == 1) begin : g_dsp
        logic signed [P_W-1:0] product_q;
        always_ff @(posedge clk) product_q <= P_W'(FULL_W'(x) * FULL_W'(w));
        assign p = product_q;
    end else begin : g_lut
        localparam integer DIGITS = (W_W + 1) / 2;
        localparam integer DIGIT_W = X_W + 2;
        wire signed [2*DIGITS-1:0] extended = (2 * DIGITS)'(w);
        logic [DIGITS*P_W-1:0] terms;
        for (genvar d = 0; d < DIGITS; d++) begin : g_digit
            wire signed [DIGIT_W-1:0] ones = extended[2*d] ? DIGIT_W'(x) : '0;
            wire signed [DIGIT_W-1:0] twos = extended[2*d+1] ? DIGIT_W'(x) <<< 1 : '0;
            logic signed [DIGIT_W-1:0] digit_q;
            always_ff @(posedge clk) digit_q <= d == DIGITS - 1 ? ones - twos : ones + twos;
            assign terms[d*P_W+:P_W] = P_W'((FULL_W + 2)'(digit_q) <<< 2 * d);
        end
        adder_tree #(.TERMS(DIGITS), .IN_W(P_W), .OUT_W(P_W)) u_tree (.clk, .terms, .sum(p));
    end
endmodule
`default_nettype wire
