// B1 spiking layer for spikes in any order, each with its earliness: sums W x directly, waits for no tick.
//
// Equation: x' = clamp((W x + b) >> SHIFT, 0, 2^TIME_W - 1), x the inputs' earliness in ticks, as b1_layer.
// A spike is added when it comes. After a sample's last event the neurons that fire are sent, and the last one.
// PE neurons are worked on at once: all of them, in registers (neurons, fire), or fewer, NEURONS / PE passes per
// spike, with sums in LUT memory, which are looked at one by one (neurons_folded).
//
//   events -> [neurons] -> who fires -> clamp -> [fifo] -> events
//
//   ROM word of input j, fold k, at address j * OUT_FEATURES / PE + k: | W[k * PE + PE-1, j] | ... | W[k * PE, j] |
//   SPAN of them side by side make a word, see spike_steps.
//
// Shapes: event words {x, index} in (TIME_W + IN_INDEX_W bits) and out, TLAST on a sample's last. LSB: of sums,
// the weight's; of x, one tick. Rounding: floor. Overflow: none, ACC_W holds every sum; x saturates.
// Cycles: an event takes its steps (see spike_steps). PE = OUT_FEATURES: the first event out appears 11 cycles
// after the last event in was taken plus its steps but one, then one event per cycle. Else the event of neuron i
// is written 11 + i cycles after it plus its steps but one, and appears two later, or when those before have
// left. Without a multiplier all that is one cycle later. The next sample comes once the sums have been read.
`default_nettype none

module b1_layer_earliness #(
    parameter integer IN_FEATURES = 0,
    parameter integer OUT_FEATURES = 0,
    parameter integer PE = 0,           // divides OUT_FEATURES
    parameter integer WEIGHT_W = 0,     // bits, signed
    parameter integer TIME_W = 0,       // bits of x, unsigned
    parameter integer ACC_W = 0,        // bits, signed
    parameter integer SHIFT = -1,
    parameter integer MULTIPLIER = -1,  // 1: a multiplier per neuron at once, 0: none
    parameter integer SPAN = 0,         // folds per ROM word, 1 or OUT_FEATURES / PE
    parameter WEIGHT_FILE = "",         // IN_FEATURES * OUT_FEATURES / PE / SPAN words of SPAN * PE * WEIGHT_W bits
    parameter START_FILE = "",          // biases: one word of all with PE = OUT_FEATURES, else a word per neuron
    parameter integer IN_INDEX_W = 0,   // bits of an index in
    parameter integer OUT_INDEX_W = 0   // bits of an index out
) (
    input  wire logic                          clk,
    input  wire logic                          rst,
    input  wire logic [ TIME_W+IN_INDEX_W-1:0] s_axis_tdata,
    input  wire logic                          s_axis_tvalid,
    output      logic                          s_axis_tready,
    input  wire logic                          s_axis_tlast,
    output      logic [TIME_W+OUT_INDEX_W-1:0] m_axis_tdata,
    output      logic                          m_axis_tvalid,
    input  wire logic                          m_axis_tready,
    output      logic                          m_axis_tlast
);
    if (PE < 1 || OUT_FEATURES % PE != 0 || SHIFT < 0) begin : g_check
        $error("b1_layer_earliness: OUT_FEATURES=%0d PE=%0d SHIFT=%0d", OUT_FEATURES, PE, SHIFT);
    end

    wire room, push, last;
    wire [TIME_W-1:0] x;
    wire [OUT_INDEX_W-1:0] index;

    if (PE == OUT_FEATURES) begin : g_parallel
        wire done, finished;
        wire [OUT_FEATURES*ACC_W-1:0] sums;
        neurons #(
            .IN_FEATURES(IN_FEATURES), .INDEX_W(IN_INDEX_W), .PE(PE), .WEIGHT_W(WEIGHT_W), .TIME_W(TIME_W),
            .ACC_W(ACC_W), .MULTIPLIER(MULTIPLIER), .WEIGHT_FILE(WEIGHT_FILE), .START_FILE(START_FILE)
        ) adders (
            .clk, .rst, .event_data(s_axis_tdata), .event_valid(s_axis_tvalid), .event_ready(s_axis_tready),
            .event_last(s_axis_tlast), .reopen(finished), .done, .sums
        );
        fire #(
            .NEURONS(OUT_FEATURES), .ACC_W(ACC_W), .SHIFT(SHIFT), .TIME_W(TIME_W), .INDEX_W(OUT_INDEX_W)
        ) u_fire (
            .clk, .rst, .start(done), .sums, .room, .valid(push), .x, .index, .last, .finished
        );
    end else begin : g_folded
        wire done, sum_valid, sum_last;
        wire signed [ACC_W-1:0] sum;
        wire [OUT_INDEX_W-1:0] sum_index;
        neurons_folded #(
            .IN_FEATURES(IN_FEATURES), .INDEX_W(IN_INDEX_W), .NEURONS(OUT_FEATURES), .PE(PE), .WEIGHT_W(WEIGHT_W),
            .TIME_W(TIME_W), .ACC_W(ACC_W), .MULTIPLIER(MULTIPLIER), .SPAN(SPAN), .WEIGHT_FILE(WEIGHT_FILE),
            .START_FILE(START_FILE), .NEURON_W(OUT_INDEX_W)
        ) adders (
            .clk, .rst, .event_data(s_axis_tdata), .event_valid(s_axis_tvalid), .event_ready(s_axis_tready),
            .event_last(s_axis_tlast), .done, .unload(room && done), .sum_valid, .sum, .sum_index, .sum_last
        );
        wire [TIME_W-1:0] clamped;
        shift_clamp #(.IN_W(ACC_W), .SHIFT(SHIFT), .OUT_W(TIME_W), .OUT_SIGNED(0)) u_clamp (
            .acc(sum), .out(clamped));
        logic valid_q, last_q;
        logic [TIME_W-1:0] x_q;
        logic [OUT_INDEX_W-1:0] index_q;
        always_ff @(posedge clk) begin
            valid_q <= sum_valid;
            last_q  <= sum_last;
            x_q     <= clamped;
            index_q <= sum_index;
            if (rst) valid_q <= 1'b0;
        end
        assign push = valid_q && (last_q || x_q != 0);
        assign last = last_q;
        assign x = x_q;
        assign index = index_q;
    end

    fifo #(.DATA_W(TIME_W + OUT_INDEX_W), .DEPTH(32), .MARGIN(10)) u_fifo (
        .clk, .rst, .push, .word({x, index}), .last, .room,
        .m_axis_tdata, .m_axis_tvalid, .m_axis_tready, .m_axis_tlast
    );
endmodule
`default_nettype wire
