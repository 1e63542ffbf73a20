// The word of any number, modulo 2 * DEPTH, lies where it was put until it moves to the register behind, in its turn. The
// sender keeps to `room`: of the MARGIN words that may still come, up to two are on their way when it falls.
(* anyconst *) logic [PLACE_W:0] number;
logic [PLACE_W:0] puts_q, gets_q, late_q;
logic [DATA_W:0] word_q, given_q;
wire [PLACE_W:0] held = puts_q - gets_q, before = number - gets_q;
always_ff @(posedge clk) begin
    puts_q <= rst ? 0 : puts_q + (PLACE_W + 1)'(push);
    gets_q <= rst ? 0 : gets_q + (PLACE_W + 1)'(get);
    late_q <= rst || room ? 0 : late_q + (PLACE_W + 1)'(push);
    if (push && puts_q == number) word_q <= {last, word};
    if (get && gets_q == number) given_q <= word_q;
end
always_comb begin
    if (push) assume (room || late_q < (PLACE_W + 1)'(MARGIN - 2));
    if (begun_q) begin
        assert (held == count_q);
        assert (put_q == puts_q[PLACE_W-1:0] && get_q == gets_q[PLACE_W-1:0]);
        assert (some_q == (count_q != 0));
        assert (count_q <= (PLACE_W + 1)'(room ? DEPTH - MARGIN + 1 : DEPTH));
        assert (room || count_q <= (PLACE_W + 1)'(DEPTH - MARGIN + 2) + late_q);
        assert (room || late_q <= (PLACE_W + 1)'(MARGIN - 2));
        if (before < held) assert (words[number[PLACE_W-1:0]] == word_q);
        if (valid_q && (PLACE_W + 1)'(gets_q - 1'b1) == number) assert (out_q == given_q);
    end
end
