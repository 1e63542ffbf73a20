// The beat of any number, modulo 2 * DEPTH, lies where it was put until it is taken, and is taken in its turn.
(* anyconst *) logic [PLACE_W:0] number;
logic [DATA_W:0] beat_q;
wire [PLACE_W:0] held = put_q - take_q, before = number - take_q;
always_ff @(posedge clk) if (put && put_q == number) beat_q <= {s_axis_tlast, s_axis_tdata};
always_comb if (begun_q) begin
    assert (held <= (PLACE_W + 1)'(DEPTH));
    assert (m_axis_tvalid == (held != 0));
    assert (s_axis_tready == (held != (PLACE_W + 1)'(DEPTH)));
    if (before < held) assert (memory[number[PLACE_W-1:0]] == beat_q);
    if (m_axis_tvalid && before == 0) assert ({m_axis_tlast, m_axis_tdata} == beat_q);
end
