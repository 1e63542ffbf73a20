// Integrating read-out: logits and class of one window of events.
//
// Equation: L_i = sum_j W[i, j] x_j + b_i, x the inputs' earliness in ticks; class = argmax L, the lowest
// index on a tie. Integrated tick by tick as in b1_layer, without a multiplier and without spikes.
//
//   events -> [integrator] -> [logit of a class] -> one per beat -> [maximum so far] -> class
//
//   ROM word of input j: | W[CLASSES-1, j] | ... | W[1, j] | W[0, j] |   WEIGHT_W bits each
//
// Shapes: event words {tick, spike, index} in, TLAST on the window's last tick; out a packet of CLASSES
// logits, sign-extended to 32 bits, then the class, TLAST there. LSB: the weight's. Rounding: none.
// Overflow: none, SLOPE_W and ACC_W hold every value.
// Cycles: one event per cycle; the first logit is on the output 5 cycles after the last event was taken,
// then one beat per cycle; the next window may come after the class was taken.
`default_nettype none

module readout #(
    parameter integer IN_FEATURES = 0,
    parameter integer CLASSES = 0,
    parameter integer WEIGHT_W = 0,  // bits, signed
    parameter integer SLOPE_W = 0,   // bits, signed
    parameter integer ACC_W = 0,     // bits, signed, at most 32
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
    output      logic               m_axis_tlast
);
    if (CLASSES < 1 || ACC_W > 32) begin : g_check
        $error("readout: CLASSES=%0d ACC_W=%0d", CLASSES, ACC_W);
    end

    localparam integer BEAT_W = $clog2(CLASSES + 1);
    localparam [1:0] INTEGRATE = 2'd0, FLUSH = 2'd1, SEND = 2'd2;
    logic [1:0] state_q;
    logic [1:0] final_q;                 // bit 1: in this cycle the potentials are final
    logic [BEAT_W-1:0] beat_q;           // logit of this class, then CLASSES: the class itself
    logic last_q;                        // that is what the beat is
    logic [BEAT_W-1:0] best_q;
    logic signed [ACC_W-1:0] logit_q;
    logic signed [ACC_W-1:0] maximum_q;  // of the logits sent so far

    wire accept = s_axis_tvalid && s_axis_tready;
    wire sent = m_axis_tvalid && m_axis_tready;
    wire done;
    wire [CLASSES*ACC_W-1:0] potential;
    assign s_axis_tready = state_q == INTEGRATE;
    assign m_axis_tvalid = state_q == SEND;
    assign m_axis_tlast  = last_q;
    assign m_axis_tdata  = last_q ? 32'(best_q) : 32'(logit_q);

    integrator #(
        .IN_FEATURES(IN_FEATURES), .INDEX_W(IN_INDEX_W), .NEURONS(CLASSES), .WEIGHT_W(WEIGHT_W),
        .SLOPE_W(SLOPE_W), .ACC_W(ACC_W), .FIRE_SLOPE(0), .WEIGHT_FILE(WEIGHT_FILE), .START_FILE(START_FILE)
    ) neurons (
        .clk, .rst, .event_valid(accept), .event_data(s_axis_tdata), .event_last(s_axis_tlast),
        .reload(sent && last_q), .step(1'b0), .done, .potential
    );

    wire [BEAT_W-1:0] next = m_axis_tvalid ? beat_q + 1'b1 : 0;  // the beat after this one
    logic [ACC_W-1:0] logit;
    always_comb begin
        logit = potential[ACC_W-1:0];
        for (int i = 1; i < CLASSES; i++) begin
            if (next == BEAT_W'(i)) logit = potential[i*ACC_W+:ACC_W];
        end
    end

    always_ff @(posedge clk) begin
        final_q <= {final_q[0], done};
        if (accept && s_axis_tlast) state_q <= FLUSH;
        if (final_q[1]) state_q <= SEND;
        if (!m_axis_tvalid || sent) logit_q <= logit;
        if (sent) begin
            beat_q <= next;
            last_q <= next == BEAT_W'(CLASSES);
            if (beat_q == 0 || logit_q > maximum_q) begin
                maximum_q <= logit_q;
                best_q    <= beat_q;
            end
        end
        if (rst || (sent && last_q)) begin
            state_q <= INTEGRATE;
            beat_q  <= 0;
            last_q  <= 1'b0;
        end
        if (rst) final_q <= 0;
    end
endmodule
`default_nettype wire
