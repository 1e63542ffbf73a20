// Gearbox from 32-bit beats of padded slots to beats of LANES exact values.
//
//   beat: SLOTS slots of 32 / SLOTS bits, a value in the low VALUE_W bits of each, slot 0 lowest
//   -> [buffer] -> LANES values, lane 0 lowest
// The last beat of a packet may be padded: only its first VALUES - (beats - 1) * SLOTS slots count.
//
// Shapes: VALUES values per packet, a multiple of LANES; TLAST on the packet's last beat, in and out.
// Cycles: a beat in and a beat out per cycle; the first values appear one cycle after their beat was taken.
// Rounding, overflow: none.
`default_nettype none

module unpack #(
    parameter integer SLOTS = 0,    // values per 32-bit beat
    parameter integer VALUE_W = 0,  // bits, at most 32 / SLOTS
    parameter integer LANES = 0,
    parameter integer VALUES = 0    // per packet
) (
    input  wire logic                     clk,
    input  wire logic                     rst,
    input  wire logic [31:0]              s_axis_tdata,
    input  wire logic                     s_axis_tvalid,
    output      logic                     s_axis_tready,
    input  wire logic                     s_axis_tlast,
    output      logic [LANES*VALUE_W-1:0] m_axis_tdata,
    output      logic                     m_axis_tvalid,
    input  wire logic                     m_axis_tready,
    output      logic                     m_axis_tlast
);
    if (SLOTS < 1 || LANES < 1 || VALUE_W < 1 || VALUE_W > 32 / SLOTS || VALUES % LANES != 0) begin : g_check
        $error("unpack: SLOTS=%0d VALUE_W=%0d LANES=%0d VALUES=%0d", SLOTS, VALUE_W, LANES, VALUES);
    end

    localparam integer SLOT_W = 32 / SLOTS;
    // Up to this count a beat is taken: above it, the next two beats out are already there.
    localparam integer REFILL = 2 * LANES - 1;
    localparam integer CAPACITY = REFILL + SLOTS;
    localparam integer COUNT_W = $clog2(CAPACITY + 1);
    localparam integer LAST_SLOTS = VALUES - (VALUES - 1) / SLOTS * SLOTS;
    localparam integer SENT_W = $clog2(VALUES + 1);

    logic [CAPACITY*VALUE_W-1:0] buffer_q;
    logic [COUNT_W-1:0] count_q;  // values in the buffer
    logic [SENT_W-1:0] sent_q;    // values of this packet sent

    wire put = s_axis_tvalid && s_axis_tready;
    wire take = m_axis_tvalid && m_axis_tready;
    wire [COUNT_W-1:0] kept = take ? count_q - COUNT_W'(LANES) : count_q;
    assign s_axis_tready = count_q <= COUNT_W'(REFILL);
    assign m_axis_tvalid = count_q >= COUNT_W'(LANES);
    assign m_axis_tlast  = sent_q == SENT_W'(VALUES - LANES);
    assign m_axis_tdata  = buffer_q[LANES*VALUE_W-1:0];

    wire [SLOTS*VALUE_W-1:0] values;
    for (genvar i = 0; i < SLOTS; i++) begin : g_slot
        assign values[i*VALUE_W+:VALUE_W] = s_axis_tdata[i*SLOT_W+:VALUE_W];
    end

    wire unused = &s_axis_tdata;  // padding bits

    // Place p keeps its value, takes the one LANES places above, or takes slot p - kept of the new beat.
    for (genvar p = 0; p < CAPACITY; p++) begin : g_place
        logic [VALUE_W-1:0] value;
        if (p + LANES < CAPACITY) begin : g_shift
            always_comb begin
                value = buffer_q[(take?p+LANES:p)*VALUE_W+:VALUE_W];
                for (int i = 0; i < SLOTS; i++)
                    if (put && i <= p && kept == COUNT_W'(p - i)) value = values[i*VALUE_W+:VALUE_W];
            end
        end else begin : g_top
            always_comb begin
                value = buffer_q[p*VALUE_W+:VALUE_W];
                for (int i = 0; i < SLOTS; i++)
                    if (put && i <= p && kept == COUNT_W'(p - i)) value = values[i*VALUE_W+:VALUE_W];
            end
        end
        always_ff @(posedge clk) buffer_q[p*VALUE_W+:VALUE_W] <= value;
    end

    always_ff @(posedge clk) begin
        count_q <= kept + (put ? (s_axis_tlast ? COUNT_W'(LAST_SLOTS) : COUNT_W'(SLOTS)) : 0);
        if (take) sent_q <= m_axis_tlast ? 0 : sent_q + SENT_W'(LANES);
        if (rst) begin
            count_q <= 0;
            sent_q  <= 0;
        end
    end
endmodule
`default_nettype wire
