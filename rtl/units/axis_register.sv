// Register slice for an AXI4-Stream: cuts every combinational path between its two sides.
//
// Full throughput, one cycle of latency. s_axis_tready comes from a flip-flop: it says that the second
// (skid) register is empty, which takes the beat that arrives in the cycle in which m_axis_tready falls.
//
//   s_axis ──┬───────────────▶ mux ─▶ out_q ─▶ m_axis
//            └─▶ skid_q ──────▶
//
// rst empties both registers.
`default_nettype none

module axis_register #(
    parameter integer DATA_W = 0  // bits per beat; must be set
) (
    input  wire logic              clk,
    input  wire logic              rst,  // synchronous, active high
    input  wire logic [DATA_W-1:0] s_axis_tdata,
    input  wire logic              s_axis_tvalid,
    output      logic              s_axis_tready,
    input  wire logic              s_axis_tlast,
    output      logic [DATA_W-1:0] m_axis_tdata,
    output      logic              m_axis_tvalid,
    input  wire logic              m_axis_tready,
    output      logic              m_axis_tlast
);
    if (DATA_W < 1) begin : g_check
        $error("axis_register: DATA_W=%0d", DATA_W);
    end

    logic [DATA_W:0] out_q, skid_q;  // {tlast, tdata}
    logic out_valid_q, skid_valid_q;

    assign s_axis_tready = !skid_valid_q;
    assign m_axis_tvalid = out_valid_q;
    assign {m_axis_tlast, m_axis_tdata} = out_q;

    wire out_free = m_axis_tready || !out_valid_q;

    always_ff @(posedge clk) begin
        if (out_free) out_q <= skid_valid_q ? skid_q : {s_axis_tlast, s_axis_tdata};
        if (!skid_valid_q) skid_q <= {s_axis_tlast, s_axis_tdata};
        if (rst) begin
            out_valid_q <= 1'b0;
            skid_valid_q <= 1'b0;
        end else begin
            if (out_free) out_valid_q <= skid_valid_q || s_axis_tvalid;
            skid_valid_q <= !out_free && (skid_valid_q || s_axis_tvalid);
        end
    end
endmodule
`default_nettype wire
