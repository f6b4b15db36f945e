// A Lane: the floats that one instruction processes, as many as a register of the processor holds.

#pragma once

#include <cstdint>

#if defined(__AVX512F__)
#define TORCHCAFFE_LANE_FLOATS 16
#elif defined(__AVX__)
#define TORCHCAFFE_LANE_FLOATS 8
#else
#define TORCHCAFFE_LANE_FLOATS 4
#endif

namespace {

constexpr int64_t kWidth = TORCHCAFFE_LANE_FLOATS;  // A wider Lane would be taken apart in memory, at half the speed.

typedef float Lane __attribute__((vector_size(TORCHCAFFE_LANE_FLOATS * sizeof(float))));
typedef float LaneAnywhere
    __attribute__((vector_size(TORCHCAFFE_LANE_FLOATS * sizeof(float)), aligned(4), may_alias));

inline Lane load(const float* from) { return *reinterpret_cast<const LaneAnywhere*>(from); }

inline void store(float* to, Lane value) { *reinterpret_cast<LaneAnywhere*>(to) = value; }

// NaN stays NaN.
inline Lane relu_of(Lane value) { return value <= 0 ? Lane{} : value; }

}  // namespace
