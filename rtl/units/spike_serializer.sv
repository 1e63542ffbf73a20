// Turns the spikes of one tick, a bit per neuron, into AER events {tick, spike, index}, ascending index.
//
// One event per spike; the last one of a tick carries the tick flag. A tick without spikes costs one
// event {tick = 1, spike = 0}. `push_last` (the window's last tick) becomes TLAST on that tick's last event.
// Ticks wait in a memory of 32 words, with a flag per group of 8 neurons that has a spike. First a group is
// picked, then a neuron of it.
//
//   push -> [spikes, flags: LUTRAM] -> lowest group not sent -> [8 bits] -> lowest bit -> [event] ->
//
// Shapes: NEURONS bits in, INDEX_W + 2 bits out. Cycles: max(1, spikes) per tick; the first event is on the
// output 3 cycles after its tick was pushed. `room` may be a cycle old: two ticks always fit after it falls.
// Rounding, overflow: none.
`default_nettype none

module spike_serializer #(
    parameter integer NEURONS = 0,
    parameter integer INDEX_W = 0  // bits, 2^INDEX_W >= NEURONS
) (
    input  wire logic               clk,
    input  wire logic               rst,
    input  wire logic               push,
    input  wire logic [NEURONS-1:0] push_spikes,
    input  wire logic               push_last,
    output      logic               room,
    output      logic [INDEX_W+1:0] m_axis_tdata,
    output      logic               m_axis_tvalid,
    input  wire logic               m_axis_tready,
    output      logic               m_axis_tlast
);
    if (NEURONS < 1 || NEURONS > (1 << INDEX_W)) begin : g_check
        $error("spike_serializer: NEURONS=%0d INDEX_W=%0d", NEURONS, INDEX_W);
    end

    localparam integer GROUPS = (NEURONS + 7) / 8;
    localparam integer GROUP_W = INDEX_W > 3 ? INDEX_W - 3 : 1;

    // ---- ticks that wait
    logic [4:0] write_q, read_q;
    logic room_q;
    wire pop;
    wire [4:0] waiting = write_q - read_q;
    wire some = write_q != read_q;
    wire [8*GROUPS-1:0] padded = (8 * GROUPS)'(push_spikes);
    wire [GROUPS-1:0] flags;
    (* ram_style = "distributed" *) logic [NEURONS+GROUPS:0] ticks[0:31];
    wire [NEURONS-1:0] spikes;
    wire [GROUPS-1:0] filled;  // groups with a spike
    wire last;
    for (genvar g = 0; g < GROUPS; g++) begin : g_flag
        assign flags[g] = |padded[8*g+:8];
    end
    assign {last, filled, spikes} = ticks[read_q];
    always_ff @(posedge clk) begin
        if (push) ticks[write_q] <= {push_last, flags, push_spikes};
        if (push) write_q <= write_q + 1'b1;
        if (pop) read_q <= read_q + 1'b1;
        room_q <= waiting < 28;
        if (rst) begin
            write_q <= 0;
            read_q  <= 0;
        end
    end
    assign room = room_q;

    // ---- groups of the tick
    logic [GROUPS-1:0] sent_q;
    logic live_q;             // there is a current group
    logic [7:0] pending_q;    // its spikes that were not sent yet
    logic [GROUP_W-1:0] group_q;
    logic group_tick_q, group_last_q;  // it is its tick's last, and that the window's last
    wire [GROUPS-1:0] left = filled & ~sent_q;
    wire [GROUPS-1:0] after = left & (left - 1'b1);
    wire [GROUPS-1:0] picked = left & ~after;  // one-hot, or zero
    wire next;  // take a group
    wire [8*GROUPS-1:0] all = (8 * GROUPS)'(spikes);
    logic [7:0] chosen;
    logic [GROUP_W-1:0] group;
    always_comb begin
        chosen = 0;
        group = 0;
        for (int g = 0; g < GROUPS; g++) begin
            chosen = chosen | (all[8*g+:8] & {8{picked[g]}});
            group = group | (GROUP_W'(g) & {GROUP_W{picked[g]}});
        end
    end
    assign pop = next && some && after == 0;

    // ---- spikes of the group
    logic [INDEX_W+1:0] event_q;
    logic event_valid_q, event_last_q;
    wire [7:0] rest = pending_q & (pending_q - 1'b1);
    wire [7:0] lowest = pending_q & ~rest;
    wire [2:0] bit_index = {|lowest[7:4], |(lowest & 8'hcc), |(lowest & 8'haa)};
    wire single = rest == 0;
    wire advance = !event_valid_q || m_axis_tready;
    wire tick = group_tick_q && single;
    // verilator lint_off UNUSEDSIGNAL
    wire [GROUP_W+2:0] index = {group_q, bit_index};  // a few neurons need less of it
    // verilator lint_on UNUSEDSIGNAL
    assign next = !live_q || (advance && single);

    always_ff @(posedge clk) begin
        if (next) begin
            live_q       <= some;
            pending_q    <= chosen;
            group_q      <= group;
            group_tick_q <= after == 0;
            group_last_q <= last;
        end else if (advance) begin
            pending_q <= rest;
        end
        if (next && some) sent_q <= after == 0 ? 0 : sent_q | picked;
        if (advance) begin
            event_valid_q <= live_q;
            event_q       <= {tick, |pending_q, INDEX_W'(index)};
            event_last_q  <= tick && group_last_q;
        end
        if (rst) begin
            live_q        <= 1'b0;
            sent_q        <= 0;
            event_valid_q <= 1'b0;
        end
    end

    assign m_axis_tdata  = event_q;
    assign m_axis_tvalid = event_valid_q;
    assign m_axis_tlast  = event_last_q;
endmodule
`default_nettype wire
