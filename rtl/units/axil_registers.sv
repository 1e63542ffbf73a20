// AXI4-Lite slave: identity and build record, status, counters and soft reset. The map is registers_pkg (generated
// from spec/registers.py, which says what each register holds).
//
// Reading is a multiplexer over the identity ROM and the monitor's counters. These are one cycle behind the pins, and so
// are reads and clears here: an answer is the word of the very cycle in which its address was taken, and an error in
// the very cycle of its clear is kept. CONTROL.soft_reset, combinational from the write, resets the whole core, its
// counters and flags included, in the cycle after it, but not this slave: who reads once the write is answered sees
// nothing of before. In reset nothing is taken or answered.
//
//   ROM: | word 15: PRESET ... | word 0: MAGIC |   the first 16 registers
//
// Shapes: 32-bit words, byte addresses, byte strobes honoured, unknown addresses read 0 and ignore writes; responses
// are always OKAY. Cycles: one outstanding read and one write; read data two cycles after the address was taken, a
// write is answered and takes effect in the cycle after address and data are both there.
`default_nettype none

module axil_registers #(
    parameter integer STAGES = 0,
    parameter integer SPIKING = 0,
    parameter integer COUNT_W = 0,
    parameter integer INDEX_W = 0,  // bits of a stage's number
    parameter IDENTITY_FILE = ""    // registers_pkg::IDENTITY_WORDS words
) (
    input  wire logic                            clk,
    input  wire logic                            rst,
    input  wire logic [registers_pkg::ADDRESS_W-1:0] s_axi_awaddr,
    input  wire logic                            s_axi_awvalid,
    output      logic                            s_axi_awready,
    input  wire logic [31:0]                     s_axi_wdata,
    input  wire logic [3:0]                      s_axi_wstrb,
    input  wire logic                            s_axi_wvalid,
    output      logic                            s_axi_wready,
    output      logic [1:0]                      s_axi_bresp,
    output      logic                            s_axi_bvalid,
    input  wire logic                            s_axi_bready,
    input  wire logic [registers_pkg::ADDRESS_W-1:0] s_axi_araddr,
    input  wire logic                            s_axi_arvalid,
    output      logic                            s_axi_arready,
    output      logic [31:0]                     s_axi_rdata,
    output      logic [1:0]                      s_axi_rresp,
    output      logic                            s_axi_rvalid,
    input  wire logic                            s_axi_rready,
    output      logic                            soft_reset,
    output      logic                            clear,       // of `failed`
    input  wire logic                            busy,
    input  wire logic                            failed,
    input  wire logic [31:0]                     inferences,
    input  wire logic [31:0]                     errors,
    input  wire logic [31:0]                     latency,
    input  wire logic [31:0]                     interval,
    output      logic [INDEX_W-1:0]              stage,
    input  wire logic [31:0]                     stage_cycles,  // of `stage`
    input  wire logic [SPIKING*COUNT_W-1:0]      spikes_last,
    input  wire logic [SPIKING*32-1:0]           spikes_total
);
    localparam integer ADDRESS_W = registers_pkg::ADDRESS_W;
    localparam [ADDRESS_W-1:0] STAGE_0 = registers_pkg::STAGE_CYCLES;
    localparam integer IDENTITY_W = $clog2(registers_pkg::IDENTITY_WORDS);
    if (STAGES > registers_pkg::STAGE_CYCLES_COUNT || SPIKING > registers_pkg::SPIKES_LAST_COUNT) begin : g_check
        $error("axil_registers: STAGES=%0d SPIKING=%0d, the register map has %0d, %0d", STAGES, SPIKING,
               registers_pkg::STAGE_CYCLES_COUNT, registers_pkg::SPIKES_LAST_COUNT);
    end

    // ---- write
    logic bvalid_q, clear_q;
    wire write = s_axi_awvalid && s_axi_wvalid && !bvalid_q && !rst;
    wire write_low = write && s_axi_wstrb[0];  // every writable bit lies in the lowest byte
    wire [ADDRESS_W-1:0] write_address = {s_axi_awaddr[ADDRESS_W-1:2], 2'b00};
    assign soft_reset = write_low && write_address == registers_pkg::CONTROL
                        && s_axi_wdata[registers_pkg::CONTROL_SOFT_RESET];
    assign clear         = clear_q;
    assign s_axi_awready = write;
    assign s_axi_wready  = write;
    assign s_axi_bvalid  = bvalid_q && !rst;
    assign s_axi_bresp   = 2'b00;

    always_ff @(posedge clk) begin
        bvalid_q <= write || (bvalid_q && !s_axi_bready);
        clear_q  <= write_low && write_address == registers_pkg::STATUS
                    && s_axi_wdata[registers_pkg::STATUS_INCOMPLETE];
        if (rst) bvalid_q <= 1'b0;
    end

    // ---- read: an address, a cycle later its word
    logic reading_q, rvalid_q;
    logic [ADDRESS_W-3:0] word_q;
    wire read = s_axi_arvalid && s_axi_arready;
    wire [ADDRESS_W-1:0] read_address = {word_q, 2'b00};
    wire [ADDRESS_W-3:0] from_stage_0 = word_q - STAGE_0[ADDRESS_W-1:2];
    assign stage         = from_stage_0[INDEX_W-1:0];
    assign s_axi_arready = !reading_q && !rvalid_q && !rst;
    assign s_axi_rvalid  = rvalid_q && !rst;
    assign s_axi_rresp   = 2'b00;

    logic [31:0] identity[0:registers_pkg::IDENTITY_WORDS-1];
    initial $readmemh(IDENTITY_FILE, identity);

    logic [31:0] data;
    always_comb begin
        data = 0;
        case (read_address)
            registers_pkg::STATUS: begin
                data[registers_pkg::STATUS_BUSY] = busy;
                data[registers_pkg::STATUS_INCOMPLETE] = failed;
            end
            registers_pkg::INFERENCES: data = inferences;
            registers_pkg::ERRORS:     data = errors;
            registers_pkg::LATENCY:    data = latency;
            registers_pkg::INTERVAL:   data = interval;
            default:                   data = 0;
        endcase
        if (word_q < (ADDRESS_W - 2)'(registers_pkg::IDENTITY_WORDS)) data = identity[word_q[IDENTITY_W-1:0]];
        if (from_stage_0 < (ADDRESS_W - 2)'(STAGES)) data = stage_cycles;
        for (int i = 0; i < SPIKING; i++) begin
            if (read_address == registers_pkg::SPIKES_LAST + ADDRESS_W'(4 * i))
                data = 32'(spikes_last[i*COUNT_W+:COUNT_W]);
            if (read_address == registers_pkg::SPIKES_TOTAL + ADDRESS_W'(4 * i))
                data = spikes_total[i*32+:32];
        end
    end

    always_ff @(posedge clk) begin
        reading_q <= read;
        word_q    <= s_axi_araddr[ADDRESS_W-1:2];
        rvalid_q  <= reading_q || (rvalid_q && !s_axi_rready);
        if (reading_q) s_axi_rdata <= data;
        if (rst) rvalid_q <= 1'b0;
    end

    // Low address bits select a byte of a word; only words are read, and only wdata's lowest byte written.
    wire unused = &{s_axi_awaddr[1:0], s_axi_araddr[1:0], s_axi_wdata[31:2], s_axi_wstrb[3:1]};
endmodule
`default_nettype wire
