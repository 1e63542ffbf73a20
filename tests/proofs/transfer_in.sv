// What went into the slice waits in a queue beside it. TLAST out exactly with each sample's last beat, one tag with it,
// and for each TLAST in exactly one tag that says so, whatever the transfer's length.
(* hierconn *) wire \slice.skid_valid_q ;
(* hierconn *) wire \slice.out_valid_q ;
(* hierconn *) wire [DATA_W:0] \slice.skid_q ;
logic [DATA_W:0] head_q, second_q;
logic [1:0] held_q;
logic [COUNT_W-1:0] sent_q;  // beats of the sample that were sent
logic owed_q;                // a transfer has ended, its last tag was not given yet
wire give = m_axis_tvalid && m_axis_tready;
wire [DATA_W:0] beat = {last_q, fill_q ? {DATA_W{1'b0}} : s_axis_tdata};
wire [COUNT_W:0] inside = (COUNT_W + 1)'(sent_q) + (COUNT_W + 1)'(held_q);
always_ff @(posedge clk) begin
    if (give) head_q <= second_q;
    if (step && held_q - 2'(give) == 0) head_q <= beat;
    if (step && held_q - 2'(give) == 1) second_q <= beat;
    held_q <= rst ? 0 : held_q + 2'(step) - 2'(give);
    sent_q <= rst || (give && m_axis_tlast) ? 0 : sent_q + COUNT_W'(give);
    owed_q <= !rst && (owed_q || (accept && s_axis_tlast)) && !(tag_valid && tag_last);
end
always_comb if (begun_q) begin
    assert (held_q == 2'(\slice.out_valid_q ) + 2'(\slice.skid_valid_q ));
    assert (!\slice.skid_valid_q  || \slice.out_valid_q );
    assert (m_axis_tvalid == (held_q != 0));
    if (held_q != 0) assert ({m_axis_tlast, m_axis_tdata} == head_q);
    if (held_q == 2) assert (\slice.skid_q  == second_q);
    // Where the sample stands on both sides.
    assert (last_q == (beat_q == COUNT_W'(BEATS - 1)));
    assert (sent_q < BEATS && beat_q < BEATS);
    assert (beat_q == COUNT_W'(inside % BEATS));
    if (held_q != 0) assert (head_q[DATA_W] == (sent_q == COUNT_W'(BEATS - 1)));
    if (held_q == 2) assert (second_q[DATA_W] == (inside % BEATS == 0));
    // Tags.
    assert (owed_q == fill_q);
    assert (!(fill_q && s_axis_tready));
    assert (!tag_valid || tag_ready);
    assert (tag_valid == (step && last_q));
    if (rst) assert (!s_axis_tready && !tag_valid && !first && !incomplete);
end
