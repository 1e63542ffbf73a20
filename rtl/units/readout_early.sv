// Integrating read-out that ends before its window does: logits and class of the first tick that decides.
//
// Equation: as readout, L_i = sum_j W[i, j] max(0, x_j - left) + b_i after the tick with `left` ticks to come. Decided
// is after the first tick at which one logit is ahead of every other by MARGIN + RATE * left or more, and after the
// last one. What comes of the window then is taken and dropped, while the result is sent.
//
//   events -> [integrator] -> [differences] -> [each ahead of each?] -> one ahead of all -> decided
//                       └───> two cycles later ───────────────────────────> kept -> logits, class
//
//   ROM word of input j: | W[CLASSES-1, j] | ... | W[1, j] | W[0, j] |   WEIGHT_W bits each
//
// Shapes: event words {tick, spike, index} in, TLAST on the window's last tick; out a packet of CLASSES
// logits, sign-extended to 32 bits, then the class, TLAST there. `decided` and `seen` are for the chip's counters:
// the window has ended as far as its result goes; a spike is in the logits so far, with `decided` in the result's.
// LSB: the weight's. Rounding: none. Overflow: none, SLOPE_W and ACC_W hold every value, NEED_W what is asked for.
// Cycles: one event per cycle; the first logit is on the output 7 cycles after the event was taken that ends the
// deciding tick, then one beat per cycle; the next window may come after class and window's last event were taken.
`default_nettype none

module readout_early #(
    parameter integer IN_FEATURES = 0,
    parameter integer CLASSES = 0,
    parameter integer WEIGHT_W = 0,  // bits, signed
    parameter integer SLOPE_W = 0,   // bits, signed
    parameter integer ACC_W = 0,     // bits, signed, at most 30
    parameter integer NEED_W = 0,    // bits, signed, of FIRST, and more than ACC_W
    parameter integer FIRST = -1,    // lead that decides after the first tick
    parameter integer RATE = -1,     // by how much it is less with each
    parameter WEIGHT_FILE = "",      // IN_FEATURES words of CLASSES * WEIGHT_W bits, class 0 lowest
    parameter START_FILE = "",       // biases: one word of CLASSES * ACC_W bits, class 0 lowest
    parameter integer IN_INDEX_W = 0  // bits of an index
) (
    input  wire logic               clk,
    input  wire logic               rst,
    input  wire logic [IN_INDEX_W+1:0] s_axis_tdata,
    input  wire logic               s_axis_tvalid,
    output      logic               s_axis_tready,
    input  wire logic               s_axis_tlast,
    output      logic [31:0]        m_axis_tdata,
    output      logic               m_axis_tvalid,
    input  wire logic               m_axis_tready,
    output      logic               m_axis_tlast,
    output      logic               decided,  // one cycle per window
    output      logic               seen      // one cycle per spike, up to `decided`
);
    if (CLASSES < 1 || ACC_W > 30 || NEED_W <= ACC_W || FIRST < 0 || RATE < 0) begin : g_check
        $error("readout_early: CLASSES=%0d ACC_W=%0d NEED_W=%0d FIRST=%0d RATE=%0d", CLASSES, ACC_W, NEED_W, FIRST,
               RATE);
    end

    localparam integer BEAT_W = $clog2(CLASSES + 1);
    localparam integer ENDS = 6;         // cycles from an event to whether it decides
    logic open_q;                        // the window's last event was not taken yet
    logic decided_q;                     // its result is being sent, or was
    logic answered_q;                    // was
    logic [BEAT_W-1:0] beat_q;           // logit of this class, then CLASSES: the class itself
    logic last_q;                        // that is what the beat is
    logic valid_q;
    logic [BEAT_W-1:0] best_q;
    logic signed [ACC_W-1:0] logit_q;
    logic signed [ACC_W-1:0] maximum_q;  // of the logits sent so far

    wire accept = s_axis_tvalid && s_axis_tready;
    wire sent = m_axis_tvalid && m_axis_tready;
    wire reload = !open_q && (answered_q || (sent && last_q));
    wire counts = accept && !decided_q;
    assign s_axis_tready = open_q;
    assign m_axis_tvalid = valid_q;
    assign m_axis_tlast  = last_q;
    assign m_axis_tdata  = last_q ? 32'(best_q) : 32'(logit_q);

    wire [CLASSES*ACC_W-1:0] potential;
    // verilator lint_off UNUSEDSIGNAL
    wire done;  // by itself the window's end says nothing: see end_q
    // verilator lint_on UNUSEDSIGNAL
    integrator #(
        .IN_FEATURES(IN_FEATURES), .INDEX_W(IN_INDEX_W), .NEURONS(CLASSES), .WEIGHT_W(WEIGHT_W),
        .SLOPE_W(SLOPE_W), .ACC_W(ACC_W), .FIRE_SLOPE(0), .WEIGHT_FILE(WEIGHT_FILE), .START_FILE(START_FILE)
    ) neurons (
        .clk, .rst, .event_valid(counts), .event_data(s_axis_tdata), .event_last(s_axis_tlast),
        .reload, .step(1'b0), .done, .potential
    );

    // ---- Bit s: the event that was taken s cycles ago; with 4 its potentials are there, with 5 their differences.
    logic [ENDS:1] tick_q, spike_q, end_q;
    logic [CLASSES*ACC_W-1:0] before_q, tested_q, kept_q;  // potentials 1, 2 cycles ago; those that decided
    always_ff @(posedge clk) begin
        tick_q   <= {tick_q[ENDS-1:1], counts && s_axis_tdata[IN_INDEX_W+1]};
        spike_q  <= {spike_q[ENDS-1:1], counts && s_axis_tdata[IN_INDEX_W]};
        end_q    <= {end_q[ENDS-1:1], s_axis_tlast};
        before_q <= potential;
        tested_q <= before_q;
        if (!decided_q) kept_q <= tested_q;
        if (rst || reload) begin
            tick_q  <= 0;
            spike_q <= 0;
        end
    end

    // ---- What a lead must be at the tick that is compared, and the same below zero.
    logic signed [NEED_W-1:0] need_q, minus_q;
    always_ff @(posedge clk) begin
        if (tick_q[5]) begin
            need_q  <= need_q - NEED_W'(RATE);
            minus_q <= minus_q + NEED_W'(RATE);
        end
        if (rst || reload) begin
            need_q  <= NEED_W'(FIRST);
            minus_q <= -NEED_W'(FIRST);
        end
    end

    wire [CLASSES*CLASSES-1:0] ahead;  // bit i * CLASSES + k: class i of class k
    wire [CLASSES-1:0] first;          // class i of all others
    for (genvar i = 0; i < CLASSES; i++) begin : g_class
        for (genvar k = i; k < CLASSES; k++) begin : g_other
            if (i == k) begin : g_same
                assign ahead[i*CLASSES+k] = 1'b1;
            end else begin : g_pair
                logic signed [NEED_W-1:0] difference_q;
                logic above_q, below_q;
                always_ff @(posedge clk) begin
                    difference_q <= NEED_W'($signed(potential[i*ACC_W+:ACC_W]))
                                    - NEED_W'($signed(potential[k*ACC_W+:ACC_W]));
                    above_q <= difference_q >= need_q;
                    below_q <= difference_q <= minus_q;
                end
                assign ahead[i*CLASSES+k] = above_q;
                assign ahead[k*CLASSES+i] = below_q;
            end
        end
        assign first[i] = &ahead[i*CLASSES+:CLASSES];
    end
    assign decided = tick_q[ENDS] && !decided_q && (end_q[ENDS] || first != 0);
    assign seen = spike_q[ENDS] && !decided_q;

    // ---- The result: class 0 leaves while it is kept.
    wire [BEAT_W-1:0] next = valid_q ? beat_q + 1'b1 : 0;  // the beat after this one
    logic [ACC_W-1:0] logit;
    always_comb begin
        logit = tested_q[ACC_W-1:0];
        for (int i = 1; i < CLASSES; i++) begin
            if (next == BEAT_W'(i)) logit = kept_q[i*ACC_W+:ACC_W];
        end
    end
    always_ff @(posedge clk) begin
        if (accept && s_axis_tlast) open_q <= 1'b0;
        if (decided) begin
            decided_q <= 1'b1;
            valid_q   <= 1'b1;
        end
        if (!valid_q || sent) logit_q <= logit;
        if (sent) begin
            beat_q <= next;
            last_q <= next == BEAT_W'(CLASSES);
            if (beat_q == 0 || logit_q > maximum_q) begin
                maximum_q <= logit_q;
                best_q    <= beat_q;
            end
            if (last_q) answered_q <= 1'b1;
        end
        if (rst || (sent && last_q)) begin
            valid_q <= 1'b0;
            beat_q  <= 0;
            last_q  <= 1'b0;
        end
        if (rst || reload) begin
            open_q     <= 1'b1;
            decided_q  <= 1'b0;
            answered_q <= 1'b0;
        end
    end
endmodule
`default_nettype wire
