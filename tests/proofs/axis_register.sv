// A queue of the beats that were taken and not yet sent, beside the two registers: nothing is lost, made, doubled or
// reordered, whatever the data.
logic [DATA_W:0] head_q, second_q;
logic [1:0] held_q;
wire take = s_axis_tvalid && s_axis_tready, give = m_axis_tvalid && m_axis_tready;
wire [DATA_W:0] beat = {s_axis_tlast, s_axis_tdata};
always_ff @(posedge clk) begin
    if (give) head_q <= second_q;
    if (take && held_q - 2'(give) == 0) head_q <= beat;
    if (take && held_q - 2'(give) == 1) second_q <= beat;
    held_q <= rst ? 0 : held_q + 2'(take) - 2'(give);
end
always_comb if (begun_q) begin
    assert (held_q <= 2);
    assert (m_axis_tvalid == (held_q != 0));
    assert (s_axis_tready == (held_q != 2));
    if (held_q != 0) assert ({m_axis_tlast, m_axis_tdata} == head_q);
    if (held_q == 2) assert (skid_q == second_q);
end
