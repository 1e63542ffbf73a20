// Depthwise 3x3 convolution with zero padding 1.
//
//   y[h,w,c] = clamp((sum over i,j in 0..2 of weight[c,i,j] * x[h+i-1,w+j-1,c]) >>> SHIFT, signed OUT_W)
//   for every STRIDE-th h and w, from 0 on
//
// Streams: HEIGHT * WIDTH * CHANNELS values in per sample, ceil(HEIGHT / STRIDE) * ceil(WIDTH / STRIDE) * CHANNELS out,
// channels last, LANES channels per beat, lane 0 in the
// least significant bits; TLAST on the last beat of a sample, which the unit relies on. x is IN_W bits,
// signed or not, y is signed, its LSB is 2^SHIFT times that of weight * x. The sum is exact in ACC_W bits
// (the caller derives ACC_W from the weights); the shift floors, the clamp saturates.
//
// Fold: TAPS of the nine products at once, so S = 9 / TAPS steps per beat: all nine, a row of the kernel, or one.
//
// Cycles (B = CHANNELS / LANES beats per pixel): a beat in and out per S cycles. The output whose place is that of
// input beat n leaves L cycles after input beat n + (WIDTH + 1) * B entered: L = 10 with 9 taps at once, 11 with 3, 15 with 1, and with
// multipliers in LUTs 1 more (up to four bits of weight) or 2. The first (WIDTH + 1) * B beats of a sample have no
// output to wait for: one per cycle, as where STRIDE leaves no output. After the last beat of a sample the delay line is flushed without further
// input; the next sample may enter at any time, also during the flush, which it then drives.
//
//   s_axis ─▶ [ delay line, 2 (WIDTH + 1) B beats, 9 taps ] ─▶ TAPS of them ─▶ mask ─▶ TAPS multipliers ─┐
//                                                              ROM[row] ─────▶                           │
//       m_axis ◀─ results' FIFO ◀─ shift, clamp ◀─ sum of TAPS ◀─ sum of S steps (only where S > 1) ◀────┘
//
//   ROM word b * S + s, WEIGHT_W bits each, c = b * LANES, of the kernel as k = 3 i + j, t = s * TAPS:
//   | weight[c+LANES-1, t+TAPS-1] | ... | weight[c+1, t] | weight[c, t+TAPS-1] | ... | weight[c, t] |
//
// What is behind the delay line never stands still: the line moves on only if the FIFO has a place for the
// result. rst drops what is inside.
`default_nettype none

module dwconv #(
    parameter integer CHANNELS = 0,    // multiple of LANES; all parameters must be set
    parameter integer HEIGHT = 0,      // 2 or more
    parameter integer WIDTH = 0,       // 2 or more
    parameter integer IN_W = 0,        // bits of x
    parameter integer IN_SIGNED = -1,  // 1: two's complement, 0: unsigned
    parameter integer WEIGHT_W = 0,    // bits of a weight, signed
    parameter integer OUT_W = 0,       // bits of y, signed
    parameter integer ACC_W = 0,       // bits of the sum, signed
    parameter integer SHIFT = -1,
    parameter integer LANES = 0,       // channels per beat
    parameter integer TAPS = 0,        // products of a channel at once: 9, 3 or 1
    parameter integer USE_DSP = -1,    // multipliers, 1: in DSP slices, 0: in LUTs
    parameter integer STRIDE = 0,      // 1 or 2
    parameter WEIGHT_FILE = ""         // CHANNELS / LANES * 9 / TAPS words of LANES * TAPS * WEIGHT_W bits
) (
    input  wire logic                   clk,
    input  wire logic                   rst,  // synchronous, active high
    input  wire logic [LANES*IN_W-1:0]  s_axis_tdata,
    input  wire logic                   s_axis_tvalid,
    output      logic                   s_axis_tready,
    input  wire logic                   s_axis_tlast,
    output      logic [LANES*OUT_W-1:0] m_axis_tdata,
    output      logic                   m_axis_tvalid,
    input  wire logic                   m_axis_tready,
    output      logic                   m_axis_tlast
);
    if (LANES < 1 || CHANNELS < 1 || CHANNELS % LANES != 0) begin : g_check
        $error("dwconv: CHANNELS=%0d is not a multiple of LANES=%0d", CHANNELS, LANES);
    end
    if (HEIGHT < 2 || WIDTH < 2) begin : g_check_2
        $error("dwconv: HEIGHT=%0d, WIDTH=%0d, expected 2 or more", HEIGHT, WIDTH);
    end
    if (IN_W < 1 || IN_SIGNED < 0 || IN_SIGNED > 1 || WEIGHT_W < 1 || OUT_W < 1 || ACC_W < 1 || SHIFT < 0) begin : g_check_3
        $error("dwconv: IN_W=%0d IN_SIGNED=%0d WEIGHT_W=%0d OUT_W=%0d ACC_W=%0d SHIFT=%0d",
               IN_W, IN_SIGNED, WEIGHT_W, OUT_W, ACC_W, SHIFT);
    end
    if (TAPS != 1 && TAPS != 3 && TAPS != 9) begin : g_check_4
        $error("dwconv: TAPS=%0d, expected 1, 3 or 9", TAPS);
    end

    if (STRIDE != 1 && STRIDE != 2) begin : g_check_5
        $error("dwconv: STRIDE=%0d, expected 1 or 2", STRIDE);
    end

    localparam integer STEPS = 9 / TAPS;            // per beat
    localparam integer BEATS = CHANNELS / LANES;    // per pixel
    localparam integer ROWS = BEATS * STEPS;        // of the ROM
    localparam integer BEAT_W = LANES * IN_W;
    localparam integer LEAD = (WIDTH + 1) * BEATS;  // beats by which the newest tap is ahead of the centre
    localparam integer H_W = $clog2(HEIGHT);
    localparam integer W_W = $clog2(WIDTH);
    localparam integer LEAD_W = $clog2(LEAD);
    localparam integer LAST_H = (HEIGHT - 1) / STRIDE * STRIDE;  // place of the sample's last output
    localparam integer LAST_W = (WIDTH - 1) / STRIDE * STRIDE;
    localparam integer ROW_W = ROWS > 1 ? $clog2(ROWS) : 1;
    localparam integer STEP_W = STEPS > 1 ? $clog2(STEPS) : 1;
    // Stages: 1 position and ROM address, 2 delay line, 3 x and weight, 4 … product, the sums.
    localparam integer PRODUCT = 3 + (USE_DSP == 1 ? 1 : 1 + $clog2((WEIGHT_W + 1) / 2));
    localparam integer DONE = PRODUCT + (STEPS > 1 ? 1 : 0) + $clog2(TAPS);

    // ---- Control. `shift`: the delay line takes a beat, or moves on without one.
    logic room;               // the FIFO has a place for another result
    logic free_q;             // the last step of a beat, or none
    logic boundary_q;         // the next input beat is the first of a sample
    logic flush_q;            // it need not come for outputs that are due
    logic waiting_q;          // the newest sample has entered but none of its outputs is due yet
    logic first_q;            // its first output is due at the next shift
    logic [LEAD_W-1:0] lead_q;  // shifts left before that one
    logic active_q;           // the delay line holds the window of a place that is not behind the last output
    // Which place that is, and what it means, each a flip-flop. kept: it has an output.
    logic [H_W-1:0] h_q, h_d;
    logic [W_W-1:0] w_q, w_d;
    logic [ROW_W-1:0] row_q, row_d;
    logic [STEP_W-1:0] step_q, step_d;
    logic kept_q, top_q, bottom_q, left_q, right_q, last_row_q, last_q;

    wire ready = room && free_q;
    wire shift = ready && (s_axis_tvalid || flush_q);
    wire step = !free_q;
    wire first_in = s_axis_tvalid && boundary_q;
    wire active_d = first_q || (active_q && !last_q);
    wire boundary_d = s_axis_tvalid ? s_axis_tlast : boundary_q;
    wire waiting_d = first_in || (waiting_q && !first_q);
    assign s_axis_tready = ready;

    always_comb begin
        w_d = w_q;
        h_d = h_q;
        if (first_q) begin
            w_d = '0;
            h_d = '0;
        end else if (last_row_q) begin
            w_d = right_q ? '0 : w_q + 1'b1;
            if (right_q) h_d = h_q + 1'b1;
        end
    end
    wire kept_d = STRIDE == 1 || !(h_d[0] || w_d[0]);
    wire put = active_d && kept_d;
    // A beat without an output has no steps: it passes over their words of the ROM at once.
    always_comb begin
        if ((shift && first_q) || last_row_q) row_d = kept_d ? '0 : ROW_W'(STEPS - 1);
        else row_d = row_q + (kept_q ? ROW_W'(1) : ROW_W'(STEPS));
        step_d = shift ? '0 : step_q + 1'b1;
    end
    wire last_row_d = row_d == ROW_W'(ROWS - 1);
    wire last_beat_d = row_d == ROW_W'(ROWS - STEPS);  // of a pixel, as the shift brings it
    wire right_d = w_d == W_W'(WIDTH - 1), bottom_d = h_d == H_W'(HEIGHT - 1);
    wire last_d = last_beat_d && w_d == W_W'(LAST_W) && h_d == H_W'(LAST_H);  // with an output, of the sample

    always_ff @(posedge clk) begin
        if (rst) begin
            boundary_q <= 1'b1;
            flush_q <= 1'b0;
            waiting_q <= 1'b0;
            active_q <= 1'b0;
            first_q <= 1'b0;
            free_q <= 1'b1;
        end else begin
            if (shift) begin
                boundary_q <= boundary_d;
                flush_q <= boundary_d && (waiting_d || (active_d && !last_d));
                waiting_q <= waiting_d;
                active_q <= active_d;
                first_q <= waiting_q && lead_q == 1;
            end
            if (STEPS > 1 && (shift || step)) free_q <= shift ? !put : step_d == STEP_W'(STEPS - 1);
        end
        if (shift) begin
            lead_q <= first_in ? LEAD_W'(LEAD - 1) : lead_q - 1'b1;
            w_q <= w_d;
            h_q <= h_d;
            {kept_q, top_q, bottom_q, left_q, right_q, last_q} <= {kept_d, h_d == 0, bottom_d, w_d == 0, right_d, last_d};
        end
        if (shift || step) begin
            row_q <= row_d;
            step_q <= step_d;
            last_row_q <= last_row_d;
        end
    end

    // ---- Delay line, a cycle later: `shift_q` is a flip-flop. The beat of d shifts ago lies at d * BEAT_W.
    // No reset, so it fits shift-register LUTs.
    logic shift_q;
    logic [BEAT_W-1:0] x_q;
    logic [(2*LEAD+1)*BEAT_W-1:0] line_q;
    always_ff @(posedge clk) begin
        shift_q <= shift;
        x_q <= s_axis_tdata;
        if (shift_q) line_q <= {line_q[2*LEAD*BEAT_W-1:0], x_q};
    end

    // ---- Weights, a word per step.
    logic [LANES*TAPS*WEIGHT_W-1:0] weights3;
    weight_rom #(.DEPTH(ROWS), .WIDTH(LANES * TAPS * WEIGHT_W), .FILE(WEIGHT_FILE), .ADDRESS_W(ROW_W)) u_rom (
        .clk, .en(1'b1), .address(row_q), .data(weights3));

    // ---- Flags beside the data, from stage 1: a step of an output, its first, its last, the sample's last.
    logic [DONE:1] valid_q, last_step_q, tlast_q;
    // verilator lint_off UNUSEDSIGNAL
    logic [PRODUCT:1] first_step_q;  // read where there is more than one
    // verilator lint_on UNUSEDSIGNAL
    always_ff @(posedge clk) begin
        if (rst) valid_q <= '0;
        else valid_q <= {valid_q[DONE-1:1], (shift && put) || step};
        first_step_q <= {first_step_q[PRODUCT-1:1], shift};
        last_step_q[DONE:2] <= last_step_q[DONE-1:1];
        tlast_q[DONE:2] <= tlast_q[DONE-1:1];
    end
    assign last_step_q[1] = free_q;
    assign tlast_q[1] = last_q;

    // ---- The taps of each step that lie outside of the grid.
    logic [8:0] outside_q;
    logic [STEP_W-1:0] step2_q;
    for (genvar k = 0; k < 9; k++) begin : g_outside
        localparam integer ROW = k / 3, COLUMN = k % 3;
        always_ff @(posedge clk)
            outside_q[k] <= (ROW == 0 && top_q) || (ROW == 2 && bottom_q) ||
                            (COLUMN == 0 && left_q) || (COLUMN == 2 && right_q);
    end
    always_ff @(posedge clk) step2_q <= step_q;

    // ---- Datapath of each lane.
    localparam integer FULL_W = IN_W + WEIGHT_W;               // holds the product of any two words, signed or not
    localparam integer P_W = FULL_W < ACC_W ? FULL_W : ACC_W;  // no product is wider than its sum
    localparam integer SUM_W = STEPS > 1 ? ACC_W : P_W;
    logic [LANES*OUT_W-1:0] result;
    for (genvar lane = 0; lane < LANES; lane++) begin : g_lane
        wire [TAPS*SUM_W-1:0] sums;
        for (genvar tap = 0; tap < TAPS; tap++) begin : g_tap
            wire [STEPS*IN_W-1:0] candidates;
            wire [STEPS-1:0] outside;
            for (genvar s = 0; s < STEPS; s++) begin : g_step
                localparam integer K = s * TAPS + tap;
                localparam integer DELAY = ((2 - K / 3) * WIDTH + (2 - K % 3)) * BEATS;
                assign candidates[s*IN_W+:IN_W] = line_q[DELAY*BEAT_W+lane*IN_W+:IN_W];
                assign outside[s] = outside_q[K];
            end
            wire [IN_W-1:0] x2 = candidates[step2_q*IN_W+:IN_W];
            logic signed [IN_W:0] x3_q;
            always_ff @(posedge clk) x3_q <= outside[step2_q] ? '0 : {IN_SIGNED == 1 && x2[IN_W-1], x2};
            wire signed [P_W-1:0] product;
            multiplier #(.X_W(IN_W + 1), .W_W(WEIGHT_W), .P_W(P_W), .USE_DSP(USE_DSP)) u_multiplier (
                .clk, .x(x3_q), .w(weights3[(lane*TAPS+tap)*WEIGHT_W+:WEIGHT_W]), .p(product));
            if (STEPS > 1) begin : g_sum
                logic signed [ACC_W-1:0] sum_q;
                always_ff @(posedge clk) sum_q <= (first_step_q[PRODUCT] ? '0 : sum_q) + ACC_W'(product);
                assign sums[tap*SUM_W+:SUM_W] = sum_q;
            end else begin : g_product
                assign sums[tap*SUM_W+:SUM_W] = product;
            end
        end
        wire [ACC_W-1:0] acc;
        adder_tree #(.TERMS(TAPS), .IN_W(SUM_W), .OUT_W(ACC_W)) u_tree (.clk, .terms(sums), .sum(acc));
        shift_clamp #(.IN_W(ACC_W), .SHIFT(SHIFT), .OUT_W(OUT_W), .OUT_SIGNED(1)) u_clamp (
            .acc, .out(result[lane*OUT_W+:OUT_W]));
    end

    result_fifo #(.DATA_W(LANES * OUT_W), .BEATS(1), .LATENCY(DONE + STEPS + 1)) u_out (
        .clk, .rst, .room, .reserve(shift && put),
        .result, .valid(valid_q[DONE] && last_step_q[DONE]), .last(tlast_q[DONE]),
        .m_axis_tdata, .m_axis_tvalid, .m_axis_tready, .m_axis_tlast);
endmodule
`default_nettype wire
