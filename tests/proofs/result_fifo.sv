// Every place that is promised is there: reserved, written, waiting and just gone beats are never more than places. The
// beat of any number, modulo 2 * DEPTH, lies where it was put until it moves to the register behind, in its turn. The
// pipeline reserves only where there is room, and writes only what it has reserved.
(* anyconst *) logic [ADDRESS_W:0] number;
logic [ADDRESS_W:0] puts_q, gets_q;
logic [LEFT_W:0] owed_q;  // beats reserved and not written yet
logic [DATA_W:0] word_q, given_q;
wire get = out_free && filled;
wire [ADDRESS_W:0] held = puts_q - gets_q, before = number - gets_q;
always_ff @(posedge clk) begin
    puts_q <= rst ? 0 : puts_q + (ADDRESS_W + 1)'(valid);
    gets_q <= rst ? 0 : gets_q + (ADDRESS_W + 1)'(get);
    owed_q <= rst ? 0 : owed_q + (reserve ? (LEFT_W + 1)'(BEATS) : 0) - (LEFT_W + 1)'(valid);
    if (valid && puts_q == number) word_q <= {last, result};
    if (get && gets_q == number) given_q <= word_q;
end
always_comb begin
    if (reserve) assume (room);
    if (valid) assume (owed_q != 0);
    if (begun_q) begin
        assert (write_q == puts_q[ADDRESS_W-1:0] && read_q == gets_q[ADDRESS_W-1:0]);
        assert (filled == (held != 0));
        assert (out_valid_q || held <= 1);
        assert ((LEFT_W + 2)'(left_q) + (LEFT_W + 2)'(owed_q) + (LEFT_W + 2)'(held) + (LEFT_W + 2)'(out_valid_q)
                + (LEFT_W + 2)'(sent_q) == (LEFT_W + 2)'(DEPTH));
        assert (!room || left_q >= LEFT_W'(BEATS));
        if (before < held) assert (memory[number[ADDRESS_W-1:0]] == word_q);
        if (out_valid_q && (ADDRESS_W + 1)'(gets_q - 1'b1) == number) assert (out_q == given_q);
    end
end
