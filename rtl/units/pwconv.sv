// Pointwise (1x1) convolution with bias and ReLU, output stationary.
//
//   y[p,o] = clamp((sum over c of weight[o,c] * x[p,c] + bias[o]) >>> SHIFT, 0, 2^OUT_W - 1)
//
// Streams: pixel after pixel, channels last. In: LANES channels per beat, x of IN_W bits signed. Out:
// OUT_LANES channels per beat, y of OUT_W bits unsigned. Lane 0 in the least significant bits; TLAST of a
// pixel's last beat is carried to the pixel's last output beat. bias is in LSBs of weight * x, the LSB of y is
// 2^SHIFT of those. The sum is exact in ACC_W bits (the caller derives ACC_W from weights and bias); the
// shift floors, the clamp saturates.
//
// Every input beat is broadcast to OUT_CHANNELS * LANES multiply-accumulators (a DSP slice each, the bias
// enters with the pixel's first beat); finished sums move to a second bank, from which they are sent while
// the next pixel accumulates.
//
// Cycles per pixel: I = IN_CHANNELS / LANES beats in, O = OUT_CHANNELS / OUT_LANES beats out, so max(I, O).
// The first output beat of a pixel leaves 8 cycles after its last input beat entered.
//
//   s_axis ─▶ x ─▶ x  ─▶ multiply ─▶ accumulate ─▶ bank ─▶ select ─▶ sum of lanes ─▶ shift, clamp ─▶
//      ROM[beat] ─▶ w                                                      register slice ─▶ m_axis
//
//   ROM word b, WEIGHT_W bits each, c = b * LANES:
//   | weight[OUT_CHANNELS-1, c+LANES-1] | ... | weight[1, c] | weight[0, c+LANES-1] | ... | weight[0, c] |
//
// The accumulators wait, with the whole input side, while a finished pixel cannot move to the bank; rst drops
// what is inside.
`default_nettype none

module pwconv #(
    parameter integer IN_CHANNELS = 0,   // multiple of LANES; all parameters must be set
    parameter integer OUT_CHANNELS = 0,  // multiple of OUT_LANES
    parameter integer IN_W = 0,          // bits of x, signed
    parameter integer WEIGHT_W = 0,      // bits of a weight, signed
    parameter integer OUT_W = 0,         // bits of y, unsigned
    parameter integer ACC_W = 0,         // bits of the sum and of a bias, signed
    parameter integer SHIFT = -1,
    parameter integer LANES = 0,         // input channels per beat
    parameter integer OUT_LANES = 0,     // output channels per beat
    parameter WEIGHT_FILE = "",          // IN_CHANNELS / LANES words of OUT_CHANNELS * LANES * WEIGHT_W bits
    parameter START_FILE = ""            // bias: one word of OUT_CHANNELS * ACC_W bits, channel 0 lowest
) (
    input  wire logic                       clk,
    input  wire logic                       rst,  // synchronous, active high
    input  wire logic [     LANES*IN_W-1:0] s_axis_tdata,
    input  wire logic                       s_axis_tvalid,
    output      logic                       s_axis_tready,
    input  wire logic                       s_axis_tlast,
    output      logic [OUT_LANES*OUT_W-1:0] m_axis_tdata,
    output      logic                       m_axis_tvalid,
    input  wire logic                       m_axis_tready,
    output      logic                       m_axis_tlast
);
    if (LANES < 1 || IN_CHANNELS < 1 || IN_CHANNELS % LANES != 0) begin : g_check
        $error("pwconv: IN_CHANNELS=%0d is not a multiple of LANES=%0d", IN_CHANNELS, LANES);
    end
    if (OUT_LANES < 1 || OUT_CHANNELS < 1 || OUT_CHANNELS % OUT_LANES != 0) begin : g_check_2
        $error("pwconv: OUT_CHANNELS=%0d is not a multiple of OUT_LANES=%0d", OUT_CHANNELS, OUT_LANES);
    end
    if (IN_W < 1 || WEIGHT_W < 1 || OUT_W < 1 || ACC_W < 1 || SHIFT < 0) begin : g_check_3
        $error("pwconv: IN_W=%0d WEIGHT_W=%0d OUT_W=%0d ACC_W=%0d SHIFT=%0d", IN_W, WEIGHT_W, OUT_W, ACC_W, SHIFT);
    end

    localparam integer BEATS_IN = IN_CHANNELS / LANES;
    localparam integer BEATS_OUT = OUT_CHANNELS / OUT_LANES;
    localparam integer IN_BEAT_W = BEATS_IN > 1 ? $clog2(BEATS_IN) : 1;
    localparam integer OUT_BEAT_W = BEATS_OUT > 1 ? $clog2(BEATS_OUT) : 1;
    localparam integer FULL_W = IN_W + WEIGHT_W;               // holds the product of any two words
    localparam integer P_W = FULL_W < ACC_W ? FULL_W : ACC_W;  // no product is wider than its sum

    // ---- Control of the input side. `in_en` advances it: no finished sum in the accumulators has to wait.
    logic in_en;
    logic bank_free;  // the bank can be loaded in this cycle
    logic [IN_BEAT_W-1:0] in_beat_q;
    wire in_last = in_beat_q == IN_BEAT_W'(BEATS_IN - 1);
    wire accept = s_axis_tvalid && in_en;
    assign s_axis_tready = in_en;
    always_ff @(posedge clk) begin
        if (rst) in_beat_q <= '0;
        else if (accept) in_beat_q <= in_last ? '0 : in_beat_q + 1'b1;
    end

    // Flags beside the data. Stage 1: x and ROM word, 2: multiplier inputs, 3: product, 4: sum.
    logic [3:1] valid_q, first_q, last_q, tlast_q;
    logic done_q, done_tlast_q;  // stage 4 holds the sums of a whole pixel; it was the sample's last
    always_ff @(posedge clk) begin
        if (rst) begin
            valid_q <= '0;
            done_q <= 1'b0;
        end else if (in_en) begin
            valid_q <= {valid_q[2:1], s_axis_tvalid};
            done_q <= valid_q[3] && last_q[3];
        end
        if (in_en) begin
            first_q <= {first_q[2:1], in_beat_q == 0};
            last_q <= {last_q[2:1], in_last};
            tlast_q <= {tlast_q[2:1], s_axis_tlast};
            done_tlast_q <= tlast_q[3];
        end
    end
    wire accumulate = in_en && valid_q[3];
    wire load_bank = done_q && bank_free;
    assign in_en = !done_q || bank_free;

    // ---- Constants.
    logic [OUT_CHANNELS*LANES*WEIGHT_W-1:0] weights2;
    weight_rom #(
        .DEPTH(BEATS_IN), .WIDTH(OUT_CHANNELS * LANES * WEIGHT_W), .FILE(WEIGHT_FILE), .ADDRESS_W(IN_BEAT_W)
    ) u_rom (.clk, .en(in_en), .address(in_beat_q), .data(weights2));
    logic [OUT_CHANNELS*ACC_W-1:0] start[0:0];  // a memory of one word: synthesis sees constants
    initial $readmemh(START_FILE, start);

    // ---- Multiply-accumulators, and the bank that their sums move to.
    logic [LANES*IN_W-1:0] x1_q;
    always_ff @(posedge clk) if (in_en) x1_q <= s_axis_tdata;

    logic [LANES*OUT_CHANNELS*ACC_W-1:0] bank_q;  // sum of lane l for channel o at (l * OUT_CHANNELS + o) * ACC_W
    for (genvar lane = 0; lane < LANES; lane++) begin : g_lane
        for (genvar o = 0; o < OUT_CHANNELS; o++) begin : g_mac
            wire signed [ACC_W-1:0] bias = lane == 0 ? start[0][o*ACC_W+:ACC_W] : '0;
            wire signed [WEIGHT_W-1:0] weight2 = weights2[(o*LANES+lane)*WEIGHT_W+:WEIGHT_W];
            logic signed [IN_W-1:0] x2_q;
            logic signed [P_W-1:0] product_q;
            logic signed [ACC_W-1:0] sum_q;
            always_ff @(posedge clk) begin
                if (in_en) begin
                    x2_q <= x1_q[lane*IN_W+:IN_W];
                    product_q <= P_W'(FULL_W'(x2_q) * FULL_W'(weight2));
                end
                if (accumulate) sum_q <= ACC_W'(product_q) + (first_q[3] ? bias : sum_q);
                if (load_bank) bank_q[(lane*OUT_CHANNELS+o)*ACC_W+:ACC_W] <= sum_q;
            end
        end
    end

    // ---- Output side, advanced by the register slice at its end.
    logic out_en;
    logic bank_valid_q, bank_tlast_q;
    logic [OUT_BEAT_W-1:0] out_beat_q;
    wire out_last = out_beat_q == OUT_BEAT_W'(BEATS_OUT - 1);
    assign bank_free = !bank_valid_q || (out_en && out_last);
    logic [2:1] out_valid_q, out_tlast_q;  // stage 1: selected, 2: lanes added
    always_ff @(posedge clk) begin
        if (rst) begin
            bank_valid_q <= 1'b0;
            out_valid_q <= '0;
            out_beat_q <= '0;
        end else begin
            if (bank_free) bank_valid_q <= done_q;
            if (out_en) out_valid_q <= {out_valid_q[1], bank_valid_q};
            if (out_en && bank_valid_q) out_beat_q <= out_last ? '0 : out_beat_q + 1'b1;
        end
        if (load_bank) bank_tlast_q <= done_tlast_q;
        if (out_en) out_tlast_q <= {out_tlast_q[1], bank_tlast_q && out_last};
    end

    logic [OUT_LANES*OUT_W-1:0] result;
    for (genvar out_lane = 0; out_lane < OUT_LANES; out_lane++) begin : g_out
        logic [LANES*ACC_W-1:0] selected_q;
        logic [ACC_W-1:0] sum_d, sum_q;
        always_comb begin
            sum_d = selected_q[ACC_W-1:0];
            for (int lane = 1; lane < LANES; lane++) sum_d = sum_d + selected_q[lane*ACC_W+:ACC_W];
        end
        always_ff @(posedge clk) if (out_en) begin
            for (int lane = 0; lane < LANES; lane++)
                selected_q[lane*ACC_W+:ACC_W] <=
                    bank_q[(lane*OUT_CHANNELS+int'(out_beat_q)*OUT_LANES+out_lane)*ACC_W+:ACC_W];
            sum_q <= sum_d;
        end
        shift_clamp #(.IN_W(ACC_W), .SHIFT(SHIFT), .OUT_W(OUT_W), .OUT_SIGNED(0)) u_clamp (
            .acc(sum_q), .out(result[out_lane*OUT_W+:OUT_W]));
    end

    axis_register #(.DATA_W(OUT_LANES * OUT_W)) u_out (
        .clk, .rst,
        .s_axis_tdata(result), .s_axis_tvalid(out_valid_q[2]), .s_axis_tready(out_en), .s_axis_tlast(out_tlast_q[2]),
        .m_axis_tdata, .m_axis_tvalid, .m_axis_tready, .m_axis_tlast);
endmodule
`default_nettype wire
