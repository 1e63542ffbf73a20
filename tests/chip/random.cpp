// Everything at once, at random: packets of any length, pauses on every channel, registers, resets of both kinds.
#include "bench.hpp"
#include "checks.hpp"

namespace chip {

void check_random(Bench& bench) {
    constexpr uint64_t kCycles = 1'000'000;
    std::mt19937 random(1);
    const auto below = [&](uint32_t bound) { return static_cast<uint32_t>(random() % bound); };
    const uint32_t beats = bench.design["beats"], space = 1u << bench.design["ADDRESS_BITS"];
    const auto samples = static_cast<uint32_t>(bench.design.packets.size());
    while (bench.now < kCycles) {
        for (Pause* pause : {&bench.pause_in, &bench.pause_out, &bench.pause_aw, &bench.pause_w, &bench.pause_b,
                             &bench.pause_ar, &bench.pause_r})
            *pause = below(3) ? Pause(random(), -1) : Pause();
        const bool errors = below(2), registers = below(2);
        for (uint64_t end = bench.now + 100 + below(900); bench.now < end; bench.cycle()) {
            if (!bench.sending())
                bench.send(static_cast<int>(below(samples)), errors && below(4) == 0 ? 1 + below(2 * beats) : beats);
            if (registers && bench.registers_idle()) {
                if (below(2)) bench.post_read(below(4) ? 4 * below(32) : below(space));
                const uint32_t address = below(4) ? bench.design["STATUS"] : below(space);
                if (below(4) == 0 && address / 4 != bench.design["CONTROL"] / 4)
                    bench.post_write(address, random(), below(16));
            }
        }
        if (below(3) == 0) {
            // The rest of a long packet could have the length of a good one, and no known result.
            const bool goes_on = below(2) && !bench.sends_a_long_one();
            below(2) ? bench.hard_reset(1 + below(3), goes_on) : bench.soft_reset(goes_on);
        }
        if (below(2)) {
            bench.drain();
            bench.read_all();
        }
    }
}

}  // namespace chip
