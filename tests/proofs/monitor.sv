// What is counted is what came, a register later: results, transfers that ended early, spikes of each unit in all and of
// its last sample; the flag stays until it is cleared; an interval is the cycles between two results.
logic [31:0] results_q, early_q, spikes_q, between_q, interval_ghost_q;
logic [COUNT_W-1:0] sample_q, sample_last_q;
always_ff @(posedge clk) begin
    results_q <= rst ? 0 : results_q + 32'(result_q);
    early_q <= rst ? 0 : early_q + 32'(incomplete_q);
    spikes_q <= rst ? 0 : spikes_q + 32'(spike_q[0]);
    sample_q <= rst || stage_last_q[SPIKING_STAGE] ? 0 : sample_q + COUNT_W'(spike_q[0]);
    sample_last_q <= rst ? 0 : stage_last_q[SPIKING_STAGE] ? sample_q + COUNT_W'(spike_q[0]) : sample_last_q;
    between_q <= result_q ? 1 : between_q + 1;
    interval_ghost_q <= rst ? 0 : !result_q ? interval_ghost_q : results_q == 0 ? 0 : between_q;
    if (begun_q) begin
        assert ($past(result) == result_q);
        if ($past(rst)) assert (!failed && !busy);
        else if ($past(incomplete_q)) assert (failed);
        else if ($past(clear)) assert (!failed);
        else assert (failed == $past(failed));
    end
end
always_comb if (begun_q) begin
    assert (inferences == results_q && errors == early_q);
    assert (spikes_total[31:0] == spikes_q);
    assert (spikes_last[COUNT_W-1:0] == sample_last_q && g_spiking[0].count_q == sample_q);
    assert (interval == interval_ghost_q);
    if (results_q != 0) assert (between_q == since_result_q);
end
