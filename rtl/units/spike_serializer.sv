// Turns the spikes of one tick, a bit per neuron, into AER events {tick, spike, index}, ascending index.
//
// One event per spike; the last one of a tick carries the tick flag. A tick without spikes costs one
// event {tick = 1, spike = 0}. TLAST in (the window's last tick) becomes TLAST on that tick's last event.
//
//   pending --+--> lowest set bit --> index --+--> [event] -->
//      ^      +--> rest == 0 ------> tick ----+
//      +--- rest, or the next tick's spikes
//
// Shapes: NEURONS bits in, INDEX_W + 2 bits out. Cycles: max(1, spikes) per tick; the first event leaves
// two cycles after its tick came. Rounding, overflow: none.
`default_nettype none

module spike_serializer #(
    parameter integer NEURONS = 0,
    parameter integer INDEX_W = 0  // bits, 2^INDEX_W >= NEURONS
) (
    input  wire logic               clk,
    input  wire logic               rst,
    input  wire logic [NEURONS-1:0] s_axis_tdata,
    input  wire logic               s_axis_tvalid,
    output      logic               s_axis_tready,
    input  wire logic               s_axis_tlast,
    output      logic [INDEX_W+1:0] m_axis_tdata,
    output      logic               m_axis_tvalid,
    input  wire logic               m_axis_tready,
    output      logic               m_axis_tlast
);
    if (NEURONS < 1 || NEURONS > (1 << INDEX_W)) begin : g_check
        $error("spike_serializer: NEURONS=%0d INDEX_W=%0d", NEURONS, INDEX_W);
    end

    logic [NEURONS-1:0] pending_q;  // spikes of the current tick that were not sent yet
    logic live_q;                   // there is a current tick
    logic last_q;                   // it is the window's last
    logic [INDEX_W+1:0] event_q;
    logic event_valid_q, event_last_q;

    wire [NEURONS-1:0] rest = pending_q & (pending_q - 1'b1);
    wire [NEURONS-1:0] lowest = pending_q & ~rest;  // one-hot, or zero
    wire tick = rest == 0;
    wire advance = !event_valid_q || m_axis_tready;

    // Bit b of the index is set where the one-hot bit stands at a position with bit b set.
    wire [INDEX_W-1:0] index;
    for (genvar b = 0; b < INDEX_W; b++) begin : g_index
        wire [NEURONS-1:0] hits;
        for (genvar n = 0; n < NEURONS; n++) begin : g_hit
            assign hits[n] = ((n >> b) & 1) != 0 ? lowest[n] : 1'b0;
        end
        assign index[b] = |hits;
    end

    assign s_axis_tready = !live_q || (advance && tick);

    always_ff @(posedge clk) begin
        if (s_axis_tready) begin
            live_q    <= s_axis_tvalid;
            pending_q <= s_axis_tdata;
            last_q    <= s_axis_tlast;
        end else if (advance) begin
            pending_q <= rest;
        end
        if (advance) begin
            event_valid_q <= live_q;
            event_q       <= {tick, |pending_q, index};
            event_last_q  <= tick && last_q;
        end
        if (rst) begin
            live_q        <= 1'b0;
            event_valid_q <= 1'b0;
        end
    end

    assign m_axis_tdata  = event_q;
    assign m_axis_tvalid = event_valid_q;
    assign m_axis_tlast  = event_last_q;
endmodule
`default_nettype wire
