// The transforms of Winograd's minimal filtering for windows of three, along one axis; see winograd.cpp.
//
// Of each tile of kTile pixels of the output, which begin kStep pixels of the input apart and kBefore before its first
// pixel, kPixels pixels of the input make kPoints points.
//
// Sources: Lavin and Gray, Fast algorithms for convolutional neural networks, 2016; for points other than theirs,
// Barabasz et al., Error analysis and improving the accuracy of Winograd convolution, 2020; for a stride of two, Yepez
// and Ko, Stride 2 1-D, 2-D, and 3-D Winograd for convolutional neural networks, 2020.

#pragma once

#include <cstdint>

#include "lane.h"

namespace {

// F(2x2, 3x3): polynomials by their values at 0, 1, -1 and infinity. It rounds as the definition does.
//
//     A' = 1 1  1  0   B' = 1  0 -1  0   G =  1    0   0
//          0 1 -1  1        0  1  1  0       1/2  1/2 1/2
//                           0 -1  1  0       1/2 -1/2 1/2
//                           0 -1  0  1        0    0   1
struct Small {
    static constexpr int64_t kTile = 2, kStep = 2, kBefore = 1, kPixels = 4, kPoints = 4;
    static constexpr int64_t kTiles = 48;  // In a strip, about. So below.

    // B' d.
    static void input_points(const Lane (&d)[kPixels], Lane (&to)[kPoints]) {
        to[0] = d[0] - d[2];
        to[1] = d[1] + d[2];
        to[2] = d[2] - d[1];
        to[3] = d[3] - d[1];
    }

    // A' m.
    static void output_pixels(const Lane (&m)[kPoints], Lane (&to)[kTile]) {
        to[0] = m[0] + m[1] + m[2];
        to[1] = m[1] - m[2] + m[3];
    }

    // G g.
    static void weight_points(const Lane (&g)[3], Lane (&to)[kPoints]) {
        const Lane even = (g[0] + g[2]) / 2, odd = g[1] / 2;
        to[0] = g[0];
        to[1] = even + odd;
        to[2] = even - odd;
        to[3] = g[2];
    }
};

// F(4x4, 3x3): polynomials by their values at 0, a, -a, b, -b and infinity, with a = 1/b and b the root of 2: half the
// rounding error of the usual 1 and 2, and twice that of the definition.
//
//     A' = 1   1    1   1   1  0   B' = 1   0  -5/2   0   1  0   G =   1     0    0
//          0   a   -a   b  -b  0        0 -2 a  -2    a   1  0       -2/3 -2a/3 -1/3
//          0  1/2  1/2  2   2  0        0  2 a  -2   -a   1  0       -2/3  2a/3 -1/3
//          0  a/2 -a/2  2b -2b 1        0 -b/2 -1/2   b   1  0        1/6   b/6  1/3
//                                       0  b/2 -1/2  -b   1  0        1/6  -b/6  1/3
//                                       0   1    0  -5/2  0  1         0     0    1
struct Large {
    static constexpr int64_t kTile = 4, kStep = 4, kBefore = 1, kPixels = 6, kPoints = 6, kTiles = 24;
    static constexpr float b = 1.41421356237f, a = b / 2;

    // B' d.
    static void input_points(const Lane (&d)[kPixels], Lane (&to)[kPoints]) {
        const Lane even = d[4] - 2 * d[2], odd = a * (d[3] - 2 * d[1]);
        const Lane even_2 = d[4] - 0.5f * d[2], odd_2 = b * (d[3] - 0.5f * d[1]);
        to[0] = d[0] - 2.5f * d[2] + d[4];
        to[1] = even + odd;
        to[2] = even - odd;
        to[3] = even_2 + odd_2;
        to[4] = even_2 - odd_2;
        to[5] = d[1] - 2.5f * d[3] + d[5];
    }

    // A' m.
    static void output_pixels(const Lane (&m)[kPoints], Lane (&to)[kTile]) {
        const Lane sum = m[1] + m[2], difference = a * (m[1] - m[2]);
        const Lane sum_2 = m[3] + m[4], difference_2 = b * (m[3] - m[4]);
        to[0] = m[0] + sum + sum_2;
        to[1] = difference + difference_2;
        to[2] = 0.5f * sum + 2 * sum_2;
        to[3] = 0.5f * difference + 2 * difference_2 + m[5];
    }

