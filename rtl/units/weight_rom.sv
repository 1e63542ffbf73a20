// Read-only memory of weights, two registers deep: data follows address by two cycles of en.
//
// One word holds all weights that one beat or one event needs. A large memory becomes block RAM with its own output
// register; up to 64 words become one LUT per bit behind a register of the address, a few more words of few bits some
// more. So either way the last register is one of data, which may become the input register of DSP slices. The file is
// read at elaboration (synthesis) or at start (simulation): another file, no rebuild.
//
//   address --> [ DEPTH words ] --> word_q ----> data_q      block RAM
//   address --> address_q --> [ DEPTH words ] --> data_q     LUTs
//
//   word: | field WIDTH / WEIGHT_W - 1 | ... | field 1 | field 0 |   field 0 in the lowest bits
//
// The words in LUTs are constants to a multiplexer, not a memory: Yosys would give a memory's output register to the
// memory, not to the DSP slice, and a reset with a LUT of its own per bit (pwconv, 32 words of 256 bits: 519 LUTs for
// 238).
//
// Shapes: DEPTH words of WIDTH bits; FILE is $readmemh text, one word per line. Cycles: 2, one word per cycle.
// Rounding, overflow: none.
`default_nettype none

module weight_rom #(
    parameter integer DEPTH = 0,  // words
    parameter integer WIDTH = 0,  // bits per word
    parameter FILE = "",
    parameter integer ADDRESS_W = 0  // bits, 2^ADDRESS_W >= DEPTH
) (
    input  wire logic                 clk,
    input  wire logic                 en,
    input  wire logic [ADDRESS_W-1:0] address,
    output      logic [WIDTH-1:0]     data
);
    if (DEPTH < 1 || WIDTH < 1 || DEPTH > (1 << ADDRESS_W)) begin : g_check
        $error("weight_rom: DEPTH=%0d WIDTH=%0d ADDRESS_W=%0d", DEPTH, WIDTH, ADDRESS_W);
    end

    localparam integer SMALL = 1024;  // bits, not worth half a block RAM: 20 LUTs

    logic [WIDTH-1:0] data_q;
    assign data = data_q;

    if (DEPTH > 64 && DEPTH * WIDTH > SMALL) begin : g_block
        (* rom_style = "block" *) logic [WIDTH-1:0] memory[0:DEPTH-1];
        logic [WIDTH-1:0] word_q;
        initial $readmemh(FILE, memory);
        always_ff @(posedge clk) begin
            if (en) word_q <= memory[address];
            if (en) data_q <= word_q;
        end
    end else begin : g_lut
        logic [WIDTH-1:0] memory[0:DEPTH-1];
        logic [ADDRESS_W-1:0] address_q;
        wire [DEPTH*WIDTH-1:0] words;
        initial $readmemh(FILE, memory);
        for (genvar i = 0; i < DEPTH; i++) begin : g_word
            assign words[i*WIDTH+:WIDTH] = memory[i];
        end
        always_ff @(posedge clk) begin
            if (en) address_q <= address;
            if (en) data_q <= words[address_q*WIDTH+:WIDTH];
        end
    end
endmodule
`default_nettype wire
