// Integrating read-out for spikes in any order, each with its earliness: logits and class of one sample.
//
// Equation: L_i = sum_j W[i, j] x_j + b_i, x the inputs' earliness in ticks; class = argmax L, the lowest index
// on a tie. As readout, but W x is summed directly; PE classes at once, as in b1_layer_earliness.
//
//   events -> [neurons] -> one logit after the other -> running maximum -> [fifo] -> logits, class
//
//   ROM word of input j, fold k, at address j * CLASSES / PE + k: | W[k * PE + PE-1, j] | ... | W[k * PE, j] |
//   SPAN of them side by side make a word, see spike_steps.
//
// Shapes: event words {x, index} of TIME_W + IN_INDEX_W bits, TLAST on a sample's last; out a packet of CLASSES
// logits, sign-extended to 32 bits, then the class, TLAST there. LSB: the weight's. Rounding: none.
// Overflow: none, ACC_W holds every value.
// Cycles: an event takes its steps (see spike_steps); the first logit is on the output 8 cycles after the last
// event was taken with PE = CLASSES, else 12, plus its steps but one, and one more without a
// multiplier; then one beat per cycle.
`default_nettype none

module readout_earliness #(
    parameter integer IN_FEATURES = 0,
    parameter integer CLASSES = 0,
    parameter integer PE = 0,           // divides CLASSES
    parameter integer WEIGHT_W = 0,     // bits, signed
    parameter integer TIME_W = 0,       // bits of x, unsigned
    parameter integer ACC_W = 0,        // bits, signed, at most 32
    parameter integer MULTIPLIER = -1,  // 1: a multiplier per class at once, 0: none
    parameter integer SPAN = 0,         // folds per ROM word, 1 or CLASSES / PE
    parameter WEIGHT_FILE = "",         // IN_FEATURES * CLASSES / PE / SPAN words of SPAN * PE * WEIGHT_W bits
    parameter START_FILE = "",          // biases: one word of all with PE = CLASSES, else a word per class
    parameter integer IN_INDEX_W = 0    // bits of an index
) (
    input  wire logic                         clk,
    input  wire logic                         rst,
    input  wire logic [TIME_W+IN_INDEX_W-1:0] s_axis_tdata,
    input  wire logic                         s_axis_tvalid,
    output      logic                         s_axis_tready,
    input  wire logic                         s_axis_tlast,
    output      logic [31:0]                  m_axis_tdata,
    output      logic                         m_axis_tvalid,
    input  wire logic                         m_axis_tready,
    output      logic                         m_axis_tlast
);
    if (CLASSES < 1 || PE < 1 || CLASSES % PE != 0 || ACC_W > 32) begin : g_check
        $error("readout_earliness: CLASSES=%0d PE=%0d ACC_W=%0d", CLASSES, PE, ACC_W);
    end

    localparam integer CLASS_W = CLASSES > 1 ? $clog2(CLASSES) : 1;
    localparam integer WORD_W = ACC_W > CLASS_W ? ACC_W : CLASS_W + 1;  // a logit, or a class with a sign
    wire room, sum_valid, sum_last;
    wire signed [ACC_W-1:0] sum;
    wire [CLASS_W-1:0] sum_index;

    if (PE == CLASSES) begin : g_parallel
        wire done;
        wire [CLASSES*ACC_W-1:0] sums;
        logic done_q, reopen_q, valid_q, last_q;
        logic [CLASS_W-1:0] index_q, sum_index_q;
        logic signed [ACC_W-1:0] one, sum_q;
        wire take = (done || done_q) && room;
        wire all = index_q == CLASS_W'(CLASSES - 1);
        neurons #(
            .IN_FEATURES(IN_FEATURES), .INDEX_W(IN_INDEX_W), .PE(PE), .WEIGHT_W(WEIGHT_W), .TIME_W(TIME_W),
            .ACC_W(ACC_W), .MULTIPLIER(MULTIPLIER), .WEIGHT_FILE(WEIGHT_FILE), .START_FILE(START_FILE)
        ) adders (
            .clk, .rst, .event_data(s_axis_tdata), .event_valid(s_axis_tvalid), .event_ready(s_axis_tready),
            .event_last(s_axis_tlast), .reopen(reopen_q), .done, .sums
        );
        always_comb begin
            one = sums[ACC_W-1:0];
            for (int i = 1; i < CLASSES; i++) if (index_q == CLASS_W'(i)) one = sums[i*ACC_W+:ACC_W];
        end
        always_ff @(posedge clk) begin
            if (done) done_q <= 1'b1;
            if (take && all) done_q <= 1'b0;
            reopen_q <= take && all;
            valid_q  <= take;
            last_q   <= all;
            sum_q    <= one;
            sum_index_q <= index_q;
            if (take) index_q <= all ? 0 : index_q + 1'b1;
            if (rst) begin
                done_q   <= 1'b0;
                reopen_q <= 1'b0;
                valid_q  <= 1'b0;
                index_q  <= 0;
            end
        end
        assign sum_valid = valid_q;
        assign sum_last = last_q;
        assign sum = sum_q;
        assign sum_index = sum_index_q;
    end else begin : g_folded
        wire done;
        neurons_folded #(
            .IN_FEATURES(IN_FEATURES), .INDEX_W(IN_INDEX_W), .NEURONS(CLASSES), .PE(PE), .WEIGHT_W(WEIGHT_W),
            .TIME_W(TIME_W), .ACC_W(ACC_W), .MULTIPLIER(MULTIPLIER), .SPAN(SPAN), .WEIGHT_FILE(WEIGHT_FILE),
            .START_FILE(START_FILE), .NEURON_W(CLASS_W)
        ) adders (
            .clk, .rst, .event_data(s_axis_tdata), .event_valid(s_axis_tvalid), .event_ready(s_axis_tready),
            .event_last(s_axis_tlast), .done, .unload(room && done), .sum_valid, .sum, .sum_index, .sum_last
        );
    end

    // ---- Running maximum; the class follows the last logit.
    logic class_q;  // now the class
    logic signed [ACC_W-1:0] maximum_q;
    logic [CLASS_W-1:0] best_q;
    always_ff @(posedge clk) begin
        class_q <= sum_valid && sum_last;
        if (sum_valid && (sum_index == 0 || sum > maximum_q)) begin
            maximum_q <= sum;
            best_q    <= sum_index;
        end
        if (rst) class_q <= 1'b0;
    end
    wire signed [WORD_W-1:0] word;
    fifo #(.DATA_W(WORD_W), .DEPTH(32), .MARGIN(10)) u_fifo (
        .clk, .rst, .push(sum_valid || class_q), .word(class_q ? WORD_W'(best_q) : WORD_W'(sum)), .last(class_q),
        .room, .m_axis_tdata(word), .m_axis_tvalid, .m_axis_tready, .m_axis_tlast
    );
    assign m_axis_tdata = 32'(word);
endmodule
`default_nettype wire
