// Beats pass in their order; TLAST out where the tag says so; each result's last beat takes one tag, and is marked by it.
(* hierconn *) wire \slice.skid_valid_q ;
(* hierconn *) wire \slice.out_valid_q ;
(* hierconn *) wire [32:0] \slice.skid_q ;
(* hierconn *) wire [32:0] \slice.out_q ;
logic [32:0] head_q, second_q;
logic [1:0] held_q;
wire take = s_axis_tvalid && s_axis_tready, give = m_axis_tvalid && m_axis_tready;
always_ff @(posedge clk) begin
    if (give) head_q <= second_q;
    if (take && held_q - 2'(give) == 0) head_q <= {s_axis_tlast, s_axis_tdata};
    if (take && held_q - 2'(give) == 1) second_q <= {s_axis_tlast, s_axis_tdata};
    held_q <= rst ? 0 : held_q + 2'(take) - 2'(give);
    // Tags come from a queue: what waits stays.
    if (begun_q && $past(tag_valid && !tag_ready && !rst))
        assume (tag_valid && {tag_last, tag_invalid} == $past({tag_last, tag_invalid}));
end
always_comb if (begun_q) begin
    assert (held_q == 2'(\slice.out_valid_q ) + 2'(\slice.skid_valid_q ));
    assert (!\slice.skid_valid_q  || \slice.out_valid_q );
    if (held_q != 0) assert (\slice.out_q  == head_q);
    if (held_q == 2) assert (\slice.skid_q  == second_q);
    if (m_axis_tvalid) begin
        assert (held_q != 0);
        assert (m_axis_tlast == (head_q[32] && tag_last));
        assert (m_axis_tdata == (head_q[32] && tag_invalid ? 32'hFFFF_FFFF : head_q[31:0]));
        assert (!head_q[32] || tag_valid);
    end
    assert (tag_ready == (give && head_q[32]));
    assert (!tag_ready || tag_valid);
    if (rst) assert (!m_axis_tvalid && !tag_ready);
end
