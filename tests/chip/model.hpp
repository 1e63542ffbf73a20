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
#include <utility>
#include <vector>

namespace chip {

using Words = std::vector<uint32_t>;

// The design as Python describes it: numbers by name (sizes, register addresses, lowest bits of fields), the words of the
// identity registers, and the ring: beats that repeat for ever. Any beats in a row from any place are a sample, filled
// up with zeros where they are fewer than it has; `answers` has its result and the spikes of each spiking unit.
struct Case {
    struct Answer {
        Words result, spikes;
    };
    std::map<std::string, uint32_t> number;
    Words identity, ring;

    explicit Case(const std::string& file) {
        std::ifstream lines(file);
        for (std::string line, name; std::getline(lines, line);) {
            std::istringstream fields(line);
            fields >> name;
            Words words;
            for (uint32_t word; fields >> word;) words.push_back(word);
            if (name == "ring") ring = words;
            else if (name == "identity") identity = words;
            else if (name == "answer") {
                const auto spikes = words.end() - number.at("SPIKING");
                answers_[{words.at(0), words.at(1)}] = {Words(words.begin() + 2, spikes), Words(spikes, words.end())};
            } else number[name] = words.at(0);
        }
        if (answers_.size() != size_t{ring.size()} * number.at("beats")) throw std::runtime_error(file + ": answers");
    }
    uint32_t operator[](const std::string& name) const { return number.at(name); }
    uint32_t bit(const std::string& field) const { return 1u << number.at(field); }
    uint32_t samples() const { return static_cast<uint32_t>(ring.size()) / (*this)["beats"]; }
    const Answer& answer(uint32_t place, uint32_t beats) const { return answers_.at({place, beats}); }

private:
    std::map<std::pair<uint32_t, uint32_t>, Answer> answers_;  // by place of the first beat, and beats
};

struct Model {
    explicit Model(const Case& design) : design_(design) { reset(); }

    // A sample that has entered: its result is not out.
    struct Sample {
        uint32_t place, beats;
        bool last;  // of its transfer
    };
    uint32_t count;  // beats of the sample that comes, so far
    std::deque<Sample> in_flight;
    size_t place;    // beats of the result that is being sent
    uint32_t inferences, errors, latency, interval;
    bool incomplete;
    Words total, last;  // spikes

    bool busy() const { return count > 0 || !in_flight.empty(); }

    void reset() {
        incomplete = probing_ = false;
        count = inferences = errors = latency = interval = entered_ = 0;
        place = 0;
        in_flight.clear();
        total.assign(design_["SPIKING"], 0);
        last = total;
    }

    // A beat of the ring. True if its transfer ends with it, inside a sample.
    bool beat_in(uint32_t place_in_ring, bool tlast, uint64_t now) {
        if (count++ == 0) {
            first_ = place_in_ring;
            if (!probing_) {
                probing_ = true;
                probe_start_ = now;
                probe_number_ = entered_;
            }
        }
        const bool whole = count == design_["beats"];
        if (!whole && !tlast) return false;
        in_flight.push_back({first_, count, tlast});
        ++entered_;
        errors += !whole;
        incomplete |= !whole;
        count = 0;
        return !whole;
    }

    // Beat `place` of the result that is due: TLAST, and the word.
    std::pair<bool, uint32_t> beat_out() const {
        const Sample& sample = in_flight.front();
        const Words& result = design_.answer(sample.place, sample.beats).result;
        return {sample.last && place + 1 == result.size(), result.at(place)};
    }

    void beat_taken(uint64_t now) {
        if (++place < design_["beats_out"]) return;
        place = 0;
        last = design_.answer(in_flight.front().place, in_flight.front().beats).spikes;
        in_flight.pop_front();
        for (size_t unit = 0; unit < last.size(); ++unit) total[unit] += last[unit];
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
        if (address == design_["STATUS"] && word & design_.bit("STATUS.incomplete")) incomplete = false;
        return address == design_["CONTROL"] && word & design_.bit("CONTROL.soft_reset");
    }

    uint32_t status() const {
        return (busy() ? design_.bit("STATUS.busy") : 0) | (incomplete ? design_.bit("STATUS.incomplete") : 0);
    }

    // The word at a byte address; nothing where the pins do not tell: inside the pipeline while it works.
    std::optional<uint32_t> read(uint32_t address) const {
        address &= ~3u;
        const std::optional<uint32_t> unknown;
        if (address / 4 < design_.identity.size()) return design_.identity[address / 4];
        if (address == design_["STATUS"]) return status();
        if (address == design_["INFERENCES"]) return inferences;
        if (address == design_["ERRORS"]) return errors;
        if (address == design_["LATENCY"]) return latency;
        if (address == design_["INTERVAL"]) return interval;
        for (uint32_t unit = 0; unit < design_["SPIKING"]; ++unit) {
            if (address == design_["SPIKES_LAST"] + 4 * unit) return busy() ? unknown : last[unit];
            if (address == design_["SPIKES_TOTAL"] + 4 * unit) return busy() ? unknown : total[unit];
        }
        for (uint32_t stage = 0; stage < design_["STAGES"]; ++stage)
            if (address == design_["STAGE_CYCLES"] + 4 * stage) return entered_ == 0 ? 0 : unknown;
        return 0;
    }

private:
    const Case& design_;
    bool probing_;
    uint32_t first_ = 0;  // place of the coming sample's first beat
    uint64_t probe_start_ = 0, last_result_ = 0;
    uint32_t probe_number_ = 0, entered_ = 0;  // samples so far
};

}  // namespace chip
