// Vtop CASE CHECK ...: run checks on the Verilated top, each from reset; exit 1 with one line at the first difference.
#include <cstring>
#include <iostream>

#include "checks.hpp"

int main(int argc, char** argv) {
    const std::map<std::string, void (*)(chip::Bench&)> checks = {
        {"resets", chip::check_resets}, {"registers", chip::check_registers}, {"random", chip::check_random},
        {"soak", chip::check_soak}};
    if (argc < 3) {
        std::cerr << "usage: Vtop CASE CHECK ...\n";
        return 2;
    }
    std::string name;
    try {
        const chip::Case design(argv[1]);
        for (int i = 2; i < argc; ++i) {
            if (argv[i][0] == '+') continue;  // for $value$plusargs
            name = argv[i];
            VerilatedContext context;
            context.commandArgs(argc, argv);
            context.randReset(2);  // whatever reset does not set starts at random
            context.randSeed(i);
            chip::Bench bench(context, design);
            checks.at(name)(bench);
            std::cout << name << ": " << bench.now << " cycles, " << bench.seen.beats << " beats in "
                      << bench.seen.transfers << " transfers, " << bench.seen.results << " results, "
                      << bench.seen.answers << " TLASTs out, " << bench.seen.lost << " lost to " << bench.seen.resets
                      << " resets, " << bench.seen.incomplete << " incomplete\n";
        }
    } catch (const std::exception& error) {
        std::cerr << name << ": " << error.what() << "\n";
        return 1;
    }
    return 0;
}
