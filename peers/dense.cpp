// Feeds the Verilated dense back end, a value per cycle, and writes down its logits and their cycles.
//
//   harness single|stream INPUT OUTPUT samples values logits
//
// INPUT: samples * values words of 32 bits. OUTPUT, words of 32 bits, per sample: its logits, the cycle in which its last
// value was taken, and that of its last logit. single: the next sample waits for the last one's logits; stream: back to
// back. Exit 1 with one line on stderr: a TLAST at a wrong beat, or no progress.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "Vtop.h"
#include "verilated.h"

int main(int argc, char** argv) {
    if (argc != 7) return 2;
    const bool single = std::string(argv[1]) == "single";
    const size_t samples = std::stoul(argv[4]), values = std::stoul(argv[5]), logits = std::stoul(argv[6]);
    std::vector<uint32_t> input(samples * values), output;
    std::ifstream(argv[2], std::ios::binary).read(reinterpret_cast<char*>(input.data()), input.size() * 4);

    VerilatedContext context;
    context.randReset(2);  // whatever reset does not set starts at random
    Vtop top{&context};
    uint64_t cycle = 0, progress = 0;
    auto edge = [&] {
        top.clk = 0;
        top.eval();
        top.clk = 1;
        top.eval();
        ++cycle;
    };
    top.rst = 1;
    top.s_axis_tvalid = 0;
    for (int i = 0; i < 4; ++i) edge();
    top.rst = 0;
    std::vector<uint32_t> taken(samples), row;
    for (size_t sent = 0, done = 0; done < samples;) {
        top.s_axis_tvalid = sent < samples * values && (!single || sent / values == done);
        top.s_axis_tdata = top.s_axis_tvalid ? input[sent] : 0;
        top.s_axis_tlast = sent % values == values - 1;
        top.clk = 0;
        top.eval();
        if (top.s_axis_tvalid && top.s_axis_tready) {
            if (top.s_axis_tlast) taken[sent / values] = cycle;
            ++sent;
            progress = cycle;
        }
        if (top.m_axis_tvalid) {
            row.push_back(top.m_axis_tdata);
            if (bool(top.m_axis_tlast) != (row.size() == logits)) {
                std::cerr << "TLAST at beat " << row.size() << " of " << logits << std::endl;
                return 1;
            }
            if (row.size() == logits) {
                output.insert(output.end(), row.begin(), row.end());
                output.push_back(taken[done++]);
                output.push_back(cycle);
                row.clear();
            }
            progress = cycle;
        }
        if (cycle - progress > 100'000) {
            std::cerr << "no beat for 100,000 cycles, after " << done << " results" << std::endl;
            return 1;
        }
        edge();
    }
    std::ofstream(argv[3], std::ios::binary).write(reinterpret_cast<char*>(output.data()), output.size() * 4);
}
