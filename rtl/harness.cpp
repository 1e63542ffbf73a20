// Drives the Verilated top with whole transfers and writes down what comes out, word for word.
//
//   harness single|stream INPUT OUTPUT beats_in beats_out seed settle [address ...]
//
// INPUT: beats of 64 bits, TDATA in bits 31 ... 0, TLAST in bit 32; a sample has beats_in, a transfer any number, and is
// one result of beats_out words per sample, the last of them for one that is not whole, too. OUTPUT, words of 32 bits:
//   single (a transfer is sent once the one before it is answered): per transfer its results, latency in cycles, the
//          registers at `address`
//   stream (all at once): per result beats_out words and the cycle of its last beat; then the registers
// settle: cycles that `single` waits after each answer, in which a read-out that has decided early drops the rest.
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
#if VM_COVERAGE
#include "verilated_cov.h"
#endif

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
    Bench(std::vector<uint64_t> input, size_t beats_in, size_t beats_out, uint32_t seed)
        : input_(std::move(input)), beats_out_(beats_out), pause_in_(seed), pause_out_(seed == 0 ? 0 : seed + 1) {
        size_t begin = 0, results = 0;
        for (size_t beat = 0; beat < input_.size(); ++beat)
            if (input_[beat] >> 32) {
                results += (beat + 1 - begin + beats_in - 1) / beats_in;
                begin = beat + 1;
                transfers_.push_back({begin, results});
            }
        if (begin != input_.size()) throw std::runtime_error("the last beat is not the last of a transfer");
        context_.randReset(2);  // whatever reset does not set starts at random
        context_.randSeed(1);
        top_.s_axis_tvalid = top_.m_axis_tready = 0;
        top_.s_axi_awvalid = top_.s_axi_wvalid = top_.s_axi_arvalid = top_.s_axi_bready = top_.s_axi_rready = 0;
        top_.ap_rst_n = top_.ap_clk = 0;
        for (int i = 0; i < 4; ++i) cycle();
        top_.ap_rst_n = 1;
        for (uint64_t i = 0; i < kSettle; ++i) cycle();
    }

    // Offer input up to the end of `transfer` and take output until all its results are there.
    void run(size_t transfer) {
        uint64_t last_progress = cycle_;
        while (results_.size() < transfers_[transfer].results) {
            if (cycle()) last_progress = cycle_;
            offer(transfers_[transfer].beats);
            if (cycle_ - last_progress > kPatience)
                throw std::runtime_error("no beat for " + std::to_string(kPatience) + " cycles, after "
                                         + std::to_string(results_.size()) + " results");
        }
    }

    void settle(uint64_t cycles) {
        top_.m_axis_tready = 1;
        for (uint64_t end = cycle_ + cycles; cycle_ < end;)
            if (cycle()) throw std::runtime_error("beats after the last result");
    }

    void expect_silence() {
        for (uint64_t end = cycle_ + kQuiet; cycle_ < end;) {
            if (cycle()) throw std::runtime_error("beats after the last result");
            offer(input_.size());
        }
        if (sent_ != input_.size()) throw std::runtime_error("a transfer is left over");
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

    size_t transfers() const { return transfers_.size(); }
    size_t results(size_t transfer) const { return transfers_[transfer].results; }  // up to its end
    const std::vector<uint32_t>& result(size_t number) const { return results_[number]; }
    uint64_t finished(size_t number) const { return finished_[number]; }
    uint64_t started(size_t transfer) const { return started_[transfer]; }

#if VM_COVERAGE
    void cover(const std::string& path) { context_.coveragep()->write(path.c_str()); }
#endif

private:
    struct Transfer {
        size_t beats, results;  // up to its end, those of the ones before it included
    };

    // A beat that is offered stays until it is taken.
    void offer(size_t limit) {
        if (!top_.s_axis_tvalid && sent_ < limit && !pause_in_()) {
            top_.s_axis_tvalid = 1;
            top_.s_axis_tdata = static_cast<uint32_t>(input_[sent_]);
            top_.s_axis_tlast = static_cast<uint8_t>(input_[sent_] >> 32);
        }
        top_.m_axis_tready = !pause_out_();
    }

    // One clock cycle; true if a beat passed on either stream.
    bool cycle() {
        top_.eval();
        const bool in = top_.s_axis_tvalid && top_.s_axis_tready;
        const bool out = top_.m_axis_tvalid && top_.m_axis_tready;
        if (out) collect();
        if (in && (sent_ == 0 || input_[sent_ - 1] >> 32)) started_.push_back(cycle_);
        clock();
        if (in) {
            ++sent_;
            top_.s_axis_tvalid = 0;
        }
        return in || out;
    }

    void collect() {
        if (answered_ == transfers_.size()) throw std::runtime_error("beats after the last result");
        beats_.push_back(top_.m_axis_tdata);
        const bool whole = beats_.size() == beats_out_;
        const bool last = whole && results_.size() + 1 == transfers_[answered_].results;
        if (top_.m_axis_tlast != last)
            throw std::runtime_error("result " + std::to_string(results_.size()) + ": TLAST is "
                                     + std::to_string(top_.m_axis_tlast) + " on beat " + std::to_string(beats_.size()));
        answered_ += last;
        if (!whole) return;
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
    std::vector<uint64_t> input_;
    std::vector<Transfer> transfers_;
    std::vector<uint32_t> beats_;
    std::vector<std::vector<uint32_t>> results_;
    std::vector<uint64_t> started_, finished_;  // cycle of a transfer's first beat, of a result's last
    size_t beats_out_, sent_ = 0, answered_ = 0;
    uint64_t cycle_ = 0;
    Stall pause_in_, pause_out_;
};

std::vector<uint64_t> beats_of(const char* path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<uint64_t> beats;
    for (uint64_t beat; file.read(reinterpret_cast<char*>(&beat), sizeof beat);) beats.push_back(beat);
    return beats;
}

std::vector<uint32_t> simulate(int argc, char** argv) {
    if (argc < 8) throw std::runtime_error("usage: single|stream INPUT OUTPUT beats_in beats_out seed settle ...");
    const bool single = std::string(argv[1]) == "single";
    std::vector<uint32_t> output;
    Bench bench(beats_of(argv[2]), std::stoul(argv[4]), std::stoul(argv[5]),
                static_cast<uint32_t>(std::stoul(argv[6])));
    auto read_all = [&] {
        for (int i = 8; i < argc; ++i) output.push_back(bench.read(static_cast<uint32_t>(std::stoul(argv[i]))));
    };
    if (!single) bench.run(bench.transfers() - 1);
    for (size_t transfer = 0, number = 0; transfer < bench.transfers(); ++transfer) {
        if (single) bench.run(transfer);
        for (; number < bench.results(transfer); ++number) {
            output.insert(output.end(), bench.result(number).begin(), bench.result(number).end());
            if (!single) output.push_back(static_cast<uint32_t>(bench.finished(number)));
        }
        if (!single) continue;
        output.push_back(static_cast<uint32_t>(bench.finished(number - 1) - bench.started(transfer)));
        read_all();
        bench.settle(std::stoul(argv[7]));
    }
    if (!single) read_all();
    bench.expect_silence();
#if VM_COVERAGE
    bench.cover(std::string(argv[3]) + ".coverage");
#endif
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
