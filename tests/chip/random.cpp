// Everything at once, at random: transfers of any length, pauses on every channel, registers, resets of both kinds.
#include "bench.hpp"
#include "checks.hpp"

namespace chip {

namespace {

void check_transfers(Bench& bench, uint64_t beats) {
    std::mt19937 random(1);
    const auto below = [&](uint32_t bound) { return static_cast<uint32_t>(random() % bound); };
    const uint32_t size = bench.design["beats"], space = 1u << bench.design["ADDRESS_BITS"];
    const auto ring = static_cast<uint32_t>(bench.design.ring.size());
    while (bench.seen.beats < beats) {
        for (Pause* pause : {&bench.pause_in, &bench.pause_out, &bench.pause_aw, &bench.pause_w, &bench.pause_b,
                             &bench.pause_ar, &bench.pause_r})
            *pause = below(3) ? Pause(random(), -1) : Pause();
        const bool errors = below(2), registers = below(2);
        for (uint64_t end = bench.now + 100 + below(900); bench.now < end; bench.cycle()) {
            if (!bench.sending())
                bench.transfer(below(ring), errors && below(4) == 0 ? 1 + below(4 * size) : size * (1 + below(4) * below(2)));
            if (registers && bench.registers_idle()) {
                if (below(2)) bench.post_read(below(4) ? 4 * below(32) : below(space));
                const uint32_t address = below(4) ? bench.design["STATUS"] : below(space);
                if (below(4) == 0 && address / 4 != bench.design["CONTROL"] / 4)
                    bench.post_write(address, random(), below(16));
            }
        }
        if (below(3) == 0) {
            const bool goes_on = below(2);
            below(2) ? bench.hard_reset(1 + below(3), goes_on) : bench.soft_reset(goes_on);
        }
        if (below(2)) {
            bench.drain();
            bench.read_all();
        }
    }
    bench.drain();
    bench.expect(bench.seen.answers + bench.seen.lost, bench.seen.transfers, "TLASTs out, and lost to resets");
}

}  // namespace

void check_random(Bench& bench) { check_transfers(bench, 100'000); }
void check_soak(Bench& bench) { check_transfers(bench, 1'000'000); }

}  // namespace chip
