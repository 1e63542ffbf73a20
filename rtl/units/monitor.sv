// Counters over the whole core, read through AXI-Lite: packets, spikes, latency, interval, stage times.
//
// A probe measures one inference at a time: it starts at the first beat of a packet while no other probe
// runs, and notes for each stage how many cycles later that very sample's TLAST left it. Samples carry no
// tag: the probe knows its sample by its number, each stage counts its TLASTs. A dropped packet ends its
// probe. Sent one at a time every inference is probed; back to back, the next one after each result.
//
// Shapes: a strobe per stage (`stage_last`: its TLAST was taken) and per spiking unit (`spike`: an event
// with a spike was taken); stage SPIKING_STAGE + i is spiking unit i; the last stage sends the results.
// LSB: one cycle, spike, packet. Overflow: totals and times wrap at 2^32, a window's spikes at 2^COUNT_W.
`default_nettype none

module monitor #(
    parameter integer STAGES = 0,
    parameter integer SPIKING = 0,        // units that spike
    parameter integer SPIKING_STAGE = 0,  // stage of the first of them
    parameter integer COUNT_W = 0         // bits of one window's spike count
) (
    input  wire logic                       clk,
    input  wire logic                       rst,
    input  wire logic                       first,          // a packet's first beat was taken
    input  wire logic                       good,           // a packet was handed on
    input  wire logic                       dropped,
    input  wire logic [STAGES-1:0]          stage_last,
    input  wire logic [SPIKING-1:0]         spike,
    output      logic                       busy,
    output      logic [31:0]                inferences,
    output      logic [31:0]                dropped_packets,
    output      logic [31:0]                latency,        // cycles, of the last probe that ended
    output      logic [31:0]                interval,       // cycles between the last two results
    output      logic [STAGES*32-1:0]       stage_cycles,   // of the last probe, first beat to stage's TLAST
    output      logic [SPIKING*COUNT_W-1:0] spikes_last,    // of the last window
    output      logic [SPIKING*32-1:0]      spikes_total
);
    if (STAGES < 1 || SPIKING < 1 || SPIKING_STAGE + SPIKING > STAGES || COUNT_W < 1) begin : g_check
        $error("monitor: STAGES=%0d SPIKING=%0d SPIKING_STAGE=%0d COUNT_W=%0d", STAGES, SPIKING, SPIKING_STAGE,
               COUNT_W);
    end

    localparam integer NUMBER_W = 6;  // more samples than ever are in flight
    logic [NUMBER_W-1:0] entered_q;     // packets handed on so far, modulo 2^NUMBER_W
    logic [NUMBER_W-1:0] probed_q;      // number of the probed sample
    logic probing_q, receiving_q;
    logic [31:0] elapsed_q;             // cycles since the probe's start
    logic [31:0] since_result_q;
    wire result = stage_last[STAGES-1];
    wire [STAGES-1:0] hit;

    for (genvar s = 0; s < STAGES; s++) begin : g_stage
        logic [NUMBER_W-1:0] left_q;
        logic [31:0] cycles_q;
        assign hit[s] = probing_q && stage_last[s] && left_q == probed_q;
        always_ff @(posedge clk) begin
            if (stage_last[s]) left_q <= left_q + 1'b1;
            if (hit[s]) cycles_q <= elapsed_q;
            if (rst) begin
                left_q   <= 0;
                cycles_q <= 0;
            end
        end
        assign stage_cycles[s*32+:32] = cycles_q;
    end
    assign latency = stage_cycles[(STAGES-1)*32+:32];
    assign busy = receiving_q || entered_q != inferences[NUMBER_W-1:0];

    for (genvar u = 0; u < SPIKING; u++) begin : g_spiking
        logic [COUNT_W-1:0] count_q, last_q;
        logic [31:0] total_q;
        wire [COUNT_W-1:0] count = count_q + COUNT_W'(spike[u]);
        always_ff @(posedge clk) begin
            count_q <= stage_last[SPIKING_STAGE+u] ? 0 : count;
            if (stage_last[SPIKING_STAGE+u]) last_q <= count;
            if (spike[u]) total_q <= total_q + 1'b1;
            if (rst) begin
                count_q <= 0;
                last_q  <= 0;
                total_q <= 0;
            end
        end
        assign spikes_last[u*COUNT_W+:COUNT_W] = last_q;
        assign spikes_total[u*32+:32] = total_q;
    end

    always_ff @(posedge clk) begin
        elapsed_q      <= elapsed_q + 1'b1;
        since_result_q <= result ? 32'd1 : since_result_q + 1'b1;
        if (first) receiving_q <= 1'b1;
        if (good || dropped) receiving_q <= 1'b0;
        if (good) entered_q <= entered_q + 1'b1;
        if (first && !probing_q && !dropped) begin  // a packet of one beat may begin and be dropped at once
            probing_q <= 1'b1;
            probed_q  <= entered_q;
            elapsed_q <= 32'd1;
        end
        // The packet that is dropped is the probed one if none with the probe's number was handed on.
        if (hit[STAGES-1] || (dropped && entered_q == probed_q)) probing_q <= 1'b0;
        if (dropped) dropped_packets <= dropped_packets + 1'b1;
        if (result) begin
            inferences <= inferences + 1'b1;
            interval   <= inferences == 0 ? 0 : since_result_q;
        end
        if (rst) begin
            entered_q       <= 0;
            probing_q       <= 1'b0;
            receiving_q     <= 1'b0;
            inferences      <= 0;
            dropped_packets <= 0;
            interval        <= 0;
        end
    end
endmodule
`default_nettype wire
