// Read-only memory with two registers behind it: data follows address by two cycles.
//
// One word holds the weights of one input to every neuron, so that one event reads one word. A deep
// memory becomes block RAM, whose own output register is the second one; up to 64 words become one LUT6
// per bit. The file is read at elaboration (synthesis) or at start (simulation): another file, no rebuild.
//
// Shapes: DEPTH words of WIDTH bits; FILE is $readmemh text, one word per line. Rounding, overflow: none.
module weight_rom #(
    parameter integer DEPTH = 0,  // words
    parameter integer WIDTH = 0,  // bits per word
    parameter FILE = "",
    parameter integer ADDRESS_W = 0  // bits, 2^ADDRESS_W >= DEPTH
) (
    input  wire                 clk,
    input  wire [ADDRESS_W-1:0] address,
    output wire [WIDTH-1:0]     data
);
    if (DEPTH < 1 || WIDTH < 1 || DEPTH > (1 << ADDRESS_W)) begin : g_check
        $error("weight_rom: DEPTH, WIDTH, ADDRESS_W");
    end

    reg [WIDTH-1:0] word_q;
    reg [WIDTH-1:0] data_q;

    if (DEPTH > 64) begin : g_block
        (* rom_style = "block" *) reg [WIDTH-1:0] memory[0:DEPTH-1];
        initial $readmemh(FILE, memory);
        always @(posedge clk) word_q <= memory[address];
    end else begin : g_lut
        reg [WIDTH-1:0] memory[0:DEPTH-1];
        initial $readmemh(FILE, memory);
        always @(posedge clk) word_q <= memory[address];
    end

    always @(posedge clk) data_q <= word_q;
    assign data = data_q;
endmodule
