// Counters over the whole chip, read through AXI-Lite: results, errors, spikes, latency, interval, stage times.
//
// A probe measures one sample at a time: it starts at the first beat of a sample while no other probe runs, and notes
// for each stage how many cycles later that very sample's TLAST left it, and when its result's last beat did. Samples
// carry no tag: the probe knows its sample by its number, each stage counts its TLASTs. Sent one at a time every sample
// is probed; back to back, the next one after each result.
//
//   strobes -> [register] -> counters        stage times: a word of LUTRAM each, one is written per cycle at most
//
// All strobes pass one register first, so that no path of the pipeline ends in a counter: what is read is one cycle old.
//
// Shapes: a strobe per stage (`stage_last`: its TLAST was taken) and per spiking unit (`spike`: an event with a spike
// was taken); stage SPIKING_STAGE + i is spiking unit i. LSB: one cycle, spike, sample. Overflow: totals and times wrap
// at 2^32, one sample's spikes at 2^COUNT_W.
`default_nettype none

module monitor #(
    parameter integer STAGES = 0,
    parameter integer SPIKING = 0,        // units that spike
    parameter integer SPIKING_STAGE = 0,  // stage of the first of them
    parameter integer COUNT_W = 0,        // bits of one sample's spike count
    parameter integer INDEX_W = 0         // bits of a stage's number
) (
    input  wire logic                       clk,
    input  wire logic                       rst,
    input  wire logic                       first,       // strobes: a sample's first beat was taken,
    input  wire logic                       entered,     // its last, or its last zero
    input  wire logic                       incomplete,  // a transfer ended inside a sample
    input  wire logic                       result,      // a result's last beat was taken
    input  wire logic [STAGES-1:0]          stage_last,
    input  wire logic [SPIKING-1:0]         spike,
    input  wire logic                       clear,       // the flag `failed`
    output      logic                       busy,        // a sample is in flight
    output      logic                       failed,      // a transfer ended inside a sample
    output      logic [31:0]                inferences,  // results sent
    output      logic [31:0]                errors,      // transfers that ended inside a sample
    output      logic [31:0]                latency,     // cycles, of the last probe that ended
    output      logic [31:0]                interval,    // cycles between the last two results
    input  wire logic [INDEX_W-1:0]         stage,
    output      logic [31:0]                stage_cycles,  // of that stage, last probe: first beat to its TLAST
    output      logic [SPIKING*COUNT_W-1:0] spikes_last,   // of the last sample
    output      logic [SPIKING*32-1:0]      spikes_total
);
    if (STAGES < 1 || SPIKING < 1 || SPIKING_STAGE + SPIKING > STAGES || COUNT_W < 1 || STAGES > 1 << INDEX_W) begin : g_check
        $error("monitor: STAGES=%0d SPIKING=%0d SPIKING_STAGE=%0d COUNT_W=%0d INDEX_W=%0d", STAGES, SPIKING,
               SPIKING_STAGE, COUNT_W, INDEX_W);
    end

    // ---- strobes; in reset nothing is taken at the chip's ends, so theirs need none
    logic first_q, entered_q, incomplete_q, result_q;
    logic [STAGES-1:0] stage_last_q;
    logic [SPIKING-1:0] spike_q;
    always_ff @(posedge clk) begin
        first_q      <= first;
        entered_q    <= entered;
        incomplete_q <= incomplete;
        result_q     <= result;
        stage_last_q <= stage_last;
        spike_q      <= spike;
        if (rst) begin
            stage_last_q <= 0;
            spike_q      <= 0;
        end
    end

    // ---- probe
    localparam integer NUMBER_W = 6;  // more samples than ever are in flight
    logic [NUMBER_W-1:0] number_q;    // samples entered so far, modulo 2^NUMBER_W
    logic [NUMBER_W-1:0] probed_q;    // number of the probed sample
    logic probing_q, receiving_q;
    logic [31:0] elapsed_q;           // cycles since the probe's start
    logic [31:0] since_result_q;
    wire probe_ends = probing_q && result_q && inferences[NUMBER_W-1:0] == probed_q;
    assign busy = receiving_q || number_q != inferences[NUMBER_W-1:0];

    always_ff @(posedge clk) begin
        elapsed_q      <= elapsed_q + 1'b1;
        since_result_q <= result_q ? 32'd1 : since_result_q + 1'b1;
        failed         <= incomplete_q || (failed && !clear);
        if (first_q) receiving_q <= 1'b1;
        if (first_q && !probing_q) begin
            probing_q <= 1'b1;
            probed_q  <= number_q;
            elapsed_q <= 32'd1;
        end
        if (entered_q) begin  // a sample of one beat begins and has entered at once
            receiving_q <= 1'b0;
            number_q    <= number_q + 1'b1;
        end
        if (incomplete_q) errors <= errors + 1'b1;
        if (probe_ends) begin
            probing_q <= 1'b0;
            latency   <= elapsed_q;
        end
        if (result_q) begin
            inferences <= inferences + 1'b1;
            interval   <= inferences == 0 ? 0 : since_result_q;
        end
        if (rst) begin
            failed      <= 1'b0;
            receiving_q <= 1'b0;
            probing_q   <= 1'b0;
            number_q    <= 0;
            errors      <= 0;
            latency     <= 0;
            inferences  <= 0;
            interval    <= 0;
        end
    end

    // ---- stage times: the probed sample leaves one stage after the other
    logic [STAGES-1:0] seen_q;  // the stage's word was written since reset
    wire [STAGES-1:0] hit;
    logic [INDEX_W-1:0] hit_stage;
    (* ram_style = "distributed" *) logic [31:0] times[0:(1<<INDEX_W)-1];
    for (genvar s = 0; s < STAGES; s++) begin : g_stage
        logic [NUMBER_W-1:0] left_q;
        assign hit[s] = probing_q && stage_last_q[s] && left_q == probed_q;
        always_ff @(posedge clk) begin
            if (stage_last_q[s]) left_q <= left_q + 1'b1;
            if (rst) left_q <= 0;
        end
    end
    always_comb begin
        hit_stage = 0;
        for (int s = 0; s < STAGES; s++) if (hit[s]) hit_stage |= INDEX_W'(s);
    end
    always_ff @(posedge clk) begin
        if (hit != 0) times[hit_stage] <= elapsed_q;
        seen_q <= rst ? 0 : seen_q | hit;
    end
    wire [(1<<INDEX_W)-1:0] seen = (1 << INDEX_W)'(seen_q);
    assign stage_cycles = seen[stage] ? times[stage] : 0;

    // ---- spikes
    for (genvar u = 0; u < SPIKING; u++) begin : g_spiking
        logic [COUNT_W-1:0] count_q, last_q;
        logic [31:0] total_q;
        wire [COUNT_W-1:0] count = count_q + COUNT_W'(spike_q[u]);
        always_ff @(posedge clk) begin
            count_q <= stage_last_q[SPIKING_STAGE+u] ? 0 : count;
            if (stage_last_q[SPIKING_STAGE+u]) last_q <= count;
            if (spike_q[u]) total_q <= total_q + 1'b1;
            if (rst) begin
                count_q <= 0;
                last_q  <= 0;
                total_q <= 0;
            end
        end
        assign spikes_last[u*COUNT_W+:COUNT_W] = last_q;
        assign spikes_total[u*32+:32] = total_q;
    end
endmodule
`default_nettype wire
