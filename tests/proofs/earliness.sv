// Of a layer that takes spikes in any order: what each sample's sums come to waits in a queue. Of each sample every
// neuron that fires is sent once, with its earliness, in ascending order, and the last one always, with TLAST.
logic [OUT_FEATURES*TIME_W-1:0] due[0:3];
logic [1:0] in_q, at_q;                        // samples taken whole, sent whole
logic [IN_FEATURES-1:0] came_q;                // inputs of the sample
logic [OUT_FEATURES-1:0] left_q;               // neurons that may still be sent
logic [OUT_FEATURES*ACC_W-1:0] so_far_q, totals;
logic [OUT_FEATURES*TIME_W-1:0] earliness;     // of the sample, if this event is its last
logic [OUT_FEATURES-1:0] fires;
wire take = s_axis_tvalid && s_axis_tready, give = m_axis_tvalid && m_axis_tready;
wire [IN_INDEX_W-1:0] source = s_axis_tdata[IN_INDEX_W-1:0];
wire [TIME_W-1:0] early = s_axis_tdata[IN_INDEX_W+:TIME_W];
wire [OUT_INDEX_W-1:0] sent = m_axis_tdata[OUT_INDEX_W-1:0];
wire [OUT_FEATURES*TIME_W-1:0] now = due[at_q];
wire [OUT_FEATURES-1:0] above = ~((OUT_FEATURES'(2) << sent) - OUT_FEATURES'(1));
for (genvar i = 0; i < OUT_FEATURES; i++) begin : g_expected
    wire signed [WEIGHT_W-1:0] factor = WEIGHTS[(int'(source)*OUT_FEATURES+i)*WEIGHT_W+:WEIGHT_W];
    wire signed [ACC_W-1:0] before = came_q == 0 ? BIASES[i*ACC_W+:ACC_W] : so_far_q[i*ACC_W+:ACC_W];
    wire signed [ACC_W-1:0] total = before + factor * $signed({1'b0, early});
    wire signed [ACC_W-1:0] ticks = total >>> SHIFT;
    assign totals[i*ACC_W+:ACC_W] = total;
    assign earliness[i*TIME_W+:TIME_W] = ticks < 0 ? 0 : ticks > (1 << TIME_W) - 1 ? (1 << TIME_W) - 1 : ticks;
    assign fires[i] = i == OUT_FEATURES - 1 || now[i*TIME_W+:TIME_W] != 0;
end
always_ff @(posedge clk) begin
    if (take && s_axis_tlast) due[in_q] <= earliness;
    if (take) so_far_q <= totals;
    in_q <= rst ? 0 : in_q + 2'(take && s_axis_tlast);
    at_q <= rst ? 0 : at_q + 2'(give && m_axis_tlast);
    came_q <= rst || (take && s_axis_tlast) ? 0 : take ? came_q | (IN_FEATURES'(1) << source) : came_q;
    left_q <= rst || (give && m_axis_tlast) ? '1 : give ? left_q & above : left_q;
end
always_comb begin
    assume (int'(source) < IN_FEATURES);
    if (s_axis_tvalid) assume (!came_q[source]);
    if (begun_q && m_axis_tvalid) begin
        assert (at_q != in_q);
        assert (int'(sent) < OUT_FEATURES);
        assert (left_q[sent] && fires[sent]);
        assert ((left_q & fires & ~above) == OUT_FEATURES'(1) << sent);  // none was passed over
        assert (m_axis_tdata[OUT_INDEX_W+:TIME_W] == now[int'(sent)*TIME_W+:TIME_W]);
        assert (m_axis_tlast == (int'(sent) == OUT_FEATURES - 1));
    end
end
