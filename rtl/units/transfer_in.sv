// Makes samples of transfers: counts beats, gives each sample its own TLAST, and lets nothing end inside a sample.
//
//   s_axis -> [count, fill] -> [slice] -> m_axis
//                  └─> tag, one per sample
//
// A transfer is any number of samples of BEATS beats, TLAST on its last beat. One that ends inside a sample is filled
// up with zero beats, during which the input waits. With a sample's last beat goes its tag: the last of its transfer,
// invalid (filled up). Where no tag is taken that beat waits, so no beat is ever lost.
//
// Shapes: DATA_W-bit beats; TLAST out on every sample's last beat. Cycles: one beat per cycle, computed as it comes: it
// appears in the cycle after it was taken. Reset in the middle of a transfer: what still comes of it counts as a transfer
// of its own. In reset nothing is taken.
`default_nettype none

module transfer_in #(
    parameter integer DATA_W = 0,
    parameter integer BEATS = 0  // per sample
) (
    input  wire logic              clk,
    input  wire logic              rst,
    input  wire logic [DATA_W-1:0] s_axis_tdata,
    input  wire logic              s_axis_tvalid,
    output      logic              s_axis_tready,
    input  wire logic              s_axis_tlast,
    output      logic [DATA_W-1:0] m_axis_tdata,
    output      logic              m_axis_tvalid,
    input  wire logic              m_axis_tready,
    output      logic              m_axis_tlast,
    output      logic              tag_invalid,
    output      logic              tag_valid,   // strobe as well: a sample has entered, given or filled up
    input  wire logic              tag_ready,
    output      logic              tag_last,
    output      logic              first,       // strobe: a sample's first beat is taken
    output      logic              incomplete   // strobe: a transfer ends inside a sample
);
    if (DATA_W < 1 || BEATS < 1) begin : g_check
        $error("transfer_in: DATA_W=%0d BEATS=%0d", DATA_W, BEATS);
    end

    localparam integer COUNT_W = BEATS > 1 ? $clog2(BEATS) : 1;
    logic [COUNT_W-1:0] beat_q;  // of the sample
    logic last_q;                // it is the sample's last
    logic fill_q;                // the transfer has ended: zeros up to there
    wire slice_ready;

    wire go = slice_ready && (!last_q || tag_ready) && !rst;
    wire accept = s_axis_tvalid && s_axis_tready;
    wire step = (s_axis_tvalid || fill_q) && go;
    assign s_axis_tready = go && !fill_q;
    assign tag_valid     = step && last_q;
    assign tag_invalid   = fill_q;
    assign tag_last      = fill_q || s_axis_tlast;
    assign first         = accept && beat_q == 0;
    assign incomplete    = accept && s_axis_tlast && !last_q;

    always_ff @(posedge clk) begin
        if (step) begin
            beat_q <= last_q ? 0 : beat_q + 1'b1;
            last_q <= BEATS == 1 || beat_q == COUNT_W'(BEATS - 2);
            fill_q <= !last_q && tag_last;
        end
        if (rst) begin
            beat_q <= 0;
            last_q <= BEATS == 1;
            fill_q <= 1'b0;
        end
    end

    axis_register #(.DATA_W(DATA_W)) slice (
        .clk, .rst,
        .s_axis_tdata(fill_q ? {DATA_W{1'b0}} : s_axis_tdata), .s_axis_tvalid(step), .s_axis_tready(slice_ready),
        .s_axis_tlast(last_q),
        .m_axis_tdata, .m_axis_tvalid, .m_axis_tready, .m_axis_tlast
    );
endmodule
`default_nettype wire
