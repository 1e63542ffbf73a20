// Small first-in first-out store of words, in LUTs, with a register behind it.
//
//   push, word --> [ DEPTH words ] --> [register] --> m_axis
//
// The sender does not wait for a handshake: it looks at `room`, a flip-flop, and may push up to MARGIN words
// more in the cycles until it sees it fall. Word and TLAST lie side by side.
//
// Cycles: a word is on m_axis two cycles after it was pushed; one word per cycle in and out, without gaps.
// Overflow: none, if no more than MARGIN words come without room. rst drops what is inside.
`default_nettype none

module fifo #(
    parameter integer DATA_W = 0,  // bits
    parameter integer DEPTH = 0,   // words, a power of two
    parameter integer MARGIN = 0   // words that may come after `room` has fallen, in flight included
) (
    input  wire logic              clk,
    input  wire logic              rst,
    input  wire logic              push,
    input  wire logic [DATA_W-1:0] word,
    input  wire logic              last,
    output      logic              room,
    output      logic [DATA_W-1:0] m_axis_tdata,
    output      logic              m_axis_tvalid,
    input  wire logic              m_axis_tready,
    output      logic              m_axis_tlast
);
    localparam integer PLACE_W = $clog2(DEPTH);
    if (DATA_W < 1 || DEPTH < 2 || DEPTH != (1 << PLACE_W) || MARGIN < 3 || MARGIN >= DEPTH) begin : g_check
        $error("fifo: DATA_W=%0d DEPTH=%0d MARGIN=%0d", DATA_W, DEPTH, MARGIN);
    end

    (* ram_style = "distributed" *) logic [DATA_W:0] words[0:DEPTH-1];
    logic [PLACE_W-1:0] put_q, get_q;
    logic [PLACE_W:0] count_q;  // in words[]
    logic some_q;               // count_q != 0
    logic room_q, valid_q;
    logic [DATA_W:0] out_q;

    wire get = some_q && (!valid_q || m_axis_tready);
    wire [PLACE_W:0] count = count_q + (PLACE_W + 1)'(push) - (PLACE_W + 1)'(get);

    always_ff @(posedge clk) begin
        if (push) begin
            words[put_q] <= {last, word};
            put_q        <= put_q + 1'b1;
        end
        if (get) begin
            out_q <= words[get_q];
            get_q <= get_q + 1'b1;
        end
        if (get || m_axis_tready) valid_q <= get;
        count_q <= count;
        some_q  <= count != 0;
        room_q  <= count_q <= (PLACE_W + 1)'(DEPTH - MARGIN);
        if (rst) begin
            put_q   <= 0;
            get_q   <= 0;
            count_q <= 0;
            some_q  <= 1'b0;
            room_q  <= 1'b0;
            valid_q <= 1'b0;
        end
    end

    assign room = room_q;
    assign m_axis_tvalid = valid_q;
    assign {m_axis_tlast, m_axis_tdata} = out_q;
endmodule
`default_nettype wire
