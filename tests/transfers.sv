// The chip's outer units without a pipeline between them: each sample is its own result. For test_rtl_input.py.
`default_nettype none

module transfers #(
    parameter integer BEATS = 0,
    parameter integer DEPTH = 0
) (
    input  wire logic        clk,
    input  wire logic        rst,
    input  wire logic [31:0] s_axis_tdata,
    input  wire logic        s_axis_tvalid,
    output      logic        s_axis_tready,
    input  wire logic        s_axis_tlast,
    output      logic [31:0] m_axis_tdata,
    output      logic        m_axis_tvalid,
    input  wire logic        m_axis_tready,
    output      logic        m_axis_tlast
);
    wire [31:0] data;
    wire valid, ready, last;
    wire in_invalid, in_valid, in_ready, in_last, tag_invalid, tag_valid, tag_ready, tag_last;
    wire first, incomplete, result;
    transfer_in #(.DATA_W(32), .BEATS(BEATS)) input_side (
        .clk, .rst, .first, .incomplete,
        .s_axis_tdata, .s_axis_tvalid, .s_axis_tready, .s_axis_tlast,
        .m_axis_tdata(data), .m_axis_tvalid(valid), .m_axis_tready(ready), .m_axis_tlast(last),
        .tag_invalid(in_invalid), .tag_valid(in_valid), .tag_ready(in_ready), .tag_last(in_last)
    );
    axis_fifo #(.DATA_W(1), .DEPTH(DEPTH)) tags (
        .clk, .rst,
        .s_axis_tdata(in_invalid), .s_axis_tvalid(in_valid), .s_axis_tready(in_ready), .s_axis_tlast(in_last),
        .m_axis_tdata(tag_invalid), .m_axis_tvalid(tag_valid), .m_axis_tready(tag_ready), .m_axis_tlast(tag_last)
    );
    transfer_out output_side (
        .clk, .rst, .result,
        .s_axis_tdata(data), .s_axis_tvalid(valid), .s_axis_tready(ready), .s_axis_tlast(last),
        .tag_invalid, .tag_valid, .tag_ready, .tag_last,
        .m_axis_tdata, .m_axis_tvalid, .m_axis_tready, .m_axis_tlast
    );
    wire unused = &{first, incomplete, result};
endmodule
`default_nettype wire
