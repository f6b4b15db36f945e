// Products of small matrices, whose blocks the processor's registers hold.

#pragma once

#include <cstdint>

#include "lane.h"

namespace {

// A block has so many rows and 1 or 2 Lanes: with 2, its sums take all registers that the factors leave. If blocks of
// one Lane are added to c, more rows save more reads than they cost.
template <int LANES, bool ADD>
constexpr int kRows = kWidth == 16 ? (LANES == 1 && ADD ? 16 : 12) : kWidth == 8 ? 6 : 8;

// a[r, k] lies at data[r row + k step].
struct Left {
    const float* data;
    int64_t row, step;

    Left from(int64_t r) const { return {data + r * row, row, step}; }
};

// DEPTH is that of an `a` whose rows lie one after the other, so that the compiler knows where each factor lies; or 0.
template <int ROWS, int LANES, bool ADD, int DEPTH>
inline void multiply_block(int64_t depth, Left a, const float* b, int64_t b_row, float* c, int64_t c_row) {
    const int64_t count = DEPTH ? DEPTH : depth, row = DEPTH ? DEPTH : a.row, step = DEPTH ? 1 : a.step;
    Lane sums[ROWS][LANES]{};
#pragma GCC unroll 4
    for (int64_t k = 0; k < count; k++) {
        Lane right[LANES];
        for (int l = 0; l < LANES; l++) right[l] = load(b + k * b_row + l * kWidth);
        for (int r = 0; r < ROWS; r++) {
            const float left = a.data[r * row + k * step];
            for (int l = 0; l < LANES; l++) sums[r][l] += left * right[l];
        }
    }
    for (int r = 0; r < ROWS; r++)
        for (int l = 0; l < LANES; l++) {
            float* to = c + r * c_row + l * kWidth;
            store(to, ADD ? load(to) + sums[r][l] : sums[r][l]);
        }
}

// A block of `rows` rows, which are at most ROWS.
template <int ROWS, int LANES, bool ADD, int DEPTH>
inline void multiply_rows(int64_t rows, int64_t depth, Left a, const float* b, int64_t b_row, float* c, int64_t c_row) {
    if (rows == ROWS) return multiply_block<ROWS, LANES, ADD, DEPTH>(depth, a, b, b_row, c, c_row);
    if constexpr (ROWS > 1) multiply_rows<ROWS - 1, LANES, ADD, DEPTH>(rows, depth, a, b, b_row, c, c_row);
}

template <int LANES, bool ADD, int DEPTH>
void multiply_lanes(int64_t rows, int64_t columns, int64_t depth, Left a, const float* b, float* c, int64_t c_row) {
    constexpr int kMost = kRows<LANES, ADD>;
    const int64_t blocks = (rows + kMost - 1) / kMost;
    for (int64_t column = 0; column < columns; column += LANES * kWidth)
        for (int64_t block = 0; block < blocks; block++) {
            const int64_t row = block * rows / blocks, end = (block + 1) * rows / blocks;
            multiply_rows<kMost, LANES, ADD, DEPTH>(end - row, depth, a.from(row), b + column, columns,
                                                    c + row * c_row + column, c_row);
        }
}

template <int LANES, bool ADD>
void multiply_depth(int64_t rows, int64_t columns, int64_t depth, Left a, const float* b, float* c, int64_t c_row) {
    if constexpr (!ADD) {  // What is added are sums over tiles, which take a by its columns.
        switch (a.step == 1 && a.row == depth ? depth : 0) {
            case 16: return multiply_lanes<LANES, ADD, 16>(rows, columns, depth, a, b, c, c_row);
            case 32: return multiply_lanes<LANES, ADD, 32>(rows, columns, depth, a, b, c, c_row);
            case 64: return multiply_lanes<LANES, ADD, 64>(rows, columns, depth, a, b, c, c_row);
        }
    }
    multiply_lanes<LANES, ADD, 0>(rows, columns, depth, a, b, c, c_row);
}

// c (rows x columns) = a (rows x depth) b (depth x columns), or c += a b. The rows of c lie c_row apart, those of b lie
// one after the other; columns are a multiple of 16.
template <bool ADD>
void multiply(int64_t rows, int64_t columns, int64_t depth, Left a, const float* b, float* c, int64_t c_row) {
    if (columns % (2 * kWidth) == 0)
        multiply_depth<2, ADD>(rows, columns, depth, a, b, c, c_row);
    else
        multiply_depth<1, ADD>(rows, columns, depth, a, b, c, c_row);
}

}  // namespace
