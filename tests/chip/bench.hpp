// The Verilated top on its pins, one clock cycle at a time, held to the model in every cycle.
//
// Checked always: results word for word, every TLAST; a stream beat that waits stays as it is; nothing passes while in
// reset; AXI4-Lite: one read and one write outstanding, each answered once, in the cycle the unit's head states,
// and with the model's word. A difference ends the program with one line.
#pragma once

#include <functional>
#include <random>

#include "Vtop.h"
#include "model.hpp"
#include "verilated.h"

namespace chip {

// Cycles in which a channel pauses: none at density 0, all at 100; in stretches of other densities below 0.
class Pause {
public:
    explicit Pause(uint32_t seed = 1, int density = 0) : random_(seed), density_(density), percent_(density) {}
    bool operator()() {
        if (density_ < 0 && left_-- == 0) {
            left_ = random_() % 64;
            percent_ = static_cast<int>(random_() % 4 * 30);
        }
        return static_cast<int>(random_() % 100) < percent_;
    }

private:
    std::mt19937 random_;
    int density_, percent_;
    uint32_t left_ = 0;
};

class Bench {
public:
    Vtop top;
    const Case& design;
    Model model;
    uint64_t now = 0;
    Pause pause_in, pause_out, pause_aw, pause_w, pause_b, pause_ar, pause_r;
    bool endless = false;  // the source sends sample after sample
    struct {
        // Beats taken; transfers ended, of these inside a sample, answered, lost to a reset; results; resets.
        uint64_t beats = 0, transfers = 0, incomplete = 0, answers = 0, lost = 0, results = 0, resets = 0;
    } seen;

    Bench(VerilatedContext& context, const Case& design_) : top(&context), design(design_), model(design_) {
        top.ap_clk = top.s_axis_tvalid = top.m_axis_tready = top.ap_rst_n = 0;
        top.s_axi_awvalid = top.s_axi_wvalid = top.s_axi_arvalid = top.s_axi_bready = top.s_axi_rready = 0;
        settled_ = false;  // before the first reset nothing can be expected
        cycle();
        settled_ = in_reset_ = true;
        hard_reset(3);
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw std::runtime_error(at_ + "cycle " + std::to_string(now) + ": " + what);
    }
    void expect(uint64_t got, uint64_t wanted, const std::string& what) const {
        if (got != wanted) fail(what + ": got " + std::to_string(got) + ", expected " + std::to_string(wanted));
    }
    void at(const std::string& place) { at_ = place.empty() ? "" : place + ", "; }

    // ---- streams
    // A transfer of `length` beats of the ring, from `place`.
    void transfer(uint32_t place, uint32_t length) {
        const auto size = static_cast<uint32_t>(design.ring.size());
        for (uint32_t beat = 0; beat < length; ++beat)
            to_send_.push_back({(place + beat) % size, beat + 1 == length});
    }
    // One that begins with a sample; 0: is just this sample.
    void send(uint32_t sample, uint32_t length = 0) {
        transfer(sample % design.samples() * design["beats"], length == 0 ? design["beats"] : length);
    }
    bool sending() const { return !to_send_.empty(); }
    void drop_input() {  // the sender is reset, too
        to_send_.clear();
        taken_in_ = false;
        top.s_axis_tvalid = 0;
    }
    // Until everything sent is taken and every result out, then `quiet` cycles in which nothing may follow.
    void drain(uint64_t quiet = 30) {
        wait([&] { return !sending() && !model.busy(); }, "a result is missing");
        run(quiet);
    }
    void run(uint64_t cycles) {
        for (uint64_t end = now + cycles; now < end;) cycle();
    }
    void wait(const std::function<bool()>& done, const std::string& what) {
        for (uint64_t end = now + design["patience"]; !done(); cycle())
            if (now == end) fail(what);
    }

    // ---- resets
    // The masters see it a cycle after the chip; a sender that `goes_on` is not reset at all.
    void hard_reset(uint64_t cycles, bool goes_on = false) {
        top.ap_rst_n = 0;
        cycle();
        drop_registers();
        if (!goes_on) drop_input();
        run(cycles - 1);
        top.ap_rst_n = 1;
    }
    void soft_reset(bool goes_on = false) {
        post_write(design["CONTROL"], design.bit("CONTROL.soft_reset"));
        wait([&] { return in_reset_; }, "no soft reset");
        if (!goes_on) drop_input();
        wait([&] { return registers_idle(); }, "a soft reset is not answered");
    }

