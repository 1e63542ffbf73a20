// Drives the Verilated top with whole packets and writes down what comes out, word for word.
//
//   harness single|stream INPUT OUTPUT samples beats_in beats_out seed [address ...]
//
// INPUT: samples * beats_in words of 32 bits. OUTPUT, words of 32 bits:
//   single (one sample at a time): per sample beats_out words, latency in cycles, the registers at `address`
//   stream (back to back): per sample beats_out words and the cycle of its last beat; then the registers
// seed 0: no stalls; else both streams stall at random. Latency: cycles from the first input beat taken to
// the last output beat taken. Exit 1 with one line on stderr: a TLAST at a wrong beat, a beat too many, or
// no progress.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "Vtop.h"
#include "verilated.h"

namespace {

constexpr uint64_t kPatience = 1'000'000;  // cycles without a beat on either stream
constexpr uint64_t kSettle = 70'000;  // after reset, while the encoder clears its 2^time_bits lists
constexpr uint64_t kQuiet = 20'000;        // cycles after the last result in which nothing may follow

// Random pauses, in stretches of different density.
class Stall {
public:
    explicit Stall(uint32_t seed) : random_(seed), on_(seed != 0) {}
    bool operator()() {
        if (!on_) return false;
        if (left_-- == 0) {
            left_ = random_() % 64;
            percent_ = random_() % 4 * 30;
        }
        return random_() % 100 < percent_;
    }

private:
    std::mt19937 random_;
    bool on_;
    uint32_t left_ = 0, percent_ = 0;
};

class Bench {
public:
    Bench(std::vector<uint32_t> input, size_t beats_in, size_t beats_out, uint32_t seed)
        : input_(std::move(input)), beats_in_(beats_in), beats_out_(beats_out), pause_in_(seed),
          pause_out_(seed == 0 ? 0 : seed + 1) {
        context_.randReset(2);  // whatever reset does not set starts at random
        context_.randSeed(1);
        top_.s_axis_tvalid = top_.m_axis_tready = 0;
        top_.s_axi_awvalid = top_.s_axi_wvalid = top_.s_axi_arvalid = top_.s_axi_bready = top_.s_axi_rready = 0;
        top_.ap_rst_n = top_.ap_clk = 0;
        for (int i = 0; i < 4; ++i) cycle();
        top_.ap_rst_n = 1;
        for (uint64_t i = 0; i < kSettle; ++i) cycle();
    }

    // Offer input up to beat `limit` and take output until `results` packets are complete.
    void run(size_t limit, size_t results) {
        uint64_t last_progress = cycle_;
        while (finished_.size() < results) {
            if (cycle()) last_progress = cycle_;
            offer(limit);
            if (cycle_ - last_progress > kPatience)
                throw std::runtime_error("no beat for " + std::to_string(kPatience) + " cycles, after "
                                         + std::to_string(finished_.size()) + " results");
        }
    }

    void expect_silence(size_t limit) {
        for (uint64_t end = cycle_ + kQuiet; cycle_ < end;) {
            if (cycle()) throw std::runtime_error("beats after the last result");
            offer(limit);
        }
        if (!beats_.empty() || sent_ != limit) throw std::runtime_error("a packet is left over");
    }

    uint32_t read(uint32_t address) {
        top_.s_axi_araddr = address;
        top_.s_axi_arvalid = top_.s_axi_rready = 1;
        for (int waited = 0; waited < 100; ++waited) {
            top_.eval();
            const bool taken = top_.s_axi_arready, valid = top_.s_axi_rvalid;
            const uint32_t data = top_.s_axi_rdata;
            cycle();
            if (taken) top_.s_axi_arvalid = 0;
            if (valid) {
                top_.s_axi_rready = 0;
                return data;
            }
        }
        throw std::runtime_error("no answer from AXI4-Lite address " + std::to_string(address));
    }

