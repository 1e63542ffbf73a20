// Of a unit that sends AER events: at most one spike of a neuron in a sample, a tick flag for each tick, TLAST with the
// last.
logic [OUT_FEATURES-1:0] seen_q;
logic [TIME_W-1:0] at_q;
wire give = m_axis_tvalid && m_axis_tready;
wire spike = m_axis_tdata[OUT_INDEX_W], tick = m_axis_tdata[OUT_INDEX_W+1];
wire [OUT_INDEX_W-1:0] index = m_axis_tdata[OUT_INDEX_W-1:0];
always_ff @(posedge clk) begin
    if (give && spike) seen_q[index] <= 1'b1;
    if (rst || (give && m_axis_tlast)) seen_q <= 0;
    at_q <= rst || (give && m_axis_tlast) ? 0 : at_q + TIME_W'(give && tick);
end
always_comb if (begun_q && m_axis_tvalid) begin
    if (spike) assert (!seen_q[index]);
    assert (m_axis_tlast == (tick && at_q == LAST_TICK));
end