    // A d.
    static void gradient_points(const Lane (&d)[kTile], Lane (&to)[kPoints]) {
        const Lane even = d[0] + 0.5f * d[2], odd = a * (d[1] + 0.5f * d[3]);
        const Lane even_2 = d[0] + 2 * d[2], odd_2 = b * (d[1] + 2 * d[3]);
        to[0] = d[0];
        to[1] = even + odd;
        to[2] = even - odd;
        to[3] = even_2 + odd_2;
        to[4] = even_2 - odd_2;
        to[5] = d[3];
    }

    // G g.
    static void weight_points(const Lane (&g)[3], Lane (&to)[kPoints]) {
        const Lane even = (2 * g[0] + g[2]) / -3, odd = a * g[1] / -1.5f;
        const Lane even_2 = (g[0] + 2 * g[2]) / 6, odd_2 = b * g[1] / 6;
        to[0] = g[0];
        to[1] = even + odd;
        to[2] = even - odd;
        to[3] = even_2 + odd_2;
        to[4] = even_2 - odd_2;
        to[5] = g[2];
    }

    // G' m.
    static void weight_gradient(const Lane (&m)[kPoints], Lane (&to)[3]) {
        const Lane sum = (m[1] + m[2]) / -3, sum_2 = (m[3] + m[4]) / 6;
        to[0] = m[0] + 2 * sum + sum_2;
        to[1] = a * (m[1] - m[2]) / -1.5f + b * (m[3] - m[4]) / 6;
        to[2] = sum + 2 * sum_2 + m[5];
    }
};

// A stride of 2, by tiles of 2x2. What a window takes of even pixels is a filter of one weight, and of odd ones, the
// first of which is the border's, a filter of two, for which F(2, 2) has three multiplications instead of four: 25 for
// what takes 36.
// It rounds as the definition does.
//
//     A' = 1 1 0 1 0   B' = 1 0 -1 0 0   G = 1 0 0
//          0 1 1 0 1        0 0  1 0 0       1 0 1
//                           0 0 -1 0 1       0 0 1
//                           0 1  0 0 0       0 1 0
//                           0 0  0 1 0       0 1 0
struct Strided {
    static constexpr int64_t kTile = 2, kStep = 4, kBefore = 1, kPixels = 5, kPoints = 5, kTiles = 36;

    // B' d.
    static void input_points(const Lane (&d)[kPixels], Lane (&to)[kPoints]) {
        to[0] = d[0] - d[2];
        to[1] = d[2];
        to[2] = d[4] - d[2];
        to[3] = d[1];
        to[4] = d[3];
    }

    // A' m.
    static void output_pixels(const Lane (&m)[kPoints], Lane (&to)[kTile]) {
        to[0] = m[0] + m[1] + m[3];
        to[1] = m[1] + m[2] + m[4];
    }

    // A d.
    static void gradient_points(const Lane (&d)[kTile], Lane (&to)[kPoints]) {
        to[0] = to[3] = d[0];
        to[1] = d[0] + d[1];
        to[2] = to[4] = d[1];
    }

    // G g.
    static void weight_points(const Lane (&g)[3], Lane (&to)[kPoints]) {
        to[0] = g[0];
        to[1] = g[0] + g[2];
        to[2] = g[2];
        to[3] = to[4] = g[1];
    }

    // G' m.
    static void weight_gradient(const Lane (&m)[kPoints], Lane (&to)[3]) {
        to[0] = m[0] + m[1];
        to[1] = m[3] + m[4];
        to[2] = m[1] + m[2];
    }
};

// The gradient of what a convolution of stride 2 reads, from that of its output, with turned weights g: even pixels
// take the middle weight, odd ones a filter of the other two, by F(2, 2). The weights' points are Strided's.
//
//     A' = 0 0 0 1 0   B' = 1 -1 0   G = 1 0 0
//          1 1 0 0 0        0  1 0       1 0 1
//          0 0 0 0 1        0 -1 1       0 0 1
//          0 1 1 0 0        1  0 0       0 1 0
//                           0  1 0       0 1 0
struct StridedBack {
    static constexpr int64_t kTile = 4, kStep = 2, kBefore = 0, kPixels = 3, kPoints = 5, kTiles = 24;

    // B' d.
    static void input_points(const Lane (&d)[kPixels], Lane (&to)[kPoints]) {
        to[0] = d[0] - d[1];
        to[1] = to[4] = d[1];
        to[2] = d[2] - d[1];
        to[3] = d[0];
    }

    // A' m.
    static void output_pixels(const Lane (&m)[kPoints], Lane (&to)[kTile]) {
        to[0] = m[3];
        to[1] = m[0] + m[1];
        to[2] = m[4];
        to[3] = m[1] + m[2];
    }
};

}  // namespace
