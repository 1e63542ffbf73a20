// The Verilated chip behind a pipe: registers and streams, as whoever is at the other end asks for them.
//
//   server [stall [idle]]  stall: seed of random pauses on both streams, 0 for none; idle: cycles before each read or
//                          write, in which a processor would be at something else
//
// Requests on standard input, answers on standard output, little-endian; each begins with a letter:
//   R address              -> word, response                    an AXI4-Lite read
//   W address word strobes -> response                          a write
//   S cycles room n beats  -> cycles, pending, n, beats         the streams go on: n more beats wait to be sent, `room`
//                             beats of output may be taken since the last answer to S; until `cycles` have passed, TLAST
//                             has come out, or nothing is left to do
//   D                      -> nothing                           beats that wait to be sent are dropped
//   X                      -> nothing                           ap_rst_n falls and rises; what waits is dropped
// Numbers are of 32 bits, beats of 64: TDATA in bits 31 ... 0, TLAST in bit 32. The streams move in every cycle, during
// reads and writes, too; what came out then is in the next answer to S. End of input ends it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include "Vtop.h"
#include "verilated.h"

#ifndef STREAMS
#define STREAMS 1  // 0: the chip has its registers alone
#endif

namespace {

constexpr int kBusPatience = 10'000;  // cycles for an answer from AXI4-Lite

struct EndOfInput {};

class Chip {
public:
    Chip(uint32_t stall, uint32_t idle) : random_(stall), stalls_(stall != 0), idle_(idle) {
        context_.randReset(2);  // whatever reset does not set starts at random
        context_.randSeed(1);
        top_.s_axi_awvalid = top_.s_axi_wvalid = top_.s_axi_arvalid = top_.s_axi_bready = top_.s_axi_rready = 0;
        reset();
    }

    void reset() {
        drop();
        room_ = 0;
        top_.ap_clk = top_.ap_rst_n = 0;
        for (int i = 0; i < 4; ++i) cycle();
        top_.ap_rst_n = 1;
    }

    void drop() {
        pending_.clear();
#if STREAMS
        top_.s_axis_tvalid = 0;
#endif
    }

    uint32_t read(uint32_t address, uint32_t& response) {
        pass(idle_);
        top_.s_axi_araddr = address;
        top_.s_axi_arvalid = top_.s_axi_rready = 1;
        for (int waited = 0; waited < kBusPatience; ++waited) {
            top_.eval();
            const bool taken = top_.s_axi_arready, valid = top_.s_axi_rvalid;
            const uint32_t word = top_.s_axi_rdata;
            response = top_.s_axi_rresp;
            cycle();
            if (taken) top_.s_axi_arvalid = 0;
            if (!valid) continue;
            top_.s_axi_rready = 0;
            return word;
        }
        throw std::runtime_error("a read is not answered");
    }

    uint32_t write(uint32_t address, uint32_t word, uint32_t strobes) {
        pass(idle_);
        top_.s_axi_awaddr = address;
        top_.s_axi_wdata = word;
        top_.s_axi_wstrb = static_cast<uint8_t>(strobes);
        top_.s_axi_awvalid = top_.s_axi_wvalid = top_.s_axi_bready = 1;
        for (int waited = 0; waited < kBusPatience; ++waited) {
            top_.eval();
            const bool address_taken = top_.s_axi_awready, word_taken = top_.s_axi_wready, valid = top_.s_axi_bvalid;
            const uint32_t response = top_.s_axi_bresp;
            cycle();
            if (address_taken) top_.s_axi_awvalid = 0;
            if (word_taken) top_.s_axi_wvalid = 0;
            if (!valid) continue;
            top_.s_axi_bready = 0;
            return response;
        }
        throw std::runtime_error("a write is not answered");
    }

