// Lets whole packets of exactly BEATS beats through and drops every other packet whole.
//
// Store and forward: two slots of BEATS words; a packet is handed on when its TLAST came at the right
// beat. A packet that ends early (short) or has no TLAST on beat BEATS (long) raises a one-cycle strobe
// at its TLAST and leaves no trace. While both slots are taken the input waits.
//
//   beats --> [slot 0 | slot 1] --> [word] -->
//
// Shapes: DATA_W-bit beats. Cycles: one beat per cycle; the first beat appears 2 cycles after the last one
// was taken. Reset in the middle of a packet: what still comes of it counts as a packet of its own.
`default_nettype none

module packet_filter #(
    parameter integer DATA_W = 0,
    parameter integer BEATS = 0
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
    output      logic              first,        // strobe: a packet's first beat is taken
    output      logic              good,         // strobes at TLAST: handed on,
    output      logic              short_error,  // dropped: too few beats,
    output      logic              long_error    // dropped: too many
);
    if (DATA_W < 1 || BEATS < 1) begin : g_check
        $error("packet_filter: DATA_W=%0d BEATS=%0d", DATA_W, BEATS);
    end

    localparam integer COUNT_W = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam [COUNT_W-1:0] LAST = COUNT_W'(BEATS - 1);

    logic [1:0] stored_q;  // per slot: holds a whole packet
    logic write_slot_q, read_slot_q;
    logic [COUNT_W-1:0] write_q, read_q;
    logic inside_q;   // a packet has begun
    logic excess_q;   // it has more than BEATS beats
    logic valid_q, last_q;
    logic [DATA_W-1:0] word_q;
    (* ram_style = "block" *) logic [DATA_W-1:0] memory[0:(2<<COUNT_W)-1];

    wire accept = s_axis_tvalid && s_axis_tready;
    wire whole = write_q == LAST && !excess_q;
    wire advance = !valid_q || m_axis_tready;
    wire fetch = advance && stored_q[read_slot_q];
    assign s_axis_tready = !stored_q[write_slot_q];
    assign first = accept && !inside_q;
    assign good = accept && s_axis_tlast && whole;
    assign long_error = accept && s_axis_tlast && excess_q;
    assign short_error = accept && s_axis_tlast && !whole && !excess_q;

    always_ff @(posedge clk) begin
        if (accept) memory[{write_slot_q, write_q}] <= s_axis_tdata;
        if (advance) word_q <= memory[{read_slot_q, read_q}];
    end

    always_ff @(posedge clk) begin
        if (accept) begin
            inside_q <= !s_axis_tlast;
            excess_q <= !s_axis_tlast && (excess_q || write_q == LAST);
            write_q  <= s_axis_tlast ? 0 : write_q == LAST ? write_q : write_q + 1'b1;
        end
        if (good) begin
            stored_q[write_slot_q] <= 1'b1;
            write_slot_q <= !write_slot_q;
        end
        if (advance) begin
            valid_q <= fetch;
            last_q  <= read_q == LAST;
        end
        if (fetch) begin
            read_q <= read_q == LAST ? 0 : read_q + 1'b1;
            if (read_q == LAST) begin
                stored_q[read_slot_q] <= 1'b0;
                read_slot_q <= !read_slot_q;
            end
        end
        if (rst) begin
            stored_q     <= 0;
            write_slot_q <= 1'b0;
            read_slot_q  <= 1'b0;
            write_q      <= 0;
            read_q       <= 0;
            inside_q     <= 1'b0;
            excess_q     <= 1'b0;
            valid_q      <= 1'b0;
        end
    end

    assign m_axis_tdata  = word_q;
    assign m_axis_tvalid = valid_q;
    assign m_axis_tlast  = last_q;
endmodule
`default_nettype wire