    const std::vector<uint32_t>& result(size_t sample) const { return results_[sample]; }
    uint64_t finished(size_t sample) const { return finished_[sample]; }
    uint64_t started(size_t sample) const { return started_[sample]; }

private:
    // A beat that is offered stays until it is taken.
    void offer(size_t limit) {
        if (!top_.s_axis_tvalid && sent_ < limit && !pause_in_()) {
            top_.s_axis_tvalid = 1;
            top_.s_axis_tdata = input_[sent_];
            top_.s_axis_tlast = sent_ % beats_in_ == beats_in_ - 1;
        }
        top_.m_axis_tready = !pause_out_();
    }

    // One clock cycle; true if a beat passed on either stream.
    bool cycle() {
        top_.eval();
        const bool in = top_.s_axis_tvalid && top_.s_axis_tready;
        const bool out = top_.m_axis_tvalid && top_.m_axis_tready;
        if (out) collect();
        if (in && sent_ % beats_in_ == 0) started_.push_back(cycle_);
        clock();
        if (in) {
            ++sent_;
            top_.s_axis_tvalid = 0;
        }
        return in || out;
    }

    void collect() {
        beats_.push_back(top_.m_axis_tdata);
        if (top_.m_axis_tlast != (beats_.size() == beats_out_))
            throw std::runtime_error("result " + std::to_string(results_.size()) + ": TLAST is "
                                     + std::to_string(top_.m_axis_tlast) + " on beat " + std::to_string(beats_.size()));
        if (beats_.size() < beats_out_) return;
        results_.push_back(std::move(beats_));
        beats_.clear();
        finished_.push_back(cycle_);
    }

    void clock() {
        top_.ap_clk = 1;
        top_.eval();
        top_.ap_clk = 0;
        ++cycle_;
    }

    VerilatedContext context_;
    Vtop top_{&context_};
    std::vector<uint32_t> input_, beats_;
    std::vector<std::vector<uint32_t>> results_;
    std::vector<uint64_t> started_, finished_;
    size_t beats_in_, beats_out_, sent_ = 0;
    uint64_t cycle_ = 0;
    Stall pause_in_, pause_out_;
};

std::vector<uint32_t> simulate(int argc, char** argv) {
    if (argc < 8) throw std::runtime_error("usage: single|stream INPUT OUTPUT samples beats_in beats_out seed ...");
    const bool single = std::string(argv[1]) == "single";
    const size_t samples = std::stoul(argv[4]), beats_in = std::stoul(argv[5]), beats_out = std::stoul(argv[6]);
    std::vector<uint32_t> input(samples * beats_in), output;
    std::ifstream file(argv[2], std::ios::binary);
    if (!file.read(reinterpret_cast<char*>(input.data()), static_cast<std::streamsize>(input.size() * 4)))
        throw std::runtime_error(std::string(argv[2]) + ": too short");
    Bench bench(std::move(input), beats_in, beats_out, static_cast<uint32_t>(std::stoul(argv[7])));
    auto read_all = [&] {
        for (int i = 8; i < argc; ++i) output.push_back(bench.read(static_cast<uint32_t>(std::stoul(argv[i]))));
    };
    if (!single) bench.run(samples * beats_in, samples);
    for (size_t sample = 0; sample < samples; ++sample) {
        if (single) bench.run((sample + 1) * beats_in, sample + 1);
        output.insert(output.end(), bench.result(sample).begin(), bench.result(sample).end());
        output.push_back(static_cast<uint32_t>(bench.finished(sample) - (single ? bench.started(sample) : 0)));
        if (single) read_all();
    }
    if (!single) read_all();
    bench.expect_silence(samples * beats_in);
    return output;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const std::vector<uint32_t> output = simulate(argc, argv);
        std::ofstream file(argv[3], std::ios::binary);
        file.write(reinterpret_cast<const char*>(output.data()), static_cast<std::streamsize>(output.size() * 4));
        if (!file.flush()) throw std::runtime_error(std::string(argv[3]) + ": not written");
    } catch (const std::exception& error) {
        std::cerr << "harness: " << error.what() << "\n";
        return 1;
    }
    return 0;
}
