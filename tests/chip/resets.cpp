// Resets in every cycle of a stream of samples, while input and output move or wait; and what must be right after.
#include "bench.hpp"
#include "checks.hpp"

namespace chip {

namespace {

enum class Kind { hard, soft };

// Times of a fresh chip: of each sample alone its stage cycles, and of two in one transfer their results.
struct Times {
    std::vector<Words> alone;
    uint64_t two;
};

uint64_t time_of_two(Bench& bench) {
    const uint64_t start = bench.now;
    bench.send(0, 2 * bench.design["beats"]);
    bench.drain(0);
    return bench.now - start;
}

// Registers at once, one sample alone, two in one transfer: all right, counted, and as fast as on a fresh chip.
void expect_a_fresh_chip(Bench& bench, uint32_t sample, const Times& times) {
    bench.pause_in = bench.pause_out = Pause();
    bench.read_all();
    bench.drain(bench.design["clear_cycles"]);  // what was left of a transfer, then the encoder's lists
    bench.send(sample);
    bench.drain();
    if (bench.stage_cycles() != times.alone[sample]) bench.fail("STAGE_CYCLES are not those of a fresh chip");
    bench.read_all();
    bench.expect(time_of_two(bench), times.two, "cycles of two samples in one transfer");
    bench.run(30);
    bench.read_all();
}

// Without a reset, after stalls and incomplete transfers in all places: a sample alone is as fast as on a fresh chip.
void after_stalls(Bench& bench, const Times& times) {
    for (uint32_t seed = 0; seed < 60; ++seed) {
        bench.at("stalls of seed " + std::to_string(seed));
        bench.pause_in = Pause(seed, seed % 3 ? -1 : 0);
        bench.pause_out = Pause(seed + 100, seed % 2 ? -1 : 90);
        bench.endless = true;
        bench.run(400 + 7 * seed);
        bench.endless = false;
        bench.drain();
        bench.send(0, 1 + seed % bench.design["beats"]);
        bench.drain();
        bench.pause_in = bench.pause_out = Pause();
        const uint32_t sample = seed % bench.design.samples();
        bench.send(sample);
        bench.drain();
        if (bench.stage_cycles() != times.alone[sample]) bench.fail("STAGE_CYCLES are not those of a fresh chip");
        bench.read_all();
    }
    bench.at("");
}

// `early`: the next sample is sent at once, also into the clearing of the encoder.
void sweep(Bench& bench, const Times& times, Kind kind, bool stalled, bool goes_on, bool early) {
    const uint64_t span = bench.design["sweep_cycles"];
    for (uint64_t place = 0; place < span; ++place) {
        bench.at((kind == Kind::hard ? "hard reset after " : "soft reset after ") + std::to_string(place) + " cycles");
        const auto seed = static_cast<uint32_t>(place + 1);
        if (stalled) bench.pause_in = Pause(seed, -1), bench.pause_out = Pause(seed + 1, -1);
        bench.endless = true;
        bench.run(place);
        bench.endless = false;
        kind == Kind::hard ? bench.hard_reset(1 + place % 3, goes_on) : bench.soft_reset(goes_on);
        if (early) {
            bench.send(0);
            bench.send(1);
            bench.drain();
            bench.read_all();
            bench.soft_reset();
        }
        expect_a_fresh_chip(bench, static_cast<uint32_t>(place) % bench.design.samples(), times);
    }
    bench.at("");
}

// A second reset while the first one's clearing is not done yet.
void again(Bench& bench, const Times& times) {
    for (uint64_t gap = 1; gap < bench.design["clear_cycles"] + 4; ++gap) {
        bench.at("second reset after " + std::to_string(gap) + " cycles");
        bench.endless = true;
        bench.run(60);
        bench.endless = false;
        gap % 2 ? bench.hard_reset(1) : bench.soft_reset();
        bench.send(2);
        bench.run(gap);
        gap % 3 ? bench.hard_reset(1) : bench.soft_reset();
        expect_a_fresh_chip(bench, static_cast<uint32_t>(gap) % bench.design.samples(), times);
    }
    bench.at("");
}

}  // namespace

// Each sample alone on an idle chip: its stage cycles, the reference after every reset.
std::vector<Words> times_alone(Bench& bench) {
    std::vector<Words> times;
    for (uint32_t sample = 0; sample < bench.design.samples(); ++sample) {
        bench.send(sample);
        bench.drain();
        times.push_back(bench.stage_cycles());
        bench.expect(times.back().back() + 1, bench.read("LATENCY"), "LATENCY, a cycle behind the last stage");
        bench.read_all();
    }
    return times;
}

void check_resets(Bench& bench) {
    bench.run(bench.design["clear_cycles"]);
    const std::vector<Words> alone = times_alone(bench);
    const Times times{alone, time_of_two(bench)};
    for (const Kind kind : {Kind::hard, Kind::soft})
        for (const bool stalled : {false, true}) {
            sweep(bench, times, kind, stalled, false, stalled);
            sweep(bench, times, kind, stalled, true, false);
        }
    again(bench, times);
    after_stalls(bench, times);
}

}  // namespace chip
