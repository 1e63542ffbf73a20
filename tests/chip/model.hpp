// What the chip's pins and registers must show, from what passed on its pins: no knowledge of its inside.
//
// Fed once per clock cycle with the beats that were taken. A register's value is that of the cycle in which its
// address is taken, before that cycle's own events. A reset (ap_rst_n low, or CONTROL.soft_reset written) in a
// cycle makes void what else happens in it.
#pragma once

#include <cstdint>
#include <deque>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace chip {

using Words = std::vector<uint32_t>;

// The design as Python describes it: numbers by name (sizes, register addresses, lowest bits of fields, identity
// words), and for each sample its packet, its result and the spikes of each spiking unit.
struct Case {
    std::map<std::string, uint32_t> number;
    std::vector<Words> packets, results, spikes;

    explicit Case(const std::string& file) {
        std::ifstream lines(file);
        for (std::string line, name; std::getline(lines, line);) {
            std::istringstream fields(line);
            fields >> name;
            Words words;
            for (uint32_t word; fields >> word;) words.push_back(word);
            if (name == "packet") packets.push_back(words);
            else if (name == "result") results.push_back(words);
            else if (name == "spikes") spikes.push_back(words);
            else number[name] = words.at(0);
        }
        if (packets.empty()) throw std::runtime_error(file + ": no sample");
    }
    uint32_t operator[](const std::string& name) const { return number.at(name); }
    uint32_t bit(const std::string& field) const { return 1u << number.at(field); }
};

struct Model {
    explicit Model(const Case& design) : design_(design) { reset(); }

    bool inside;                // a packet has begun
    uint32_t count;             // its beats so far
    std::deque<int> in_flight;  // samples handed on whose result is not out
    size_t place;               // beats of the result that is being sent
    uint32_t inferences, dropped, latency, interval;
    bool short_error, long_error;
    Words total, last;          // spikes

    bool busy() const { return inside || !in_flight.empty(); }
    bool probing() const { return probing_; }

    void reset() {
        inside = short_error = long_error = probing_ = false;
        count = inferences = dropped = latency = interval = entered_ = 0;
        place = 0;
        in_flight.clear();
        total.assign(design_["SPIKING"], 0);
        last = total;
    }

    // `sample` is what the source sends; a packet of another length is dropped, whatever it was.
    void beat_in(bool tlast, int sample, uint64_t now) {
        const bool probes = !inside && !probing_;
        if (probes) {
            probing_ = true;
            probe_start_ = now;
            probe_number_ = entered_;
        }
        inside = !tlast;
        ++count;
        if (!tlast) return;
        if (count == design_["beats"]) {
            in_flight.push_back(sample);
            ++entered_;
        } else {
            (count < design_["beats"] ? short_error : long_error) = true;
            ++dropped;
            if (probing_ && probe_number_ == entered_) probing_ = false;
        }
        count = 0;
    }

    void result_out(uint64_t now) {
        const Words& spikes = design_.spikes.at(in_flight.front());
        in_flight.pop_front();
        for (size_t unit = 0; unit < spikes.size(); ++unit) total[unit] += spikes[unit];
        last = spikes;
        if (probing_ && probe_number_ == inferences) {
            latency = static_cast<uint32_t>(now - probe_start_);
            probing_ = false;
        }
        interval = inferences == 0 ? 0 : static_cast<uint32_t>(now - last_result_);
        last_result_ = now;
        ++inferences;
    }

    // A write of `word` under `strobes`; true if it resets the core.
    bool write(uint32_t address, uint32_t word, uint32_t strobes) {
        if (!(strobes & 1)) return false;
        address &= ~3u;
        if (address == design_["STATUS"]) {
            if (word & design_.bit("STATUS.short_error")) short_error = false;
            if (word & design_.bit("STATUS.long_error")) long_error = false;
        }
        return address == design_["CONTROL"] && word & design_.bit("CONTROL.soft_reset");
    }

    uint32_t status() const {
        return (busy() ? design_.bit("STATUS.busy") : 0) | (short_error ? design_.bit("STATUS.short_error") : 0)
               | (long_error ? design_.bit("STATUS.long_error") : 0);
    }

    // The word at a byte address; nothing where the pins do not tell: inside the pipeline while it works.
    std::optional<uint32_t> read(uint32_t address) const {
        address &= ~3u;
        const std::optional<uint32_t> unknown;
        for (const char* name : {"MAGIC", "VERSION", "DIGEST", "SHAPE", "BITS", "LAYOUT"})
            if (address == design_[name]) return design_[std::string(name) + ".value"];
        if (address == design_["STATUS"]) return status();
        if (address == design_["INFERENCES"]) return inferences;
        if (address == design_["DROPPED"]) return dropped;
        if (address == design_["LATENCY"]) return latency;
        if (address == design_["INTERVAL"]) return interval;
        for (uint32_t unit = 0; unit < design_["SPIKING"]; ++unit) {
            if (address == design_["SPIKES_LAST"] + 4 * unit) return in_flight.empty() ? last[unit] : unknown;
            if (address == design_["SPIKES_TOTAL"] + 4 * unit) return in_flight.empty() ? total[unit] : unknown;
        }
        for (uint32_t stage = 0; stage < design_["STAGES"]; ++stage)
            if (address == design_["STAGE_CYCLES"] + 4 * stage)
                return stage + 1 == design_["STAGES"] ? latency : entered_ == 0 ? 0 : unknown;
        return 0;
    }

private:
    const Case& design_;
    bool probing_;
    uint64_t probe_start_ = 0, last_result_ = 0;
    uint32_t probe_number_ = 0, entered_ = 0;  // packets handed on so far
};

}  // namespace chip
