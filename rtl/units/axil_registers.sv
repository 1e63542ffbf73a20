// AXI4-Lite slave: identity, status, counters and soft reset. The map is registers_pkg (generated from
// spec/registers.py, which says what each register holds).
//
// Reading is a multiplexer over constants and the monitor's counters. STATUS error flags stay until a 1 is
// written to them; an error in the very cycle of that write is kept. CONTROL.soft_reset, combinational from
// the write, resets the whole core, its counters and these flags included, in the cycle after it, but not this
// slave: who reads once the write is answered sees nothing of before. In reset nothing is taken or
// answered.
//
// Shapes: 32-bit words, byte addresses, byte strobes honoured, unknown addresses read 0 and ignore
// writes; responses are always OKAY. Cycles: one outstanding read and one write; read data one cycle
// after the address was taken, a write takes effect the cycle after address and data are both there.
`default_nettype none

module axil_registers #(
    parameter integer STAGES = 0,
    parameter integer SPIKING = 0,
    parameter integer COUNT_W = 0,
    parameter IDENTITY_FILE = ""  // four words: digest, shape, bits, layout
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
    input  wire logic                            short_error,
    input  wire logic                            long_error,
    input  wire logic                            busy,
    input  wire logic [31:0]                     inferences,
    input  wire logic [31:0]                     dropped_packets,
    input  wire logic [31:0]                     latency,
    input  wire logic [31:0]                     interval,
    input  wire logic [STAGES*32-1:0]            stage_cycles,
    input  wire logic [SPIKING*COUNT_W-1:0]      spikes_last,
    input  wire logic [SPIKING*32-1:0]           spikes_total
);
    localparam integer ADDRESS_W = registers_pkg::ADDRESS_W;
    if (STAGES > registers_pkg::STAGE_CYCLES_COUNT || SPIKING > registers_pkg::SPIKES_LAST_COUNT) begin : g_check
        $error("axil_registers: STAGES=%0d SPIKING=%0d, the register map has %0d, %0d", STAGES, SPIKING,
               registers_pkg::STAGE_CYCLES_COUNT, registers_pkg::SPIKES_LAST_COUNT);
    end

    logic [31:0] identity[0:3];
    initial $readmemh(IDENTITY_FILE, identity);

    // ---- write
    logic bvalid_q;
    wire write = s_axi_awvalid && s_axi_wvalid && !bvalid_q && !rst;
    wire write_low = write && s_axi_wstrb[0];  // every writable bit lies in the lowest byte
    wire [ADDRESS_W-1:0] write_address = {s_axi_awaddr[ADDRESS_W-1:2], 2'b00};
    wire clear_errors = write_low && write_address == registers_pkg::STATUS;
    assign soft_reset = write_low && write_address == registers_pkg::CONTROL
                        && s_axi_wdata[registers_pkg::CONTROL_SOFT_RESET];
    logic short_error_q, long_error_q;
    assign s_axi_awready = write;
    assign s_axi_wready  = write;
    assign s_axi_bvalid  = bvalid_q && !rst;
    assign s_axi_bresp   = 2'b00;

    always_ff @(posedge clk) begin
        bvalid_q <= write || (bvalid_q && !s_axi_bready);
        short_error_q <= short_error
            || (short_error_q && !(clear_errors && s_axi_wdata[registers_pkg::STATUS_SHORT_ERROR]));
        long_error_q <= long_error
            || (long_error_q && !(clear_errors && s_axi_wdata[registers_pkg::STATUS_LONG_ERROR]));
        if (rst) bvalid_q <= 1'b0;
        if (rst || soft_reset) begin
            short_error_q <= 1'b0;
            long_error_q  <= 1'b0;
        end
    end

    // ---- read
    logic rvalid_q;
    wire read = s_axi_arvalid && s_axi_arready;
    wire [ADDRESS_W-1:0] read_address = {s_axi_araddr[ADDRESS_W-1:2], 2'b00};
    assign s_axi_arready = !rvalid_q && !rst;
    assign s_axi_rvalid  = rvalid_q && !rst;
    assign s_axi_rresp   = 2'b00;

    logic [31:0] status;
    logic [31:0] data;
    always_comb begin
        status = 0;
        status[registers_pkg::STATUS_BUSY] = busy;
        status[registers_pkg::STATUS_SHORT_ERROR] = short_error_q;
        status[registers_pkg::STATUS_LONG_ERROR] = long_error_q;
        data = 0;
        case (read_address)
            registers_pkg::MAGIC:      data = registers_pkg::MAGIC_VALUE;
            registers_pkg::VERSION:    data = registers_pkg::VERSION_VALUE;
            registers_pkg::DIGEST:     data = identity[0];
            registers_pkg::SHAPE:      data = identity[1];
            registers_pkg::BITS:       data = identity[2];
            registers_pkg::LAYOUT:     data = identity[3];
            registers_pkg::STATUS:     data = status;
            registers_pkg::INFERENCES: data = inferences;
            registers_pkg::DROPPED:    data = dropped_packets;
            registers_pkg::LATENCY:    data = latency;
            registers_pkg::INTERVAL:   data = interval;
            default:                   data = 0;
        endcase
        for (int i = 0; i < SPIKING; i++) begin
            if (read_address == registers_pkg::SPIKES_LAST + ADDRESS_W'(4 * i))
                data = 32'(spikes_last[i*COUNT_W+:COUNT_W]);
            if (read_address == registers_pkg::SPIKES_TOTAL + ADDRESS_W'(4 * i))
                data = spikes_total[i*32+:32];
        end
        for (int i = 0; i < STAGES; i++)
            if (read_address == registers_pkg::STAGE_CYCLES + ADDRESS_W'(4 * i)) data = stage_cycles[i*32+:32];
    end

    always_ff @(posedge clk) begin
        rvalid_q <= read || (rvalid_q && !s_axi_rready);
        if (read) s_axi_rdata <= data;
        if (rst) rvalid_q <= 1'b0;
    end

    // Low address bits select a byte of a word; only words are read, and only wdata's lowest byte written.
    wire unused = &{s_axi_awaddr[1:0], s_axi_araddr[1:0], s_axi_wdata[31:3], s_axi_wstrb[3:1]};
endmodule
`default_nettype wire
