// Of every unit that sends a stream: what waits for m_axis_tready stays as it is. Reset, which drops it, comes first.
logic begun_q = 1'b0;
always_ff @(posedge clk) begin
    begun_q <= 1'b1;
    if (begun_q && $past(m_axis_tvalid && !m_axis_tready && !rst) && !rst) begin
        assert (m_axis_tvalid);
        assert ({m_axis_tlast, m_axis_tdata} == $past({m_axis_tlast, m_axis_tdata}));
    end
end
always_comb if (!begun_q) assume (rst);
