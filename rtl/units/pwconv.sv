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
// Fold: PE outputs at once, so G = OUT_CHANNELS / PE passes over a pixel, each over all of its beats: channels
// 0 … PE - 1, then the next PE. A sum stays where it is until it is complete; with G > 1 the pixel's beats are
// kept for the passes to come. Every beat is broadcast to PE * LANES multiply-accumulators (a DSP slice each),
// the bias enters with the first beat; PACKED: a slice makes two to four products, of all lanes' sum (packed_dot),
// and sums are in LUTs. Finished sums move to a bank, from which they are sent while the next pass accumulates.
//
// Cycles: I = IN_CHANNELS / LANES beats per pass, O = PE / OUT_LANES beats out per pass, so max(I, O) per pass.
// The first output beat of a pass leaves 8 + clog2(LANES) cycles after the pass took its last beat, with
// multipliers in LUTs 1 more (up to four bits of weight) or 2, with packed ones after 9 + LANES. G > 1: a beat
// reaches its pass 2 cycles after it entered.
//
//   s_axis ─▶ [ replay, if G > 1 ] ─▶ x ─▶ x ─▶ multiply ─▶ accumulate ─▶ bank ─▶ select ─▶ sum of lanes ─┐
//                              ROM[g, beat] ─▶ w                 m_axis ◀─ results' FIFO ◀─ shift, clamp ◀─┘
//
//   ROM word g * I + b, WEIGHT_W bits each, c = b * LANES, o = g * PE:
//   | weight[o+PE-1, c+LANES-1] | ... | weight[o+1, c] | weight[o, c+LANES-1] | ... | weight[o, c] |
//
// Nothing behind the first register stands still: the last beat of a pass is taken only if the FIFO has places
// for its results, and no sooner than the bank has sent those of the pass before. rst drops what is inside.
`default_nettype none

module pwconv #(
    parameter integer IN_CHANNELS = 0,   // multiple of LANES; all parameters must be set
    parameter integer OUT_CHANNELS = 0,  // multiple of PE
    parameter integer IN_W = 0,          // bits of x, signed
    parameter integer WEIGHT_W = 0,      // bits of a weight, signed
    parameter integer OUT_W = 0,         // bits of y, unsigned
    parameter integer ACC_W = 0,         // bits of the sum and of a bias, signed
    parameter integer SHIFT = -1,
    parameter integer LANES = 0,         // input channels per beat
    parameter integer OUT_LANES = 0,     // output channels per beat
    parameter integer PE = 0,            // output channels at once, multiple of OUT_LANES
    parameter integer USE_DSP = -1,      // multipliers, 1: in DSP slices, 0: in LUTs
    parameter integer PACKED = -1,       // 1: several products per DSP slice, 0: one
    parameter integer NARROW = -1,       // 1: no weight is -2^(WEIGHT_W-1), so more products may fit; 0: some may be
    parameter WEIGHT_FILE = "",          // OUT_CHANNELS / PE * IN_CHANNELS / LANES words of PE * LANES * WEIGHT_W bits
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
    if (PE < 1 || OUT_CHANNELS < 1 || OUT_CHANNELS % PE != 0) begin : g_check_2
        $error("pwconv: OUT_CHANNELS=%0d is not a multiple of PE=%0d", OUT_CHANNELS, PE);
    end
    if (OUT_LANES < 1 || PE % OUT_LANES != 0) begin : g_check_3
        $error("pwconv: PE=%0d is not a multiple of OUT_LANES=%0d", PE, OUT_LANES);
    end
    if (PACKED < 0 || PACKED > 1 || (PACKED == 1 && USE_DSP != 1) || NARROW < 0 || NARROW > 1) begin : g_check_4
        $error("pwconv: PACKED=%0d USE_DSP=%0d NARROW=%0d", PACKED, USE_DSP, NARROW);
    end
    if (IN_W < 1 || WEIGHT_W < 1 || OUT_W < 1 || ACC_W < 1 || SHIFT < 0) begin : g_check_5
        $error("pwconv: IN_W=%0d WEIGHT_W=%0d OUT_W=%0d ACC_W=%0d SHIFT=%0d", IN_W, WEIGHT_W, OUT_W, ACC_W, SHIFT);
    end

    localparam integer BEATS_IN = IN_CHANNELS / LANES;  // per pass
    localparam integer BEATS_OUT = PE / OUT_LANES;      // per pass
    localparam integer PASSES = OUT_CHANNELS / PE;      // per pixel
    localparam integer ROWS = PASSES * BEATS_IN;
    localparam integer IN_BEAT_W = BEATS_IN > 1 ? $clog2(BEATS_IN) : 1;
    localparam integer OUT_BEAT_W = BEATS_OUT > 1 ? $clog2(BEATS_OUT) : 1;
    localparam integer ROW_W = ROWS > 1 ? $clog2(ROWS) : 1;
    localparam integer PASS_W = PASSES > 1 ? $clog2(PASSES) : 1;
    localparam integer FULL_W = IN_W + WEIGHT_W;               // holds the product of any two words
    localparam integer P_W = FULL_W < ACC_W ? FULL_W : ACC_W;  // no product is wider than its sum
    // Stages: 1 x and ROM word, 2 x and weight, PRODUCT, then the sums in the accumulators.
    localparam integer PRODUCT = PACKED == 1 ? 4 + LANES : USE_DSP == 1 ? 3 : 3 + $clog2((WEIGHT_W + 1) / 2);
    localparam integer SUMS = PACKED == 1 ? 1 : LANES;  // accumulators per output, each of some lanes
    localparam integer SELECTED = 1 + $clog2(SUMS);     // stages from the bank to the finished sum

    // ---- Passes: the beats of every pixel, PASSES times.
    logic [LANES*IN_W-1:0] x0;
    logic valid0, ready0, tlast0;
    if (PASSES > 1) begin : g_replay
        replay #(.DATA_W(LANES * IN_W), .BEATS(BEATS_IN), .PASSES(PASSES)) u_replay (
            .clk, .rst, .s_axis_tdata, .s_axis_tvalid, .s_axis_tready, .s_axis_tlast,
            .m_axis_tdata(x0), .m_axis_tvalid(valid0), .m_axis_tready(ready0), .m_axis_tlast(tlast0));
    end else begin : g_straight
        assign {x0, valid0, tlast0, s_axis_tready} = {s_axis_tdata, s_axis_tvalid, s_axis_tlast, ready0};
    end

    // ---- Control: a pass's last beat waits for places in the FIFO and for the bank; all others are taken at once.
    logic room;
    logic busy_q;  // the bank would still be sending when the pass's sums are done
    logic [IN_BEAT_W-1:0] beat_q;
    logic [ROW_W-1:0] row_q;
    logic first0_q, last0_q;  // the next beat is a pass's first, last
    assign ready0 = !last0_q || (room && !busy_q);
    wire accept = valid0 && ready0;
    wire reserve = accept && last0_q;
    wire [IN_BEAT_W-1:0] beat_d = last0_q ? '0 : beat_q + 1'b1;
    always_ff @(posedge clk) begin
        if (rst) begin
            beat_q <= '0;
            row_q <= '0;
            first0_q <= 1'b1;
            last0_q <= BEATS_IN == 1;
        end else if (accept) begin
            beat_q <= beat_d;
            row_q <= row_q == ROW_W'(ROWS - 1) ? '0 : row_q + 1'b1;
            first0_q <= last0_q;
            last0_q <= beat_d == IN_BEAT_W'(BEATS_IN - 1);
        end
    end
    if (BEATS_OUT > BEATS_IN) begin : g_wait
        logic [OUT_BEAT_W:0] wait_q;  // cycles until the bank has sent
        always_ff @(posedge clk) begin
            busy_q <= !rst && (reserve || wait_q > 1);
            wait_q <= rst ? '0 : reserve ? (OUT_BEAT_W + 1)'(BEATS_OUT - 1) : wait_q - (OUT_BEAT_W + 1)'(busy_q);
        end
    end else begin : g_no_wait
        assign busy_q = 1'b0;
    end

    // Flags beside the data, stage 1 … PRODUCT; then done_q: the sums of a whole pass, the sample's last.
    logic [PRODUCT:1] valid_q, first_q, last_q, tlast_q;
    logic done_q, done_tlast_q;
    always_ff @(posedge clk) begin
        if (rst) begin
            valid_q <= '0;
            done_q <= 1'b0;
        end else begin
            valid_q <= {valid_q[PRODUCT-1:1], accept};
            done_q <= valid_q[PRODUCT] && last_q[PRODUCT];
        end
        first_q <= {first_q[PRODUCT-1:1], first0_q};
        last_q <= {last_q[PRODUCT-1:1], last0_q};
        tlast_q <= {tlast_q[PRODUCT-1:1], tlast0};
        done_tlast_q <= tlast_q[PRODUCT];
    end

    // ---- Constants. start: what the sums of a pass begin with.
    logic [PE*LANES*WEIGHT_W-1:0] weights2;
    weight_rom #(.DEPTH(ROWS), .WIDTH(PE * LANES * WEIGHT_W), .FILE(WEIGHT_FILE), .ADDRESS_W(ROW_W)) u_rom (
        .clk, .en(1'b1), .address(row_q), .data(weights2));
    logic [OUT_CHANNELS*ACC_W-1:0] bias[0:0];  // a memory of one word: synthesis sees constants
    initial $readmemh(START_FILE, bias);
    logic [PE*ACC_W-1:0] start;
    if (PASSES > 1) begin : g_start
        logic [PASS_W-1:0] pass_q;  // of the beat in the stage before the product
        logic [PE*ACC_W-1:0] start_q;
        always_ff @(posedge clk) begin
            if (rst) pass_q <= '0;
            else if (valid_q[PRODUCT-1] && last_q[PRODUCT-1])
                pass_q <= pass_q == PASS_W'(PASSES - 1) ? '0 : pass_q + 1'b1;
            start_q <= bias[0][pass_q*(PE*ACC_W)+:PE*ACC_W];
        end
        assign start = start_q;
    end else begin : g_all
        assign start = bias[0];
    end

    // ---- Multiply-accumulators, and the bank that their sums move to.
    logic [LANES*IN_W-1:0] x1_q;
    always_ff @(posedge clk) x1_q <= x0;

    logic [SUMS*PE*ACC_W-1:0] sum_q, bank_q;  // sum s for channel o at (s * PE + o) * ACC_W
    always_ff @(posedge clk) if (done_q) bank_q <= sum_q;
    if (PACKED == 1) begin : g_packed
        localparam integer F = IN_W + WEIGHT_W - 1 + $clog2(LANES);
        wire [PE*F-1:0] less;  // each 1 less than the lanes' sum
        packed_dot #(.COUNT(PE), .LANES(LANES), .X_W(IN_W), .W_W(WEIGHT_W), .NARROW(NARROW), .F(F)) u_dot (
            .clk, .x(x1_q), .w(weights2), .less);
        for (genvar o = 0; o < PE; o++) begin : g_sum
            wire [ACC_W-1:0] so_far = first_q[PRODUCT] ? start[o*ACC_W+:ACC_W] : sum_q[o*ACC_W+:ACC_W];
            always_ff @(posedge clk)  // less + so_far + 1
                if (valid_q[PRODUCT]) sum_q[o*ACC_W+:ACC_W] <= ACC_W'(signed'(less[o*F+:F])) - ~so_far;
        end
    end else begin : g_single
        for (genvar lane = 0; lane < LANES; lane++) begin : g_lane
            for (genvar o = 0; o < PE; o++) begin : g_mac
                wire signed [ACC_W-1:0] begins = lane == 0 ? start[o*ACC_W+:ACC_W] : '0;
                logic signed [IN_W-1:0] x2_q;
                logic signed [ACC_W-1:0] acc_q;
                wire signed [P_W-1:0] product;
                multiplier #(.X_W(IN_W), .W_W(WEIGHT_W), .P_W(P_W), .USE_DSP(USE_DSP)) u_multiplier (
                    .clk, .x(x2_q), .w(weights2[(o*LANES+lane)*WEIGHT_W+:WEIGHT_W]), .p(product));
                always_ff @(posedge clk) begin
                    x2_q <= x1_q[lane*IN_W+:IN_W];
                    if (valid_q[PRODUCT]) acc_q <= ACC_W'(product) + (first_q[PRODUCT] ? begins : acc_q);
                end
                assign sum_q[(lane*PE+o)*ACC_W+:ACC_W] = acc_q;
            end
        end
    end

    // ---- Output side: beat after beat from the bank, from the cycle after done_q.
    logic [SELECTED:0] out_valid_q, out_tlast_q;  // stage 0: the bank, 1: selected, SELECTED: lanes added
    logic bank_tlast_q, out_last_q;  // the sample's last pass; the bank's last beat
    logic [OUT_BEAT_W-1:0] out_beat_q;
    wire [OUT_BEAT_W-1:0] out_beat_d = done_q ? '0 : out_beat_q + 1'b1;
    always_ff @(posedge clk) begin
        if (rst) out_valid_q <= '0;
        else out_valid_q <= {out_valid_q[SELECTED-1:0], done_q || (out_valid_q[0] && !out_last_q)};
        out_beat_q <= out_beat_d;
        out_last_q <= out_beat_d == OUT_BEAT_W'(BEATS_OUT - 1);
        if (done_q) bank_tlast_q <= done_tlast_q;
        out_tlast_q[SELECTED:1] <= out_tlast_q[SELECTED-1:0];
    end
    assign out_tlast_q[0] = bank_tlast_q && out_last_q;

    logic [OUT_LANES*OUT_W-1:0] result;
    for (genvar out_lane = 0; out_lane < OUT_LANES; out_lane++) begin : g_out
        logic [SUMS*ACC_W-1:0] selected_q;
        wire [ACC_W-1:0] acc;
        for (genvar s = 0; s < SUMS; s++) begin : g_selected
            // This lane's sums side by side, so that synthesis sees a selection and no shift by a product.
            wire [BEATS_OUT*ACC_W-1:0] sums;
            for (genvar b = 0; b < BEATS_OUT; b++) begin : g_beat
                assign sums[b*ACC_W+:ACC_W] = bank_q[(s*PE+b*OUT_LANES+out_lane)*ACC_W+:ACC_W];
            end
            always_ff @(posedge clk)
                selected_q[s*ACC_W+:ACC_W] <= sums[(BEATS_OUT > 1 ? int'(out_beat_q) : 0)*ACC_W+:ACC_W];
        end
        adder_tree #(.TERMS(SUMS), .IN_W(ACC_W), .OUT_W(ACC_W)) u_tree (.clk, .terms(selected_q), .sum(acc));
        shift_clamp #(.IN_W(ACC_W), .SHIFT(SHIFT), .OUT_W(OUT_W), .OUT_SIGNED(0)) u_clamp (
            .acc, .out(result[out_lane*OUT_W+:OUT_W]));
    end

    result_fifo #(.DATA_W(OUT_LANES * OUT_W), .BEATS(BEATS_OUT), .LATENCY(PRODUCT + SELECTED + 4)) u_out (
        .clk, .rst, .room, .reserve, .result, .valid(out_valid_q[SELECTED]), .last(out_tlast_q[SELECTED]),
        .m_axis_tdata, .m_axis_tvalid, .m_axis_tready, .m_axis_tlast);
endmodule
`default_nettype wire
