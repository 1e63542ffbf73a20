// AXI4-Lite: an answer for each request, none without one, held until it is taken; nothing in reset; always OKAY.
logic begun_q = 1'b0;
logic write_owed_q, read_owed_q;
logic [1:0] read_age_q;
wire written = s_axi_awvalid && s_axi_awready, answered = s_axi_bvalid && s_axi_bready;
wire asked = s_axi_arvalid && s_axi_arready, told = s_axi_rvalid && s_axi_rready;
always_ff @(posedge clk) begin
    begun_q <= 1'b1;
    write_owed_q <= !rst && (written || (write_owed_q && !answered));
    read_owed_q <= !rst && (asked || (read_owed_q && !told));
    read_age_q <= asked ? 0 : read_age_q == 3 ? 3 : read_age_q + 1;
    if (begun_q && $past(s_axi_rvalid && !s_axi_rready) && !rst) begin
        assert (s_axi_rvalid);
        assert (s_axi_rdata == $past(s_axi_rdata));
    end
    if (begun_q && $past(s_axi_bvalid && !s_axi_bready) && !rst) assert (s_axi_bvalid);
end
always_comb begin
    if (!begun_q) assume (rst);
    assert (s_axi_rresp == 0);
    assert (s_axi_bresp == 0);
    // Address and data are taken together, and both are there.
    assert ((s_axi_awvalid && s_axi_awready) == (s_axi_wvalid && s_axi_wready));
    if (rst) assert (!(written || asked || s_axi_bvalid || s_axi_rvalid || soft_reset));
    if (begun_q && !rst) begin
        assert (s_axi_bvalid == write_owed_q);
        assert (!(written && write_owed_q));
        assert (!(asked && read_owed_q));
        assert (!s_axi_rvalid || read_owed_q);
        assert (read_owed_q == (reading_q || rvalid_q));  // so it comes, in the next cycle
        if (read_owed_q && read_age_q >= 1) assert (s_axi_rvalid);
        assert (!soft_reset || written);
    end
end
