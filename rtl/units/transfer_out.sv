// Makes transfers of results: TLAST goes out only with a transfer's last result, an invalid one is marked.
//
//   s_axis -> [slice] -> [mark, last] -> m_axis
//                              ^ tag, one per result
//
// The last beat of a result is the class: where its tag says invalid, 0xFFFFFFFF goes out instead.
//
// Shapes: 32-bit beats, TLAST in on every result's last beat; a tag per result, taken with that beat, which waits for it.
// Cycles: one beat per cycle, in the cycle after it was taken. In reset nothing is sent.
`default_nettype none

module transfer_out (
    input  wire logic        clk,
    input  wire logic        rst,
    input  wire logic [31:0] s_axis_tdata,
    input  wire logic        s_axis_tvalid,
    output      logic        s_axis_tready,
    input  wire logic        s_axis_tlast,
    input  wire logic        tag_invalid,
    input  wire logic        tag_valid,
    output      logic        tag_ready,
    input  wire logic        tag_last,     // the result is its transfer's last
    output      logic [31:0] m_axis_tdata,
    output      logic        m_axis_tvalid,
    input  wire logic        m_axis_tready,
    output      logic        m_axis_tlast,
    output      logic        result        // strobe: a result's last beat is taken
);
    wire [31:0] data;
    wire valid, last;
    wire go = (!last || tag_valid) && !rst;
    axis_register #(.DATA_W(32)) slice (
        .clk, .rst,
        .s_axis_tdata, .s_axis_tvalid, .s_axis_tready, .s_axis_tlast,
        .m_axis_tdata(data), .m_axis_tvalid(valid), .m_axis_tready(m_axis_tready && go),
        .m_axis_tlast(last)
    );

    assign m_axis_tdata  = last && tag_invalid ? 32'hFFFF_FFFF : data;
    assign m_axis_tvalid = valid && go;
    assign m_axis_tlast  = last && tag_last;
    assign result        = m_axis_tvalid && m_axis_tready && last;
    assign tag_ready     = result;
endmodule
`default_nettype wire
