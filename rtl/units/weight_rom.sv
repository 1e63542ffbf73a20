// Read-only memory of weights with two registers behind it: data follows address by two cycles of en.
//
// One word holds all weights that one beat or one event needs. A deep memory becomes block RAM, whose own
// output register is the second one; up to 64 words become one LUT6 per bit. The second register may become
// the input register of DSP slices. The file is read at elaboration (synthesis) or at start (simulation):
// another file, no rebuild.
//
//   address --> [ DEPTH words ] --> word_q --> data
//
//   word: | field WIDTH / WEIGHT_W - 1 | ... | field 1 | field 0 |   field 0 in the lowest bits
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

    logic [WIDTH-1:0] word_q;
    logic [WIDTH-1:0] data_q;

    if (DEPTH > 64) begin : g_block
        (* rom_style = "block" *) logic [WIDTH-1:0] memory[0:DEPTH-1];
        initial $readmemh(FILE, memory);
        always_ff @(posedge clk) if (en) word_q <= memory[address];
    end else begin : g_lut
        logic [WIDTH-1:0] memory[0:DEPTH-1];
        initial $readmemh(FILE, memory);
        always_ff @(posedge clk) if (en) word_q <= memory[address];
    end

    always_ff @(posedge clk) if (en) data_q <= word_q;
    assign data = data_q;
endmodule
`default_nettype wire