    // ---- registers
    void post_write(uint32_t address, uint32_t word, uint32_t strobes = 15) {
        aw_.push_back(address);
        w_.push_back({word, strobes});
    }
    void post_read(uint32_t address) { ar_.push_back(address); }
    void write(uint32_t address, uint32_t word, uint32_t strobes = 15) {
        post_write(address, word, strobes);
        wait([&] { return registers_idle(); }, "a write is not answered");
    }
    uint32_t read(uint32_t address) {
        post_read(address);
        wait([&] { return registers_idle(); }, "a read is not answered");
        return word_;
    }
    uint32_t read(const std::string& name, uint32_t index = 0) { return read(design[name] + 4 * index); }
    bool registers_idle() const { return aw_.empty() && w_.empty() && ar_.empty() && !writing_ && reading_ == 0; }
    void drop_registers() {  // the master is reset, too
        aw_.clear();
        w_.clear();
        ar_.clear();
        taken_w_ = taken_ar_ = false;
        top.s_axi_awvalid = top.s_axi_wvalid = top.s_axi_arvalid = top.s_axi_bready = top.s_axi_rready = 0;
    }
    void read_all() {  // each held to the model
        for (const char* name : {"STATUS", "INFERENCES", "ERRORS", "LATENCY", "INTERVAL"}) read(name);
        for (uint32_t unit = 0; unit < design["SPIKING"]; ++unit) {
            read("SPIKES_LAST", unit);
            read("SPIKES_TOTAL", unit);
        }
        for (uint32_t stage = 0; stage < design["STAGES"]; ++stage) read("STAGE_CYCLES", stage);
    }
    // STAGE_CYCLES of the last probe: they rise from stage to stage.
    Words stage_cycles() {
        Words times;
        for (uint32_t stage = 0; stage < design["STAGES"]; ++stage) times.push_back(read("STAGE_CYCLES", stage));
        for (size_t stage = 1; stage < times.size(); ++stage)
            if (times[stage] <= times[stage - 1]) fail("STAGE_CYCLES do not rise at stage " + std::to_string(stage));
        return times;
    }

    void cycle() {
        drive_streams();
        drive_registers();
        top.eval();
        const bool reset = !top.ap_rst_n;
        bool restart = reset;
        if (settled_) {
            restart = check_registers() || restart;
            check_streams();
        }
        if (restart) {
            seen.resets += !in_reset_;
            for (const Model::Sample& sample : model.in_flight) seen.lost += sample.last;
            model.reset();
        }
        in_reset_ = restart;
        bus_in_reset_ = reset;
        if (reset) reading_ = 0, writing_ = false;
        top.ap_clk = 1;
        top.eval();
        top.ap_clk = 0;
        ++now;
    }

private:
    struct Beat {
        uint32_t place;  // in the ring
        bool last;
    };
    struct Data {
        uint32_t word, strobes;
    };

    // A beat that is offered stays until it is taken.
    void drive_streams() {
        if (taken_in_) {
            to_send_.pop_front();
            top.s_axis_tvalid = 0;
        }
        if (endless && to_send_.size() < 2) send(turn_++);
        if (!top.s_axis_tvalid && !to_send_.empty() && !pause_in()) top.s_axis_tvalid = 1;
        top.s_axis_tdata = top.s_axis_tvalid ? design.ring[to_send_.front().place] : 0x5A5AA5A5;
        top.s_axis_tlast = top.s_axis_tvalid ? to_send_.front().last : true;
        top.m_axis_tready = !pause_out();
    }

    void drive_registers() {
        if (taken_w_) top.s_axi_awvalid = top.s_axi_wvalid = 0;
        if (taken_ar_) top.s_axi_arvalid = 0;
        taken_w_ = taken_ar_ = false;
        if (!top.s_axi_awvalid) top.s_axi_awvalid = !aw_.empty() && !pause_aw();
        if (!top.s_axi_wvalid) top.s_axi_wvalid = !w_.empty() && !pause_w();
        if (!top.s_axi_arvalid) top.s_axi_arvalid = !ar_.empty() && !pause_ar();
        if (!aw_.empty()) top.s_axi_awaddr = aw_.front();
        if (!w_.empty()) top.s_axi_wdata = w_.front().word, top.s_axi_wstrb = w_.front().strobes;
        if (!ar_.empty()) top.s_axi_araddr = ar_.front();
        top.s_axi_bready = !pause_b();
        top.s_axi_rready = !pause_r();
    }

