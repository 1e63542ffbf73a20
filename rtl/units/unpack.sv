// Gearbox from 32-bit beats of padded slots to beats of LANES exact values.
//
//   beat: SLOTS slots of 32 / SLOTS bits, a value in the low VALUE_W bits of each, slot 0 lowest
//   -> [buffer] -> LANES values, lane 0 lowest
// The last beat of a sample may be padded: only its first VALUES - (beats - 1) * SLOTS slots count.
//
// Shapes: VALUES values per sample, a multiple of LANES; TLAST on the sample's last beat, in and out.
// Cycles: a beat in and a beat out per cycle; the first values appear one cycle after their beat was taken.
// Rounding, overflow: none.
`default_nettype none

module unpack #(
    parameter integer SLOTS = 0,    // values per 32-bit beat
    parameter integer VALUE_W = 0,  // bits, at most 32 / SLOTS
    parameter integer LANES = 0,
    parameter integer VALUES = 0    // per sample
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

    // Values move in groups of STEP, which divides SLOTS and LANES: the larger it is, the fewer places a group can take.
    localparam integer STEP = LANES % SLOTS == 0 ? SLOTS : SLOTS % LANES == 0 ? LANES
                              : LANES % 2 == 0 && SLOTS % 2 == 0 ? 2 : 1;
    localparam integer SLOT_W = 32 / SLOTS;
    localparam integer GROUP_W = STEP * VALUE_W;
    localparam integer GROUPS_IN = SLOTS / STEP;   // per beat
    localparam integer GROUPS_OUT = LANES / STEP;  // per beat
    // Up to this count a beat is taken: above it, the next two beats out are already there.
    localparam integer REFILL = 2 * GROUPS_OUT - 1;
    localparam integer CAPACITY = REFILL + GROUPS_IN;
    localparam integer COUNT_W = $clog2(CAPACITY + 1);
    localparam integer LAST_GROUPS = (VALUES - (VALUES - 1) / SLOTS * SLOTS) / STEP;  // in a sample's last beat
    localparam integer BEATS_OUT = VALUES / LANES;
    localparam integer SENT_W = BEATS_OUT > 1 ? $clog2(BEATS_OUT) : 1;

    logic [CAPACITY*GROUP_W-1:0] buffer_q;
    logic [COUNT_W-1:0] count_q;  // groups in the buffer
    logic [SENT_W-1:0] sent_q;    // beats of this sample sent
    logic last_q;                 // the next one is its last

    wire put = s_axis_tvalid && s_axis_tready;
    wire take = m_axis_tvalid && m_axis_tready;
    assign s_axis_tready = count_q <= COUNT_W'(REFILL);
    assign m_axis_tvalid = count_q >= COUNT_W'(GROUPS_OUT);
    assign m_axis_tlast  = last_q;
    assign m_axis_tdata  = buffer_q[LANES*VALUE_W-1:0];

    wire [SLOTS*VALUE_W-1:0] values;
    for (genvar i = 0; i < SLOTS; i++) begin : g_slot
        assign values[i*VALUE_W+:VALUE_W] = s_axis_tdata[i*SLOT_W+:VALUE_W];
    end

    wire unused = &s_axis_tdata;  // padding bits

    // Place p keeps its group, takes the one GROUPS_OUT places above, or, right above what stays, one of the beat that
    // is offered: above the count, what lies there does not matter.
    for (genvar p = 0; p < CAPACITY; p++) begin : g_place
        wire [GROUP_W-1:0] kept = buffer_q[p*GROUP_W+:GROUP_W];
        wire [GROUP_W-1:0] above = buffer_q[(p+GROUPS_OUT<CAPACITY?p+GROUPS_OUT:p)*GROUP_W+:GROUP_W];
        logic [GROUP_W-1:0] group;
        always_comb begin
            group = take ? above : kept;
            for (int i = 0; i < GROUPS_IN && i <= p; i++) begin
                if (!take && p - i <= REFILL && count_q == COUNT_W'(p - i)) group = values[i*GROUP_W+:GROUP_W];
                if (take && p - i + GROUPS_OUT <= REFILL && count_q == COUNT_W'(p - i + GROUPS_OUT))
                    group = values[i*GROUP_W+:GROUP_W];
            end
        end
        always_ff @(posedge clk) buffer_q[p*GROUP_W+:GROUP_W] <= group;
    end

    always_ff @(posedge clk) begin
        count_q <= count_q - (take ? COUNT_W'(GROUPS_OUT) : 0)
                   + (put ? (s_axis_tlast ? COUNT_W'(LAST_GROUPS) : COUNT_W'(GROUPS_IN)) : 0);
        if (take) begin
            sent_q <= last_q ? 0 : sent_q + 1'b1;
            last_q <= BEATS_OUT == 1 || sent_q == SENT_W'(BEATS_OUT - 2);
        end
        if (rst) begin
            count_q <= 0;
            sent_q  <= 0;
            last_q  <= BEATS_OUT == 1;
        end
    end
endmodule
`default_nettype wire
