// Pixels as they came wait in a queue. Each is given PASSES times, in its order, without long pauses; TLAST in the last
// pass alone.
logic [DATA_W:0] came[0:15];
logic [3:0] in_q, at_q;  // beats taken; the first beat of the pixel that is given
logic [BEAT_W:0] place_q;
logic [PASS_W:0] given_q;  // passes given of the pixel
logic [1:0] late_q;  // cycles for which a beat has been there and none is shown
wire sent = m_axis_tvalid && m_axis_tready;
wire ends = place_q == BEATS - 1, all = given_q == PASSES - 1;
wire due = 4'(at_q + 4'(place_q)) != in_q;
wire [DATA_W:0] expected = came[4'(at_q + 4'(place_q))];
always_ff @(posedge clk) begin
    if (accept) came[in_q] <= {s_axis_tlast, s_axis_tdata};
    in_q <= rst ? 0 : in_q + 4'(accept);
    place_q <= rst || (sent && ends) ? 0 : place_q + (BEAT_W + 1)'(sent);
    given_q <= rst || (sent && ends && all) ? 0 : given_q + (PASS_W + 1)'(sent && ends);
    at_q <= rst ? 0 : at_q + (sent && ends && all ? 4'(BEATS) : 0);
    late_q <= rst || !due || m_axis_tvalid ? 0 : late_q + 1;
end
always_comb if (begun_q) begin
    assert (late_q < 2);
    if (m_axis_tvalid) begin
        assert (due);
        assert (m_axis_tdata == expected[DATA_W-1:0]);
        assert (m_axis_tlast == (expected[DATA_W] && all));
    end
end
