// Depthwise 3x3 convolution with zero padding 1, one output pixel per input pixel.
//
//   y[h,w,c] = clamp((sum over i,j in 0..2 of weight[c,i,j] * x[h+i-1,w+j-1,c]) >>> SHIFT, signed OUT_W)
//
// Streams: HEIGHT * WIDTH * CHANNELS values per sample, channels last, LANES channels per beat, lane 0 in the
// least significant bits; TLAST on the last beat of a sample, which the unit relies on. x is IN_W bits,
// signed or not, y is signed, its LSB is 2^SHIFT times that of weight * x. The sum is exact in ACC_W bits
// (the caller derives ACC_W from the weights); the shift floors, the clamp saturates.
//
// Cycles (B = CHANNELS / LANES beats per pixel): one beat per cycle in and out. Output beat n leaves
// 9 cycles after input beat n + (WIDTH + 1) * B entered. After the last beat of a sample the delay line is
// flushed without further input; the next sample may enter at any time, also during the flush, which it
// then drives.
//
//   s_axis ─▶ [ delay line, 2 (WIDTH + 1) B beats, 9 taps ] ─▶ mask ─▶ x ─▶ 9 multipliers ─▶ adder tree
//                                                          ROM[b] ─▶                            │
//                                                       m_axis ◀─ register slice ◀─ shift, clamp ◀
//
//   ROM word b, WEIGHT_W bits each, c = b * LANES:
//   | weight[c+LANES-1, 2, 2] | ... | weight[c+1, 0, 0] | weight[c, 2, 2] | ... | weight[c, 0, 0] |
//
// All stages advance together unless the register slice at the output is full; rst drops what is inside.
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
    parameter WEIGHT_FILE = ""         // CHANNELS / LANES words of LANES * 9 * WEIGHT_W bits
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

    localparam integer TAPS = 9;
    localparam integer BEATS = CHANNELS / LANES;    // per pixel
    localparam integer BEAT_W = LANES * IN_W;
    localparam integer LEAD = (WIDTH + 1) * BEATS;  // beats by which the newest tap is ahead of the centre
    localparam integer B_W = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam integer H_W = $clog2(HEIGHT);
    localparam integer W_W = $clog2(WIDTH);
    localparam integer LEAD_W = $clog2(LEAD);

    // ---- Control. The whole pipeline advances on `en`, the delay line on `shift`.
    logic en;                 // the output register slice can take a beat
    logic boundary_q;         // the next input beat is the first of a sample
    logic waiting_q;          // the newest sample has entered but none of its outputs is due yet
    logic [LEAD_W-1:0] lead_q;  // shifts left before its first output is due
    logic active_q;           // the delay line holds the window of output (h_q, w_q, b_q)
    logic [H_W-1:0] h_q;
    logic [W_W-1:0] w_q;
    logic [B_W-1:0] b_q;

    wire top = h_q == 0, bottom = h_q == H_W'(HEIGHT - 1);
    wire left = w_q == 0, right = w_q == W_W'(WIDTH - 1);
    wire last_beat = b_q == B_W'(BEATS - 1);
    wire last = last_beat && right && bottom;  // of the sample

    wire due = waiting_q || (active_q && !last);  // outputs still to come
    wire shift = en && (s_axis_tvalid || (boundary_q && due));
    wire first_in = s_axis_tvalid && boundary_q;
    wire first_out = waiting_q && lead_q == 0;
    wire active_d = first_out || (active_q && !last);

    assign s_axis_tready = en;

    always_ff @(posedge clk) begin
        if (rst) begin
            boundary_q <= 1'b1;
            waiting_q <= 1'b0;
            active_q <= 1'b0;
        end else if (shift) begin
            if (s_axis_tvalid) boundary_q <= s_axis_tlast;
            waiting_q <= first_in || (waiting_q && !first_out);
            active_q <= active_d;
        end
        if (shift) begin
            lead_q <= first_in ? LEAD_W'(LEAD - 1) : lead_q - 1'b1;
            b_q <= (first_out || last_beat) ? '0 : b_q + 1'b1;
            if (first_out) w_q <= '0;
            else if (last_beat) w_q <= right ? '0 : w_q + 1'b1;
            if (first_out) h_q <= '0;
            else if (last_beat && right) h_q <= h_q + 1'b1;
        end
    end

    // ---- Delay line: the beat of d shifts ago lies at d * BEAT_W. No reset, so it fits shift-register LUTs.
    logic [(2*LEAD+1)*BEAT_W-1:0] line_q;
    always_ff @(posedge clk) if (shift) line_q <= {line_q[2*LEAD*BEAT_W-1:0], s_axis_tdata};

    // ---- Weights, one word per beat of a pixel.
    logic [LANES*TAPS*WEIGHT_W-1:0] weights2;
    weight_rom #(.DEPTH(BEATS), .WIDTH(LANES * TAPS * WEIGHT_W), .FILE(WEIGHT_FILE), .ADDRESS_W(B_W)) u_rom (
        .clk, .en, .address(b_q), .data(weights2));

    // ---- Valid and last beside the data: stage 0 is the delay line, stage 7 the finished sum.
    logic [7:0] valid_q;
    logic [7:1] last_q;
    always_ff @(posedge clk) begin
        if (rst) valid_q <= '0;
        else if (en) valid_q <= {valid_q[6:0], shift && active_d};
        if (en) last_q <= {last_q[6:1], last};
    end

    // ---- Datapath of each lane.
    localparam integer FULL_W = IN_W + WEIGHT_W;               // holds the product of any two words, signed or not
    localparam integer P_W = FULL_W < ACC_W ? FULL_W : ACC_W;  // no product is wider than its sum
    logic [LANES*OUT_W-1:0] result;
    for (genvar lane = 0; lane < LANES; lane++) begin : g_lane
        wire [TAPS*P_W-1:0] products;
        for (genvar tap = 0; tap < TAPS; tap++) begin : g_tap
            localparam integer ROW = tap / 3, COLUMN = tap % 3;
            localparam integer DELAY = ((2 - ROW) * WIDTH + (2 - COLUMN)) * BEATS;
            wire outside = (ROW == 0 && top) || (ROW == 2 && bottom) ||
                           (COLUMN == 0 && left) || (COLUMN == 2 && right);
            wire [IN_W-1:0] x = line_q[DELAY*BEAT_W+lane*IN_W+:IN_W];
            logic signed [IN_W:0] x1_q, x2_q;
            wire signed [WEIGHT_W-1:0] weight2 = weights2[(lane*TAPS+tap)*WEIGHT_W+:WEIGHT_W];
            logic signed [P_W-1:0] product_q;
            always_ff @(posedge clk) if (en) begin
                x1_q <= outside ? '0 : {IN_SIGNED == 1 && x[IN_W-1], x};
                x2_q <= x1_q;
                product_q <= P_W'(FULL_W'(x2_q) * FULL_W'(weight2));
            end
            assign products[tap*P_W+:P_W] = product_q;
        end
        wire [ACC_W-1:0] acc;
        adder_tree #(.TERMS(TAPS), .IN_W(P_W), .OUT_W(ACC_W)) u_tree (
            .clk, .en, .terms(products), .sum(acc));
        shift_clamp #(.IN_W(ACC_W), .SHIFT(SHIFT), .OUT_W(OUT_W), .OUT_SIGNED(1)) u_clamp (
            .acc, .out(result[lane*OUT_W+:OUT_W]));
    end

    axis_register #(.DATA_W(LANES * OUT_W)) u_out (
        .clk, .rst,
        .s_axis_tdata(result), .s_axis_tvalid(valid_q[7]), .s_axis_tready(en), .s_axis_tlast(last_q[7]),
        .m_axis_tdata, .m_axis_tvalid, .m_axis_tready, .m_axis_tlast);
endmodule
`default_nettype wire
