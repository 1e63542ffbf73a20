// Requantisation of an accumulator: out = clamp(acc >>> SHIFT, lo, hi). Combinational.
//
// The shift is arithmetic, so it rounds towards minus infinity (floor); the LSB of out is 2^SHIFT LSBs of
// acc. lo … hi is the range of an OUT_W-bit word: two's complement if OUT_SIGNED is 1, else 0 … 2^OUT_W - 1
// (a ReLU). Values outside saturate.
`default_nettype none

module shift_clamp #(
    parameter integer IN_W = 0,         // bits of acc, signed; must be set
    parameter integer SHIFT = -1,       // 0 or more; must be set
    parameter integer OUT_W = 0,        // bits of out; must be set
    parameter integer OUT_SIGNED = -1   // 0 or 1; must be set
) (
    input  wire logic signed [ IN_W-1:0] acc,
    output      logic        [OUT_W-1:0] out
);
    if (IN_W < 1 || SHIFT < 0 || OUT_W < 1 || OUT_SIGNED < 0 || OUT_SIGNED > 1) begin : g_check
        $error("shift_clamp: IN_W=%0d SHIFT=%0d OUT_W=%0d OUT_SIGNED=%0d", IN_W, SHIFT, OUT_W, OUT_SIGNED);
    end

    // The shifted value in at least one bit more than OUT_W, so that both ranges can be told from it.
    localparam integer FULL_W = IN_W - SHIFT > OUT_W ? IN_W - SHIFT : OUT_W + 1;
    // verilator lint_off UNUSEDSIGNAL
    wire signed [FULL_W+SHIFT-1:0] extended = (FULL_W + SHIFT)'(acc);  // the floor drops the bits below SHIFT
    // verilator lint_on UNUSEDSIGNAL
    wire [FULL_W-1:0] shifted = extended[SHIFT+:FULL_W];
    wire negative = shifted[FULL_W-1];

    if (OUT_SIGNED == 1) begin : g_signed
        wire [FULL_W-OUT_W:0] upper = shifted[FULL_W-1:OUT_W-1];  // all alike if the value fits
        wire fits = &upper || ~|upper;
        wire [OUT_W-1:0] lowest = OUT_W'(1) << (OUT_W - 1);
        assign out = fits ? shifted[OUT_W-1:0] : negative ? lowest : ~lowest;
    end else begin : g_unsigned
        wire over = |shifted[FULL_W-1:OUT_W];
        assign out = negative ? '0 : over ? '1 : shifted[OUT_W-1:0];
    end
endmodule
`default_nettype wire