    void check_streams() {
        if (in_reset_ && (top.s_axis_tready || top.m_axis_tvalid)) fail("a stream moves in reset");
        const std::pair<bool, uint32_t> out{top.m_axis_tlast, top.m_axis_tdata};
        if (waiting_ && !in_reset_ && (!top.m_axis_tvalid || out != shown_))
            fail("a beat of a result changed while it waited");
        taken_in_ = top.s_axis_tvalid && top.s_axis_tready;
        const bool taken_out = top.m_axis_tvalid && top.m_axis_tready;
        if (taken_in_) {
            const Beat& beat = to_send_.front();
            seen.incomplete += model.beat_in(beat.place, beat.last, now);
            ++seen.beats;
            seen.transfers += beat.last;
        }
        if (top.m_axis_tvalid) {
            if (model.in_flight.empty()) fail("a result that nobody asked for");
            const std::string beat = "beat " + std::to_string(model.place) + " of a result";
            expect(out.second, model.beat_out().second, beat);
            expect(out.first, model.beat_out().first, "TLAST on " + beat);
            shown_ = out;
            if (taken_out) {
                seen.answers += out.first;
                model.beat_taken(now);
                seen.results += model.place == 0;
            }
        }
        waiting_ = top.m_axis_tvalid && !taken_out;
    }

    // Before the streams: an error in the very cycle of its clear is kept. True if the core is reset.
    bool check_registers() {
        if (bus_in_reset_ && (top.s_axi_arready || top.s_axi_awready || top.s_axi_wready)) fail("taken in reset");
        // An address, a cycle later its word, a cycle later the answer.
        expect(top.s_axi_rvalid, reading_ == 1, "rvalid");
        expect(top.s_axi_bvalid, writing_, "bvalid");
        if (reading_ > 0 && top.s_axi_arready) fail("a second read is taken before the first is answered");
        if (reading_ == 2) {
            reading_ = 1;
        } else if (reading_ == 1) {
            expect(top.s_axi_rresp, 0, "rresp");
            if (wanted_) expect(top.s_axi_rdata, *wanted_, "the word at address " + std::to_string(address_));
            else if (seen_) expect(top.s_axi_rdata, word_, "rdata while it waits");
            word_ = top.s_axi_rdata;
            seen_ = true;
            if (top.s_axi_rready) reading_ = 0;
        } else if (top.s_axi_arvalid && top.s_axi_arready) {
            reading_ = 2;
            seen_ = false;
            address_ = top.s_axi_araddr;
            wanted_ = model.read(address_);
            ar_.pop_front();
            taken_ar_ = true;
        }
        return check_write();
    }

    bool check_write() {
        const bool taken = top.s_axi_awvalid && top.s_axi_awready;
        expect(top.s_axi_wvalid && top.s_axi_wready, taken, "data taken, address not, or the other way round");
        if (top.s_axi_bvalid) {
            expect(top.s_axi_bresp, 0, "bresp");
            if (taken) fail("a second write is taken before the first is answered");
            if (top.s_axi_bready) writing_ = false;
        }
        if (!taken) return false;
        writing_ = true;
        const bool restart = model.write(top.s_axi_awaddr, top.s_axi_wdata, top.s_axi_wstrb);
        aw_.pop_front();
        w_.pop_front();
        taken_w_ = true;
        return restart;
    }

    std::deque<Beat> to_send_;
    std::deque<uint32_t> aw_, ar_;
    std::deque<Data> w_;
    std::pair<bool, uint32_t> shown_;
    uint32_t turn_ = 0, word_ = 0, address_ = 0;
    int reading_ = 0;  // cycles until the answer is there, and one more
    std::optional<uint32_t> wanted_;
    bool taken_in_ = false, waiting_ = false, writing_ = false, seen_ = false;
    bool taken_ar_ = false, taken_w_ = false;
    bool settled_ = true, in_reset_ = false, bus_in_reset_ = true;
    std::string at_;
};

}  // namespace chip
