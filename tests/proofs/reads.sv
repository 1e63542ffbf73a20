// Of the read-out: a packet of the logits and the class for each window, which its TLAST ends; none without one.
logic [7:0] left_q;
logic [3:0] whole_q, told_q;
wire accept_in = s_axis_tvalid && s_axis_tready, give = m_axis_tvalid && m_axis_tready;
always_ff @(posedge clk) begin
    left_q <= rst || (give && m_axis_tlast) ? 0 : left_q + 8'(give);
    whole_q <= rst ? 0 : whole_q + 4'(accept_in && s_axis_tlast);
    told_q <= rst ? 0 : told_q + 4'(give && m_axis_tlast);
end
always_comb if (begun_q && m_axis_tvalid) begin
    assert (m_axis_tlast == (left_q == CLASSES));
    assert (told_q != whole_q);
end
