// AXI4-Lite: the map, access rules, strobes, handshakes, flags against errors in every relative cycle, resets.
#include "bench.hpp"
#include "checks.hpp"

namespace chip {

namespace {

constexpr uint32_t kAll = 0xFFFF'FFFF;

uint32_t space(const Bench& bench) { return 1u << bench.design["ADDRESS_BITS"]; }

// From reset: the error flag set, six results, nothing in flight: all but STATUS.busy has something to show.
void fill(Bench& bench) {
    const uint32_t beats = bench.design["beats"];
    bench.hard_reset(1);
    bench.send(0, beats - 1);
    bench.send(0, 2 * beats + 1);
    bench.send(1);
    bench.send(2);
    bench.drain();
    bench.expect(bench.read("STATUS"), bench.design.bit("STATUS.incomplete"), "STATUS after incomplete transfers");
    bench.expect(bench.read("ERRORS"), 2, "ERRORS");
    bench.expect(bench.read("INFERENCES"), 6, "INFERENCES");
    if (bench.read("INTERVAL") == 0 || bench.read("LATENCY") == 0) bench.fail("INTERVAL or LATENCY is 0");
    bench.stage_cycles();
}

void every_address(Bench& bench) {
    fill(bench);
    for (uint32_t address = 0; address < space(bench); ++address) bench.read(address);
    // Writing moves nothing but CONTROL and STATUS, not even under all strobes.
    const auto keep = [&](uint32_t address) {
        return address != bench.design["CONTROL"] && address != bench.design["STATUS"];
    };
    for (uint32_t address = 0; address < space(bench); address += 4)
        if (keep(address)) bench.write(address, kAll);
    for (uint32_t address = 0; address < space(bench); address += 4) bench.read(address);
    bench.write(bench.design["CONTROL"], kAll & ~bench.design.bit("CONTROL.soft_reset"));
    bench.expect(bench.read("INFERENCES"), 6, "INFERENCES after a write without the reset bit");
}

// Each set of byte strobes over words of which every byte matters.
void strobes(Bench& bench) {
    for (uint32_t strobe = 0; strobe < 16; ++strobe)
        for (const char* name : {"STATUS", "CONTROL"}) {
            fill(bench);
            bench.write(bench.design[name], kAll, strobe);
            bench.read_all();
        }
    for (uint32_t byte = 0; byte < 4; ++byte)  // an address names a word, whichever of its bytes it is of
        for (const char* name : {"STATUS", "CONTROL"}) {
            fill(bench);
            bench.write(bench.design[name] + byte, kAll);
            bench.read_all();
        }
    for (uint32_t bit = 0; bit < 32; ++bit) {
        fill(bench);
        bench.write(bench.design["STATUS"], 1u << bit);
        bench.read_all();
    }
}

// Requests queue up; address before data, data before address; answers wait; all pauses mixed.
void handshakes(Bench& bench) {
    const auto burst = [&] {
        fill(bench);
        for (const uint32_t word : {1u << 3, 0u, bench.design.bit("STATUS.incomplete"), kAll}) {
            bench.post_write(bench.design["STATUS"], word);
            bench.post_read(bench.design["STATUS"]);
            bench.post_read(bench.design["MAGIC"]);
            bench.post_read(bench.design["INFERENCES"]);
        }
        bench.wait([&] { return bench.registers_idle(); }, "AXI4-Lite hangs");
        bench.expect(bench.read("STATUS"), 0, "STATUS");
    };
    Pause* const channels[] = {&bench.pause_aw, &bench.pause_w, &bench.pause_b, &bench.pause_ar, &bench.pause_r};
    burst();
    for (Pause* slow : channels) {
        *slow = Pause(7, 85);
        burst();
        *slow = Pause();
    }
    for (uint32_t seed = 0; seed < 8; ++seed) {
        for (size_t i = 0; i < 5; ++i) *channels[i] = Pause(16 * seed + static_cast<uint32_t>(i), -1);
        burst();
    }
    for (Pause* channel : channels) *channel = Pause();
    // While an answer waits the request behind it waits too, and neither is lost.
    fill(bench);
    bench.pause_b = bench.pause_r = Pause(1, 100);
    for (int i = 0; i < 2; ++i) {
        bench.post_write(bench.design["STATUS"], bench.design.bit("STATUS.incomplete"));
        bench.post_read(bench.design["STATUS"]);
    }
    bench.run(20);
    bench.pause_b = bench.pause_r = Pause();
    bench.wait([&] { return bench.registers_idle(); }, "AXI4-Lite hangs after a pause");
    bench.read_all();
}

// An error flag is set in one cycle and cleared in another: in every order, and in the same one.
void set_against_clear(Bench& bench) {
    const uint32_t beats = bench.design["beats"];
    for (const uint32_t length : {beats - 1, beats + 1, 1u})
        for (const uint32_t word : {1u, 2u, kAll})
            for (const bool set_before : {false, true})
                for (uint32_t delay = 0; delay < beats + 8; ++delay) {
                    set_before ? fill(bench) : bench.hard_reset(1);
                    bench.send(0, length);
                    bench.run(delay);
                    bench.write(bench.design["STATUS"], word);
                    bench.drain(5);
                    bench.read_all();
                }
}

// Registers read all along a run with incomplete transfers, results and waiting results.
void status_all_along(Bench& bench) {
    const uint32_t beats = bench.design["beats"];
    for (const bool slow : {false, true}) {
        bench.hard_reset(1);
        if (slow) bench.pause_in = Pause(3, 70), bench.pause_out = Pause(4, 90);
        for (const uint32_t length : {beats, beats - 1, beats, beats, beats + 1, 1u, beats, 2 * beats, beats, beats})
            bench.send(length, length);
        for (const uint64_t end = bench.now + 4 * bench.design["patience"]; bench.sending() || bench.model.busy();) {
            for (const char* name : {"STATUS", "INTERVAL", "ERRORS", "LATENCY", "INFERENCES"}) bench.read(name);
            if (bench.now > end) bench.fail("a run does not end");
        }
        bench.pause_in = bench.pause_out = Pause();
        bench.drain();
        bench.read_all();
    }
}

// Requests that are half way when ap_rst_n falls are forgotten; soft reset does not touch the slave.
void resets(Bench& bench) {
    for (const bool slow : {false, true})
        for (uint64_t place = 0; place < 12; ++place) {
            fill(bench);
            if (slow) bench.pause_b = bench.pause_r = Pause(1, 100);
            bench.post_write(bench.design["STATUS"], 0);
            bench.post_read(bench.design["MAGIC"]);
            bench.post_write(bench.design["STATUS"], kAll);
            bench.post_read(bench.design["VERSION"]);
            bench.run(place);
            bench.hard_reset(1 + place % 2);
            bench.pause_b = bench.pause_r = Pause();
            bench.read_all();
        }
    for (const uint64_t wait : {0, 1, 2, 3, 9}) {
        fill(bench);
        bench.pause_b = bench.pause_r = Pause(1, 100);
        bench.post_read(bench.design["MAGIC"]);
        bench.run(wait);
        bench.post_write(bench.design["CONTROL"], 1);
        bench.run(20);
        bench.pause_b = bench.pause_r = Pause();
        bench.wait([&] { return bench.registers_idle(); }, "an answer is lost over soft reset");
        bench.expect(bench.read("STATUS"), 0, "STATUS after soft reset");
        bench.read_all();
    }
    // A second soft reset that waits for the first one's answer is none yet.
    fill(bench);
    bench.pause_b = Pause(1, 100);
    for (int i = 0; i < 2; ++i) bench.post_write(bench.design["CONTROL"], 1);
    bench.run(20);
    bench.send(1);
    bench.drain();
    bench.post_read(bench.design["INFERENCES"]);
    bench.run(5);
    bench.pause_b = Pause();
    bench.wait([&] { return bench.registers_idle(); }, "a second soft reset is not answered");
    bench.read_all();
    // Read as soon as the reset is answered: nothing old shows.
    for (const char* name : {"STATUS", "INFERENCES", "ERRORS", "LATENCY", "INTERVAL", "SPIKES_TOTAL", "STAGE_CYCLES"}) {
        fill(bench);
        bench.soft_reset();
        bench.expect(bench.read(name), 0, std::string(name) + " right after soft reset");
    }
}

}  // namespace

void check_registers(Bench& bench) {
    every_address(bench);
    strobes(bench);
    handshakes(bench);
    set_against_clear(bench);
    status_all_along(bench);
    resets(bench);
}

}  // namespace chip
