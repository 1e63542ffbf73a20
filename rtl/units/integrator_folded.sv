// Potentials of NEURONS neurons driven by an event stream: as `integrator`, but PE neurons at once, state in LUT memory.
//
// Equation, per neuron i, event by event {tick, spike, index}:
//   spike: slope_i += W[i, index]        tick: potential_i += slope_i (with this event's spike already in)
// An event, a `step` (potential_i += FIRE_SLOPE) and a `reload` (potential_i := START, slope_i := 0) take
// FOLDS = NEURONS / PE passes; pass f works on neurons f * PE ... f * PE + PE - 1. Each cycle with an event, `step`
// or `reload` is a pass, of which `pass_last` says that it is the last one.
//
//   event -> [row address] -> [ROM word] -> [ROM out] ----> + -> slopes, [rise] -> + -> potentials
//                                 slopes --> [old slope] --^      potentials --> [potential]
//
//   ROM word of input j, fold f: | W[f * PE + PE-1, j] | ... | W[f * PE, j] |   WEIGHT_W bits each
//   start, word f: | START[f * PE + PE-1] | ... | START[f * PE] |   ACC_W bits each
//
// LSB: the weight's. Cycles: a pass per cycle; `done` 2 cycles after the last event was taken, from then on `step`
// may be given; a step's potentials, before it has added, are shown 2 cycles after it. After reset FOLDS cycles
// load the potentials. Rounding: none. Overflow: as in `integrator`.
`default_nettype none

module integrator_folded #(
    parameter integer IN_FEATURES = 0,
    parameter integer INDEX_W = 0,   // bits of an input's index
    parameter integer NEURONS = 0,   // a multiple of PE, and more than that
    parameter integer PE = 0,
    parameter integer WEIGHT_W = 0,  // bits, signed
    parameter integer SLOPE_W = 0,   // bits, signed
    parameter integer ACC_W = 0,     // bits, signed, at least SLOPE_W
    parameter integer FIRE_SLOPE = 0,
    parameter WEIGHT_FILE = "",      // IN_FEATURES * FOLDS words of PE * WEIGHT_W bits, lowest neuron lowest
    parameter START_FILE = "",       // FOLDS words of PE * ACC_W bits, lowest neuron lowest
    parameter integer FOLD_W = 0     // bits of a fold's number
) (
    input  wire logic                clk,
    input  wire logic                rst,
    input  wire logic                event_valid,
    input  wire logic [INDEX_W+1:0]  event_data,  // {tick, spike, index}
    output      logic                event_ready,
    input  wire logic                event_last,  // with event_valid: the window's last event
    input  wire logic                reload,
    input  wire logic                step,
    output      logic                pass_last,   // this cycle's pass is the last one of its event, step or reload
    output      logic                done,        // one cycle
    output      logic [FOLD_W-1:0]   fold,        // of the potentials shown
    output      logic [PE*ACC_W-1:0] potential
);
    localparam integer FOLDS = NEURONS / PE;
    if (PE < 1 || NEURONS % PE != 0 || FOLDS < 2 || FOLDS > (1 << FOLD_W) || ACC_W < SLOPE_W) begin : g_check
        $error("integrator_folded: NEURONS=%0d PE=%0d FOLD_W=%0d SLOPE_W=%0d ACC_W=%0d", NEURONS, PE, FOLD_W, SLOPE_W,
               ACC_W);
    end

    localparam integer ROWS = IN_FEATURES * FOLDS;
    localparam integer ROW_W = $clog2(ROWS);

    // ---- passes
    logic clearing_q;
    logic [FOLD_W-1:0] fold_q;
    wire clear = clearing_q || reload;
    assign pass_last = fold_q == FOLD_W'(FOLDS - 1);
    assign event_ready = pass_last && !clearing_q;

    // index * FOLDS + fold, as a sum of shifted indices
    logic [ROW_W-1:0] row_d, row_q;
    always_comb begin
        row_d = ROW_W'(fold_q);
        for (int b = 0; b < FOLD_W + 1; b++) begin
            if (((FOLDS >> b) & 1) != 0) row_d = row_d + (ROW_W'(event_data[INDEX_W-1:0]) << b);
        end
    end

    // Stage 1: row address, 2: ROM word, old slopes read, 3: new slopes, potentials read, 4: new potentials.
    logic [2:1] spike_q, last_q;
    logic [3:1] tick_q;
    logic [FOLD_W-1:0] fold1_q, fold2_q, fold3_q, fold4_q;
    logic spike3_q, clear3_q, step3_q, add4_q;
    always_ff @(posedge clk) begin
        if (clear || step || event_valid) fold_q <= pass_last ? 0 : fold_q + 1'b1;
        if (pass_last) clearing_q <= 1'b0;
        row_q    <= row_d;
        spike_q  <= {spike_q[1], event_valid && !clearing_q && event_data[INDEX_W]};
        tick_q   <= {tick_q[2:1], event_valid && !clearing_q && event_data[INDEX_W+1]};
        last_q   <= {last_q[1], event_valid && event_ready && event_last};
        fold1_q  <= fold_q;
        fold2_q  <= fold1_q;
        spike3_q <= spike_q[2];
        clear3_q <= clear;
        step3_q  <= step;
        fold3_q  <= clear || step ? fold_q : fold2_q;
        fold4_q  <= fold3_q;
        add4_q   <= clear3_q || step3_q || tick_q[3];
        if (rst) begin
            fold_q     <= 0;
            clearing_q <= 1'b1;
            spike_q    <= 0;
            tick_q     <= 0;
            last_q     <= 0;
            spike3_q   <= 1'b0;
            clear3_q   <= 1'b0;
            step3_q    <= 1'b0;
            add4_q     <= 1'b0;
        end
    end
    assign done = last_q[2];
    assign fold = fold4_q;

    wire [PE*WEIGHT_W-1:0] row;
    weight_rom #(
        .DEPTH(ROWS), .WIDTH(PE * WEIGHT_W), .FILE(WEIGHT_FILE), .ADDRESS_W(ROW_W)
    ) rom (
        .clk, .en(1'b1), .address(row_q), .data(row)
    );
    logic [PE*ACC_W-1:0] start[0:FOLDS-1];
    initial $readmemh(START_FILE, start);
    wire [PE*ACC_W-1:0] starts = start[fold3_q];

    for (genvar i = 0; i < PE; i++) begin : g_neuron
        (* ram_style = "distributed" *) logic [SLOPE_W-1:0] slopes[0:(1<<FOLD_W)-1];
        (* ram_style = "distributed" *) logic [ACC_W-1:0] potentials[0:(1<<FOLD_W)-1];
        logic signed [SLOPE_W-1:0] slope_q;
        logic signed [ACC_W-1:0] rise_q, potential_q;
        wire signed [SLOPE_W-1:0] weight = spike3_q ? SLOPE_W'($signed(row[i*WEIGHT_W+:WEIGHT_W])) : 0;
        wire signed [SLOPE_W-1:0] slope = slope_q + weight;
        always_ff @(posedge clk) begin
            slope_q <= clear ? 0 : slopes[fold2_q];
            if (spike3_q || clear3_q) slopes[fold3_q] <= slope;
            rise_q <= clear3_q ? starts[i*ACC_W+:ACC_W] : step3_q ? ACC_W'(FIRE_SLOPE) : ACC_W'(slope);
            potential_q <= clear3_q ? 0 : potentials[fold3_q];
            if (add4_q) potentials[fold4_q] <= potential_q + rise_q;
        end
        assign potential[i*ACC_W+:ACC_W] = potential_q;
    end
endmodule
`default_nettype wire
