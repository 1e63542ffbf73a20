// Division-free TTFS encoder: features in any order to spikes in the order of time, by a bucket list.
//
// Equation: x = clamp((F - V_MIN) >> SHIFT, 0, WINDOW), WINDOW = 2^TIME_W - 1, the spike comes at tick
// WINDOW - x; x = 0 is silence.
// Fill: feature j goes to the front of the list of its tick t: next[j] = head[t], head[t] = j. A node {more, j}
// says whether another one follows it, so that the walk never waits for what the block RAM answers.
// Drain: the lists of ticks 0 ... WINDOW-1 are walked, last arrival first; each head is cleared as it is
// taken. There are two banks of lists: one fills while the other drains.
//
//   F -> [x] -> head[t] (LUTRAM) + next[j] (block RAM) ... walk -> [event] ->
//                  ^ one word per tick      ^ one word per feature
//
// Shapes: one feature of IN_W bits per beat, FEATURES beats, TLAST on the last; out event words
// {tick, spike, index} of INDEX_W + 2 bits, TLAST on the window's last tick. LSB: one tick.
// Rounding: floor. Overflow: saturates at 0 and WINDOW.
// Cycles: one feature per cycle, one event per cycle, sum over ticks of max(1, spikes) events; the first
// event appears 4 cycles after the last feature was taken, one further cycle lies between two windows.
// After reset 2^TIME_W cycles clear the heads; until then the input waits.
`default_nettype none

module encoder #(
    parameter integer FEATURES = 0,
    parameter integer IN_W = 0,        // bits
    parameter integer IN_SIGNED = -1,  // 1: two's complement, 0: unsigned
    parameter integer TIME_W = 0,      // bits
    parameter integer V_MIN = 0,       // in units of F
    parameter integer SHIFT = -1,
    parameter integer INDEX_W = 0  // bits of an index, 2^INDEX_W >= FEATURES
) (
    input  wire logic               clk,
    input  wire logic               rst,
    input  wire logic [IN_W-1:0]    s_axis_tdata,
    input  wire logic               s_axis_tvalid,
    output      logic               s_axis_tready,
    input  wire logic               s_axis_tlast,
    output      logic [INDEX_W+1:0] m_axis_tdata,
    output      logic               m_axis_tvalid,
    input  wire logic               m_axis_tready,
    output      logic               m_axis_tlast
);
    localparam integer LOWEST = IN_SIGNED == 1 ? -(1 << (IN_W - 1)) : 0;  // of F
    if (FEATURES < 1 || IN_W < 1 || TIME_W < 1 || SHIFT < 0) begin : g_check
        $error("encoder: FEATURES=%0d IN_W=%0d TIME_W=%0d SHIFT=%0d", FEATURES, IN_W, TIME_W, SHIFT);
    end
    if (IN_SIGNED < 0 || IN_SIGNED > 1 || V_MIN < LOWEST || V_MIN >= LOWEST + (1 << IN_W)) begin : g_check_2
        $error("encoder: IN_SIGNED=%0d V_MIN=%0d", IN_SIGNED, V_MIN);
    end

    localparam [TIME_W-1:0] WINDOW = {TIME_W{1'b1}};

    // ---- fill: one register, then the lists
    logic [1:0] filled_q;  // per bank: holds a whole sample that is not drained yet
    logic fill_bank_q;
    logic [INDEX_W-1:0] fill_index_q;
    logic put_valid_q, put_bank_q, put_last_q;
    logic [INDEX_W-1:0] put_index_q;
    logic [TIME_W-1:0] put_x_q;
    logic clearing_q;
    logic [TIME_W-1:0] clear_tick_q;

    wire accept = s_axis_tvalid && s_axis_tready;
    wire signed [IN_W:0] above = {IN_SIGNED == 1 && s_axis_tdata[IN_W-1], s_axis_tdata} - (IN_W + 1)'(V_MIN);
    logic [TIME_W-1:0] x;
    shift_clamp #(.IN_W(IN_W + 1), .SHIFT(SHIFT), .OUT_W(TIME_W), .OUT_SIGNED(0)) u_clamp (.acc(above), .out(x));
    assign s_axis_tready = !clearing_q && !filled_q[fill_bank_q];

    always_ff @(posedge clk) begin
        put_valid_q <= accept;
        put_bank_q  <= fill_bank_q;
        put_last_q  <= s_axis_tlast;
        put_index_q <= fill_index_q;
        put_x_q     <= x;
        if (accept) begin
            fill_index_q <= s_axis_tlast ? 0 : fill_index_q + 1'b1;
            fill_bank_q  <= fill_bank_q ^ s_axis_tlast;
        end
        if (clearing_q) begin
            clear_tick_q <= clear_tick_q + 1'b1;
            clearing_q   <= clear_tick_q != WINDOW;
        end
        if (rst) begin
            put_valid_q  <= 1'b0;
            fill_bank_q  <= 1'b0;
            fill_index_q <= 0;
            clearing_q   <= 1'b1;
            clear_tick_q <= 0;
        end
    end

    // ---- lists: a head is {spike, more, index}; spike: there is a feature, more: another one follows it
    logic drain_bank_q;
    logic [TIME_W-1:0] next_tick_q;  // the head to take next
    wire take;                     // take that head now
    wire [INDEX_W+1:0] head[0:1];
    for (genvar b = 0; b < 2; b++) begin : g_bank
        // A bank fills or drains, never both: one address is enough.
        (* ram_style = "distributed" *) logic [INDEX_W+1:0] heads[0:(1<<TIME_W)-1];
        wire fills = !clearing_q && !filled_q[b];
        wire put = put_valid_q && put_bank_q == 1'(b) && put_x_q != 0;
        wire clear = clearing_q || (take && drain_bank_q == 1'(b));
        wire [TIME_W-1:0] address = fills ? ~put_x_q : clearing_q ? clear_tick_q : next_tick_q;
        assign head[b] = heads[address];
        always_ff @(posedge clk) begin
            if (put || clear) heads[address] <= fills ? {1'b1, head[b][INDEX_W+1], put_index_q} : 0;
        end
    end

    // ---- drain: node_q is the feature to send, entry_q what follows it in its list, if anything does
    logic live_q;  // a window is being drained
    logic [INDEX_W+1:0] node_q;
    logic [INDEX_W:0] entry_q;
    logic event_valid_q, event_last_q;
    logic [INDEX_W+1:0] event_q;

    wire advance = !event_valid_q || m_axis_tready;
    wire follow = node_q[INDEX_W];
    wire at_end = next_tick_q == WINDOW;
    wire finish = live_q && advance && !follow && at_end;
    assign take = live_q ? advance && !follow && !at_end : filled_q[drain_bank_q];
    wire [INDEX_W+1:0] node = live_q && follow ? {1'b1, entry_q} : head[drain_bank_q];

    (* ram_style = "block" *) logic [INDEX_W:0] entries[0:(2<<INDEX_W)-1];
    always_ff @(posedge clk) begin
        if (put_valid_q) entries[{put_bank_q, put_index_q}] <= head[put_bank_q][INDEX_W:0];
        if (!live_q || advance) entry_q <= entries[{drain_bank_q, node[INDEX_W-1:0]}];
    end

    always_ff @(posedge clk) begin
        if (!live_q || advance) node_q <= node;
        if (advance) begin
            event_valid_q <= live_q;
            event_q       <= {!follow, node_q[INDEX_W+1], node_q[INDEX_W-1:0]};
            event_last_q  <= finish;
        end
        if (take) begin
            live_q      <= 1'b1;
            next_tick_q <= next_tick_q + 1'b1;
        end
        if (put_valid_q && put_last_q) filled_q[put_bank_q] <= 1'b1;
        if (finish) begin
            live_q                 <= 1'b0;
            next_tick_q            <= 0;
            drain_bank_q           <= !drain_bank_q;
            filled_q[drain_bank_q] <= 1'b0;
        end
        if (rst) begin
            live_q        <= 1'b0;
            event_valid_q <= 1'b0;
            next_tick_q   <= 0;
            drain_bank_q  <= 1'b0;
            filled_q      <= 0;
        end
    end

    assign m_axis_tdata  = event_q;
    assign m_axis_tvalid = event_valid_q;
    assign m_axis_tlast  = event_last_q;
endmodule
`default_nettype wire
