// hls::stream for C simulation with g++; Vitis HLS brings its own header of this name.
//
// Stricter than a queue: reading an empty stream (in hardware: a process that waits for ever) and
// destroying a stream that still holds data (in hardware: stale data in front of the next sample) end the
// simulation with a message that names the stream.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>

namespace hls {

template <class T>
class stream {
  public:
    explicit stream(const char* name = "without a name") : name_(name) {}
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    ~stream() {
        if (!queue_.empty()) fail("holds " + std::to_string(queue_.size()) + " words at the end");
    }

    bool empty() const { return queue_.empty(); }
    std::size_t size() const { return queue_.size(); }
    void write(const T& value) { queue_.push_back(value); }
    T read() {
        if (queue_.empty()) fail("read while empty");
        const T value = queue_.front();
        queue_.pop_front();
        return value;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        std::fprintf(stderr, "stream %s: %s\n", name_.c_str(), what.c_str());
        std::exit(EXIT_FAILURE);
    }

    std::string name_;
    std::deque<T> queue_;
};

}  // namespace hls
