// Of a unit that makes SAMPLE_OUT beats of SAMPLE_IN: TLAST out with each sample's last beat alone; nothing is sent of a
// sample that has not begun to come; and where QUIET cycles have neither brought nor stalled anything, all has left.
logic [7:0] came_q, gone_q;            // beats of the sample
logic [3:0] begun_samples_q, whole_q, told_q;  // samples, modulo 16
logic [5:0] quiet_q;
wire accept_in = s_axis_tvalid && s_axis_tready, give = m_axis_tvalid && m_axis_tready;
always_ff @(posedge clk) begin
    came_q <= rst || (accept_in && s_axis_tlast) ? 0 : came_q + 8'(accept_in);
    gone_q <= rst || (give && m_axis_tlast) ? 0 : gone_q + 8'(give);
    begun_samples_q <= rst ? 0 : begun_samples_q + 4'(accept_in && came_q == 0);
    whole_q <= rst ? 0 : whole_q + 4'(accept_in && s_axis_tlast);
    told_q <= rst ? 0 : told_q + 4'(give && m_axis_tlast);
    quiet_q <= rst || s_axis_tvalid || !m_axis_tready ? 0 : quiet_q == QUIET ? quiet_q : quiet_q + 1'b1;
end
always_comb begin
    assume (s_axis_tlast == (came_q == SAMPLE_IN - 1));
    if (begun_q && m_axis_tvalid) begin
        assert (m_axis_tlast == (gone_q == SAMPLE_OUT - 1));
        assert (told_q != begun_samples_q);
    end
    if (begun_q && quiet_q == QUIET && came_q == 0) assert (told_q == whole_q && gone_q == 0 && !m_axis_tvalid);
end