    uint32_t stream(uint32_t cycles, uint32_t room, const std::vector<uint64_t>& beats) {
        pending_.insert(pending_.end(), beats.begin(), beats.end());
        const auto known = static_cast<uint32_t>(came_.size());  // came during reads and writes, and not told yet
        room_ = known < room && !ended() ? room - known : 0;
        uint32_t passed = 0;
        while (passed < cycles && !(pending_.empty() && room_ == 0) && !ended()) {
            cycle();
            ++passed;
        }
        return passed;
    }

    uint32_t pending() const { return static_cast<uint32_t>(pending_.size()); }
    std::vector<uint64_t> came() { return std::exchange(came_, {}); }

private:
    void pass(uint32_t cycles) {
        while (cycles-- > 0) cycle();
    }

    bool ended() const { return !came_.empty() && came_.back() >> 32; }  // TLAST has come

    void cycle() {
#if STREAMS
        if (!top_.s_axis_tvalid && !pending_.empty() && !pause()) {
            top_.s_axis_tvalid = 1;
            top_.s_axis_tdata = static_cast<uint32_t>(pending_.front());
            top_.s_axis_tlast = static_cast<uint8_t>(pending_.front() >> 32);
        }
        top_.m_axis_tready = room_ > 0 && !pause();
        top_.eval();
        const bool in = top_.s_axis_tvalid && top_.s_axis_tready;
        if (top_.m_axis_tvalid && top_.m_axis_tready) {
            came_.push_back(top_.m_axis_tdata | uint64_t{top_.m_axis_tlast} << 32);
            room_ = top_.m_axis_tlast ? 0 : room_ - 1;  // behind a transfer's end nothing is taken that nobody asked for
        }
        clock();
        if (in) {
            pending_.pop_front();
            top_.s_axis_tvalid = 0;
        }
#else
        clock();
#endif
    }

    void clock() {
        top_.ap_clk = 1;
        top_.eval();
        top_.ap_clk = 0;
        top_.eval();
    }

    bool pause() { return stalls_ && random_() % 3 == 0; }

    VerilatedContext context_;
    Vtop top_{&context_};
    std::mt19937 random_;
    bool stalls_;
    uint32_t idle_;
    std::deque<uint64_t> pending_;
    std::vector<uint64_t> came_;
    uint32_t room_ = 0;
};

template <typename T>
T take() {
    T value;
    if (std::fread(&value, sizeof value, 1, stdin) != 1) throw EndOfInput();
    return value;
}

template <typename T>
void give(const T& value) {
    std::fwrite(&value, sizeof value, 1, stdout);
}

void answer(Chip& chip) {
    switch (take<char>()) {
        case 'R': {
            uint32_t response = 0;
            give(chip.read(take<uint32_t>(), response));
            give(response);
            break;
        }
        case 'W': {
            const auto address = take<uint32_t>(), word = take<uint32_t>(), strobes = take<uint32_t>();
            give(chip.write(address, word, strobes));
            break;
        }
        case 'S': {
            const auto cycles = take<uint32_t>(), room = take<uint32_t>();
            std::vector<uint64_t> beats(take<uint32_t>());
            if (std::fread(beats.data(), sizeof(uint64_t), beats.size(), stdin) != beats.size()) throw EndOfInput();
            give(chip.stream(cycles, room, beats));
            give(chip.pending());
            const std::vector<uint64_t> came = chip.came();
            give(static_cast<uint32_t>(came.size()));
            std::fwrite(came.data(), sizeof(uint64_t), came.size(), stdout);
            break;
        }
        case 'D': chip.drop(); break;
        case 'X': chip.reset(); break;
        default: throw std::runtime_error("an unknown request");
    }
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const auto number = [&](int i) {
            return argc > i ? static_cast<uint32_t>(std::strtoul(argv[i], nullptr, 10)) : 0;
        };
        Chip chip(number(1), number(2));
        for (;;) answer(chip);
    } catch (const EndOfInput&) {
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "server: %s\n", error.what());
        return 1;
    }
}
