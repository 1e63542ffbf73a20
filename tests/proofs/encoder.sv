// Features as they came lie beside the lists. Each that spikes is sent once, at its tick, later arrivals first.
logic [TIME_W-1:0] known[0:4*FEATURES-1];
logic [INDEX_W-1:0] came_q;
logic [1:0] in_bank_q, out_bank_q;  // a bank is free before its last event has left: twice as many here
logic [1:0] waiting_q;            // samples that have entered whole and not left whole
logic [TIME_W-1:0] at_q;          // tick
logic [FEATURES-1:0] seen_q;
logic [INDEX_W:0] before_q;       // the tick's last index; above all at its beginning
wire give = m_axis_tvalid && m_axis_tready;
wire spike = m_axis_tdata[INDEX_W], tick = m_axis_tdata[INDEX_W+1];
wire [INDEX_W-1:0] index = m_axis_tdata[INDEX_W-1:0];
logic [FEATURES-1:0] spiking;
wire [FEATURES-1:0] seen = seen_q | (spike ? FEATURES'(1) << index : FEATURES'(0));
always_comb for (int j = 0; j < FEATURES; j++) spiking[j] = known[int'(out_bank_q) * FEATURES + j] != 0;
wire whole = accept && s_axis_tlast, left = give && m_axis_tlast;
always_ff @(posedge clk) begin
    if (accept) known[int'(in_bank_q) * FEATURES + int'(came_q)] <= x;
    came_q <= rst || whole ? 0 : came_q + INDEX_W'(accept);
    in_bank_q <= rst ? 0 : in_bank_q + 2'(whole);
    out_bank_q <= rst ? 0 : out_bank_q + 2'(left);
    waiting_q <= rst ? 0 : waiting_q + 2'(whole) - 2'(left);
    at_q <= rst || left ? 0 : at_q + TIME_W'(give && tick);
    seen_q <= rst || left ? 0 : give ? seen : seen_q;
    before_q <= rst || (give && tick) ? FEATURES : give ? {1'b0, index} : before_q;
end
always_comb begin
    assume (s_axis_tvalid);
    assume (s_axis_tlast == (came_q == INDEX_W'(FEATURES - 1)));
    if (begun_q && m_axis_tvalid) begin
        assert (waiting_q != 0);
        if (spike) begin
            assert (int'(index) < FEATURES);
            assert (known[int'(out_bank_q) * FEATURES + int'(index)] == WINDOW - at_q);
            assert (!seen_q[index]);
            assert ({1'b0, index} < before_q);
        end else assert (tick && before_q == FEATURES);
        assert (m_axis_tlast == (tick && at_q == WINDOW - 1'b1));
        if (m_axis_tlast) assert (seen == spiking);
    end
end
