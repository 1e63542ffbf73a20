// The window: an answer for each request, none without one, held until it is taken; counts that are those of the queues,
// no beat lost unseen; nothing in reset. The slave behind takes address and data together and answers what it was asked.
logic begun_q = 1'b0, ready_q = 1'b0;
logic write_owed_q, read_owed_q, below_write_q, below_read_q;
logic [2:0] given_q, told_q;  // beats that wait in the queues
wire written = s_axi_awvalid && s_axi_awready, answered = s_axi_bvalid && s_axi_bready;
wire asked = s_axi_arvalid && s_axi_arready, told = s_axi_rvalid && s_axi_rready;
always_ff @(posedge clk) begin
    begun_q       <= 1'b1;
    ready_q       <= rst || ready_q;
    write_owed_q  <= !rst && (written || (write_owed_q && !answered));
    read_owed_q   <= !rst && (asked || (read_owed_q && !told));
    below_write_q <= !rst && ((m_axi_awvalid && m_axi_awready) || (below_write_q && !(m_axi_bvalid && m_axi_bready)));
    below_read_q  <= !rst && ((m_axi_arvalid && m_axi_arready) || (below_read_q && !(m_axi_rvalid && m_axi_rready)));
    given_q       <= empty_both ? 0 : given_q + 3'(put) - 3'(given);
    told_q        <= empty_both ? 0 : told_q + 3'(came) - 3'(take);
    if (begun_q && !rst && !$past(rst)) begin
        if ($past(s_axi_bvalid && !s_axi_bready)) assert (s_axi_bvalid);
        if ($past(s_axi_rvalid && !s_axi_rready)) begin
            assert (s_axi_rvalid);
            assert (s_axi_rdata == $past(s_axi_rdata));
        end
        if ($past(m_axi_rvalid && !m_axi_rready)) assume (m_axi_rvalid && m_axi_rdata == $past(m_axi_rdata));
        if ($past(m_axi_bvalid && !m_axi_bready)) assume (m_axi_bvalid);
        if ($past((to_put && !put) || (to_take && !take)) && !$past(empty_both)) assert (lost_q);
    end
end
always_comb begin
    if (!begun_q) assume (rst);
    assume (m_axi_awready == m_axi_wready);
    assume (!m_axi_bvalid || below_write_q);
    assume (!m_axi_rvalid || below_read_q);
    assert (s_axi_rresp == 0 && s_axi_bresp == 0);
    assert ((s_axi_awvalid && s_axi_awready) == (s_axi_wvalid && s_axi_wready));
    if (rst) assert (!(written || asked || s_axi_bvalid || s_axi_rvalid || m_axi_awvalid || m_axi_arvalid));
    if (begun_q && !rst) begin
        assert (!s_axi_bvalid || write_owed_q);
        assert (!(written && write_owed_q) && !(asked && read_owed_q));
        assert (!s_axi_rvalid || read_owed_q);
        assert (write_owed_q == (write_here_q || write_passed_q));
        assert (read_owed_q == (read_here_q || read_passed_q));
        assert (!put || in_ready);
        if (ready_q) begin
            assert (room_q == 12'(IN_DEPTH) - 12'(given_q));
            assert (waiting_q == 12'(told_q));
            assert (m_axis_tvalid == (given_q != 0));
            assert (result_valid == (told_q != 0));
        end
    end
end
