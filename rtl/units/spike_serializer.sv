// Turns the spikes of one tick, a bit per neuron, into AER events {tick, spike, index}, ascending index.
//
// One event per spike; the last one of a tick carries the tick flag. A tick without spikes costs one
// event {tick = 1, spike = 0}. A tick comes as NEURONS / PE words of PE neurons, the last one with `push_end`, in
// the window's last tick with `push_last` as well, which becomes TLAST on that tick's last event. Words wait in a
// memory of 32, with a flag per group of 8 neurons that has a spike. First a group is picked, then a neuron of it.
// Its event is held back until the next spike, or the tick's end, has come: only then its tick flag is known.
//
//   push -> [spikes, flags: LUTRAM] -> lowest group not sent -> [8 bits] -> lowest bit -> [event] ->
//
// Shapes: PE bits in, INDEX_W + 2 bits out. Cycles: max(1, spikes) per word; the first event is on the output 3
// cycles after its word was pushed. `room` may be a cycle old: two words always fit after it falls.
// Rounding, overflow: none.
`default_nettype none

module spike_serializer #(
    parameter integer NEURONS = 0,
    parameter integer PE = 0,      // neurons per word, divides NEURONS
    parameter integer INDEX_W = 0  // bits, 2^INDEX_W >= NEURONS
) (
    input  wire logic               clk,
    input  wire logic               rst,
    input  wire logic               push,
    input  wire logic [PE-1:0]      push_spikes,
    input  wire logic               push_end,
    input  wire logic               push_last,
    output      logic               room,
    output      logic [INDEX_W+1:0] m_axis_tdata,
    output      logic               m_axis_tvalid,
    input  wire logic               m_axis_tready,
    output      logic               m_axis_tlast
);
    if (PE < 1 || NEURONS % PE != 0 || NEURONS > (1 << INDEX_W)) begin : g_check
        $error("spike_serializer: NEURONS=%0d PE=%0d INDEX_W=%0d", NEURONS, PE, INDEX_W);
    end

    localparam integer GROUPS = (PE + 7) / 8;

    // ---- words that wait
    logic [4:0] write_q, read_q;
    logic room_q;
    wire pop;
    wire [4:0] waiting = write_q - read_q;
    wire some = write_q != read_q;
    wire [8*GROUPS-1:0] padded = (8 * GROUPS)'(push_spikes);
    wire [GROUPS-1:0] flags;
    (* ram_style = "distributed" *) logic [PE+GROUPS+1:0] words[0:31];
    wire [PE-1:0] spikes;
    wire [GROUPS-1:0] filled;  // groups with a spike
    wire ends, last;
    for (genvar g = 0; g < GROUPS; g++) begin : g_flag
        assign flags[g] = |padded[8*g+:8];
    end
    assign {last, ends, filled, spikes} = words[read_q];
    always_ff @(posedge clk) begin
        if (push) words[write_q] <= {push_last, push_end, flags, push_spikes};
        if (push) write_q <= write_q + 1'b1;
        if (pop) read_q <= read_q + 1'b1;
        room_q <= waiting < 28;
        if (rst) begin
            write_q <= 0;
            read_q  <= 0;
        end
    end
    assign room = room_q;

    // ---- groups of the word
    logic [GROUPS-1:0] sent_q;
    logic live_q;           // there is a current group
    logic [7:0] pending_q;  // its spikes that were not sent yet
    logic ends_q, last_q;   // it is its tick's last, and that the window's last
    wire [GROUPS-1:0] left = filled & ~sent_q;
    wire [GROUPS-1:0] after = left & (left - 1'b1);
    wire [GROUPS-1:0] picked = left & ~after;  // one-hot, or zero
    wire [8*GROUPS-1:0] all = (8 * GROUPS)'(spikes);
    logic [7:0] chosen;
    logic [INDEX_W-1:0] group;  // its first neuron's place in the word
    always_comb begin
        chosen = 0;
        group = 0;
        for (int g = 0; g < GROUPS; g++) begin
            chosen = chosen | (all[8*g+:8] & {8{picked[g]}});
            group = group | (INDEX_W'(8 * g) & {INDEX_W{picked[g]}});
        end
    end

    // ---- spikes of the group
    logic [INDEX_W+1:0] event_q;
    logic event_valid_q, event_last_q;
    wire tick = event_q[INDEX_W+1];
    wire [7:0] rest = pending_q & (pending_q - 1'b1);
    wire [7:0] lowest = pending_q & ~rest;
    // verilator lint_off UNUSEDSIGNAL
    wire [2:0] bit_index = {|lowest[7:4], |(lowest & 8'hcc), |(lowest & 8'haa)};  // a few neurons need less of it
    // verilator lint_on UNUSEDSIGNAL
    wire single = rest == 0;
    wire spike = live_q && pending_q != 0;
    wire ending = live_q && ends_q && single;
    wire free = !event_valid_q || (m_axis_tvalid && m_axis_tready);
    wire held = event_valid_q && !tick;  // without a spike behind it
    wire advance = free || (!spike && (!ending || held));
    wire next = !live_q || (advance && single);  // take a group
    assign pop = next && some && after == 0;

    wire [INDEX_W-1:0] index;
    logic [INDEX_W-1:0] first_q;  // the group's first neuron
    if (PE == NEURONS) begin : g_whole
        assign index = first_q | INDEX_W'(bit_index);
        always_ff @(posedge clk) if (next) first_q <= group;
    end else begin : g_folded
        logic [INDEX_W-1:0] base_q;  // the word's first neuron
        assign index = spike ? first_q + INDEX_W'(bit_index) : 0;
        always_ff @(posedge clk) begin
            if (next) first_q <= base_q + group;
            if (pop) base_q <= ends ? 0 : base_q + INDEX_W'(PE);
            if (rst) base_q <= 0;
        end
    end

    always_ff @(posedge clk) begin
        if (next) begin
            live_q    <= some;
            pending_q <= chosen;
            ends_q    <= ends && after == 0;
            last_q    <= last;
        end else if (advance) begin
            pending_q <= rest;
        end
        if (next && some) sent_q <= after == 0 ? 0 : sent_q | picked;
        if (free) begin
            event_valid_q <= spike || ending;
            event_q       <= {ending, spike, index};
            event_last_q  <= ending && last_q;
        end else if (held && ending && !spike) begin
            event_q[INDEX_W+1] <= 1'b1;
            event_last_q       <= last_q;
        end
        if (rst) begin
            live_q        <= 1'b0;
            sent_q        <= 0;
            event_valid_q <= 1'b0;
        end
    end

    assign m_axis_tdata  = event_q;
    assign m_axis_tvalid = event_valid_q && (tick || spike);
    assign m_axis_tlast  = event_last_q;
endmodule
`default_nettype wire
