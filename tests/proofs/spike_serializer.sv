// The ticks that were pushed wait in a queue. Events must be theirs: a spike once, ascending, the tick flag with a tick's
// last event alone, TLAST with the window's; a tick without spikes is one event.
logic [NEURONS:0] queue[0:15];
logic [3:0] pushed_q, told_q;
logic [NEURONS-1:0] done_q;  // spikes of the first tick that were sent
wire [NEURONS:0] first_now = queue[told_q];
wire [NEURONS-1:0] left_now = first_now[NEURONS-1:0] & ~done_q;
wire [NEURONS-1:0] lowest_now = left_now & (~left_now + 1'b1);
wire ends_now = (left_now & ~lowest_now) == 0;
wire give = m_axis_tvalid && m_axis_tready;
wire [INDEX_W-1:0] sent_index = m_axis_tdata[INDEX_W-1:0];
always_ff @(posedge clk) begin
    if (push) queue[pushed_q] <= {push_last, push_spikes};
    pushed_q <= rst ? 0 : pushed_q + 4'(push);
    told_q <= rst ? 0 : told_q + 4'(give && ends_now);
    done_q <= rst || (give && ends_now) ? 0 : give ? done_q | lowest_now : done_q;
end
always_comb begin
    if (rst) assume (!push);
    assume (!push || room);
    assume (push_end);  // all neurons at once
    if (begun_q && m_axis_tvalid) begin
        assert (told_q != pushed_q);
        assert (m_axis_tdata[INDEX_W] == (left_now != 0));
        if (left_now != 0) assert (lowest_now == NEURONS'(1) << sent_index);
        assert (m_axis_tdata[INDEX_W+1] == ends_now);
        assert (m_axis_tlast == (ends_now && first_now[NEURONS]));
    end
end
