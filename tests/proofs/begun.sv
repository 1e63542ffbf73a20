logic begun_q = 1'b0;  // reset comes first
always_ff @(posedge clk) begun_q <= 1'b1;
always_comb if (!begun_q) assume (rst);
