// Scratch memory of a kernel.

#pragma once

#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

constexpr int64_t kLine = 64;  // Bytes in a line of the caches: a Lane that lies across two takes two loads.

// Uninitialized memory: `floats` for each thread, each share aligned to a cache line. Throws std::bad_alloc.
class Workspace {
  public:
    Workspace(int64_t threads, int64_t floats)
        : share_((floats * 4 + kLine - 1) / kLine * (kLine / 4)),
          data_(static_cast<float*>(std::aligned_alloc(kLine, threads * share_ * 4))) {
        if (!data_) throw std::bad_alloc();
    }
    Workspace(const Workspace&) = delete;
    ~Workspace() { std::free(data_); }

    float* of(int64_t thread) const { return data_ + thread * share_; }

  private:
    int64_t share_;
    float* data_;
};

// Does a kernel's work; returns 1, or 0 if there is not enough memory. No exception may leave a kernel or a parallel
// region, so memory is allocated before the latter.
template <typename Work>
int done(Work work) {
    try {
        work();
        return 1;
    } catch (const std::bad_alloc&) {
        return 0;
    }
}

}  // namespace
