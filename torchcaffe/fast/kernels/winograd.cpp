// 3x3 convolutions of stride 1 with a border of one zero, by Winograd's minimal filtering F(4x4, 3x3): 36
// multiplications for what takes 144.
//
// Images are float32 with the channels innermost in memory, (N, H, W, C), and the channels are a multiple of 16. They
// are cut into tiles of 4x4 pixels of the output. Of the 6x6 pixels of the input that a tile is made of, a transform
// makes 36 points; the points of one number are, over tiles and channels, a matrix, which is multiplied by a matrix of
// weights; and of the 36 products a transform makes the tile's output:
//
//     Y = A' [(G g G') * (B' d B)] A,   A' = 1  1  1  1  1  0   B' = 4  0 -5  0  1  0   G = 1/4    0    0
//                                            0  1 -1  2 -2  0        0 -4 -4  1  1  0      -1/6 -1/6 -1/6
//                                            0  1  1  4  4  0        0  4 -4 -1  1  0      -1/6  1/6 -1/6
//                                            0  1 -1  8 -8  1        0 -2 -1  2  1  0      1/24 1/12  1/6
//                                                                    0  2 -1 -2  1  0      1/24 -1/12 1/6
//                                                                    0  4  0 -5  0  1         0    0    1
//
// The gradient of the weights goes the same way back: d_g = G' [(A d_y A') * (B' d B)] G. Tiles are taken in strips,
// whose points a core's caches hold. Source: Lavin and Gray, Fast algorithms for convolutional neural networks, 2016.

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lane.h"
#include "matrix.h"

namespace {

constexpr int64_t kTile = 4, kSpan = 6, kPoints = kSpan * kSpan;
constexpr int64_t kTiles = 24;  // In a strip, about.

int64_t up(int64_t number, int64_t by) { return (number + by - 1) / by; }

// B' d.
inline void input_points(const Lane (&d)[kSpan], Lane (&to)[kSpan]) {
    const Lane even = d[4] - 4 * d[2], odd = d[3] - 4 * d[1], near = d[4] - d[2], far = 2 * (d[3] - d[1]);
    to[0] = 4 * d[0] - 5 * d[2] + d[4];
    to[1] = even + odd;
    to[2] = even - odd;
    to[3] = near + far;
    to[4] = near - far;
    to[5] = 4 * d[1] - 5 * d[3] + d[5];
}

// A' m.
inline void output_pixels(const Lane (&m)[kSpan], Lane (&to)[kTile]) {
    const Lane sum = m[1] + m[2], difference = m[1] - m[2], sum_2 = m[3] + m[4], difference_2 = m[3] - m[4];
    to[0] = m[0] + sum + sum_2;
    to[1] = difference + 2 * difference_2;
    to[2] = sum + 4 * sum_2;
    to[3] = difference + 8 * difference_2 + m[5];
}

// A d.
inline void gradient_points(const Lane (&d)[kTile], Lane (&to)[kSpan]) {
    const Lane even = d[0] + d[2], odd = d[1] + d[3], even_2 = d[0] + 4 * d[2], odd_2 = 2 * d[1] + 8 * d[3];
    to[0] = d[0];
    to[1] = even + odd;
    to[2] = even - odd;
    to[3] = even_2 + odd_2;
    to[4] = even_2 - odd_2;
    to[5] = d[3];
}

// G g.
inline void weight_points(const Lane (&g)[3], Lane (&to)[kSpan]) {
    const Lane even = g[0] + g[2], even_2 = g[0] + 4 * g[2], odd_2 = 2 * g[1];
    to[0] = g[0] / 4;
    to[1] = (even + g[1]) / -6;
    to[2] = (even - g[1]) / -6;
    to[3] = (even_2 + odd_2) / 24;
    to[4] = (even_2 - odd_2) / 24;
    to[5] = g[2];
}

// G' m.
inline void weight_gradient(const Lane (&m)[kSpan], Lane (&to)[3]) {
    const Lane sum = (m[1] + m[2]) / 6, sum_2 = (m[3] + m[4]) / 24;
    to[0] = m[0] / 4 - sum + sum_2;
    to[1] = (m[2] - m[1]) / 6 + (m[3] - m[4]) / 12;
    to[2] = 4 * sum_2 - sum + m[5];
}

// How images are cut into rows of tiles, and these into strips.
struct Tiling {
    int64_t height, width, down, across, rows, strip_rows, strips;

    Tiling(int64_t images, int64_t height, int64_t width)
        : height(height), width(width), down(up(height, kTile)), across(up(width, kTile)), rows(images * down),
          strip_rows(std::max<int64_t>(1, kTiles / across)), strips(up(rows, strip_rows)) {}

    int64_t first(int64_t strip) const { return strip * strip_rows; }
    int64_t last(int64_t strip) const { return std::min(rows, first(strip) + strip_rows); }
    int64_t most_tiles() const { return strip_rows * across; }
    int64_t tiles(int64_t strip) const { return (last(strip) - first(strip)) * across; }
};

// Images of `channels` channels; what lies outside of them is zero.
struct Images {
    const float* pixels;
    int64_t height, width, channels;

    Lane at(int64_t image, int64_t row, int64_t column, int64_t channel) const {
        if (row < 0 || row >= height || column < 0 || column >= width) return Lane{};
        return load(pixels + ((image * height + row) * width + column) * channels + channel);
    }
};

// points[p][tile][c] = (B' d B)[p] for the tiles of a strip.
void transform_input(const Tiling& tiling, const Images& x, int64_t strip, std::vector<Lane>& columns, float* points) {
    const int64_t step = tiling.tiles(strip) * x.channels;
    const int64_t row_floats = x.width * x.channels;
    for (int64_t row = tiling.first(strip); row < tiling.last(strip); row++) {
        const int64_t image = row / tiling.down, top = row % tiling.down * kTile - 1;
        float* to_row = points + (row - tiling.first(strip)) * tiling.across * x.channels;
        for (int64_t c = 0; c < x.channels; c += kWidth) {
            const auto in = reinterpret_cast<Lane(*)[kSpan]>(columns.data());
            const float* base = x.pixels + (image * x.height + top) * row_floats + c;
            const bool inside = top >= 0 && top + kSpan <= x.height;
            for (int64_t j = 0; j < kTile * tiling.across + 2; j++) {
                Lane column[kSpan]{};
                const int64_t at = j - 1;
                if (at >= 0 && at < x.width) {
                    const float* from = base + at * x.channels;
                    if (inside)
                        for (int64_t i = 0; i < kSpan; i++) column[i] = load(from + i * row_floats);
                    else
                        for (int64_t i = 0; i < kSpan; i++)
                            if (top + i >= 0 && top + i < x.height) column[i] = load(from + i * row_floats);
                }
                input_points(column, in[j]);
            }
            for (int64_t tile = 0; tile < tiling.across; tile++) {
                float* to = to_row + tile * x.channels + c;
                for (int64_t i = 0; i < kSpan; i++) {
                    Lane line[kSpan], out[kSpan];
                    for (int64_t j = 0; j < kSpan; j++) line[j] = in[kTile * tile + j][i];
                    input_points(line, out);
                    for (int64_t j = 0; j < kSpan; j++) store(to + (kSpan * i + j) * step, out[j]);
                }
            }
        }
    }
}

// points[p][tile][c] = (A d A')[p] of an output's gradient d.
void transform_gradient(const Tiling& tiling, const Images& d_y, int64_t strip, float* points) {
    const int64_t step = tiling.tiles(strip) * d_y.channels;
    for (int64_t row = tiling.first(strip); row < tiling.last(strip); row++) {
        const int64_t image = row / tiling.down, top = row % tiling.down * kTile;
        for (int64_t tile = 0; tile < tiling.across; tile++) {
            float* to_tile = points + ((row - tiling.first(strip)) * tiling.across + tile) * d_y.channels;
            for (int64_t c = 0; c < d_y.channels; c += kWidth) {
                Lane columns[kTile][kSpan];
                for (int64_t j = 0; j < kTile; j++) {
                    Lane column[kTile];
                    for (int64_t i = 0; i < kTile; i++) column[i] = d_y.at(image, top + i, kTile * tile + j, c);
                    gradient_points(column, columns[j]);
                }
                for (int64_t i = 0; i < kSpan; i++) {
                    Lane line[kTile], out[kSpan];
                    for (int64_t j = 0; j < kTile; j++) line[j] = columns[j][i];
                    gradient_points(line, out);
                    for (int64_t j = 0; j < kSpan; j++) store(to_tile + c + (kSpan * i + j) * step, out[j]);
                }
            }
        }
    }
}

// What becomes of a convolution's output: y = relu(conv + bias + addend); any may be missing.
struct Output {
    float* y;
    const float *bias, *addend;
    bool relu;
};

// y = A' points A for the tiles of a strip.
void transform_output(const Tiling& tiling, const float* points, int64_t channels, int64_t strip, const Output& output) {
    const int64_t step = tiling.tiles(strip) * channels;
    for (int64_t row = tiling.first(strip); row < tiling.last(strip); row++) {
        const int64_t image = row / tiling.down, top = row % tiling.down * kTile;
        const int64_t height = std::min(kTile, tiling.height - top);
        for (int64_t tile = 0; tile < tiling.across; tile++) {
            const float* from_tile = points + ((row - tiling.first(strip)) * tiling.across + tile) * channels;
            const int64_t width = std::min(kTile, tiling.width - kTile * tile);
            const int64_t corner = ((image * tiling.height + top) * tiling.width + kTile * tile) * channels;
            for (int64_t c = 0; c < channels; c += kWidth) {
                Lane columns[kSpan][kTile];
                for (int64_t j = 0; j < kSpan; j++) {
                    Lane column[kSpan];
                    for (int64_t i = 0; i < kSpan; i++) column[i] = load(from_tile + c + (kSpan * i + j) * step);
                    output_pixels(column, columns[j]);
                }
                const Lane bias = output.bias ? load(output.bias + c) : Lane{};
                for (int64_t i = 0; i < height; i++) {
                    Lane line[kSpan], out[kTile];
                    for (int64_t j = 0; j < kSpan; j++) line[j] = columns[j][i];
                    output_pixels(line, out);
                    for (int64_t j = 0; j < width; j++) {
                        const int64_t at = corner + (i * tiling.width + j) * channels + c;
                        Lane value = out[j] + bias;
                        if (output.addend) value += load(output.addend + at);
                        store(output.y + at, output.relu ? relu_of(value) : value);
                    }
                }
            }
        }
    }
}

}  // namespace

// points[p][i][o] = (G g G')[p] of a convolution's weights g = weight[o][i], (O, I, 3, 3). With `turned`, those that the
// gradient of its input takes: points[p][o][i], of g turned by 180 degrees.
extern "C" void torchcaffe_winograd_weights(int64_t outputs, int64_t inputs, const float* weight, int turned,
                                            float* points) {
    // Lanes go along the points' columns, which are the outputs, or the inputs where it is turned.
    const int64_t rows = turned ? outputs : inputs, columns = turned ? inputs : outputs;
    const int64_t row_step = turned ? 9 * inputs : 9, column_step = turned ? 9 : 9 * inputs;
#pragma omp parallel for schedule(static)
    for (int64_t row = 0; row < rows; row++)
        for (int64_t column = 0; column < columns; column += kWidth) {
            const float* from = weight + row * row_step + column * column_step;
            Lane half[3][kSpan];
            for (int64_t b = 0; b < 3; b++) {
                Lane g[3];
                for (int64_t a = 0; a < 3; a++)
                    for (int64_t i = 0; i < kWidth; i++)
                        g[a][i] = from[i * column_step + (turned ? 8 - (3 * a + b) : 3 * a + b)];
                weight_points(g, half[b]);
            }
            for (int64_t k = 0; k < kSpan; k++) {
                const Lane line[3] = {half[0][k], half[1][k], half[2][k]};
                Lane out[kSpan];
                weight_points(line, out);
                for (int64_t l = 0; l < kSpan; l++)
                    store(points + ((kSpan * k + l) * rows + row) * columns + column, out[l]);
            }
        }
}

// y = relu(convolution of x with the weights of `weight_points` + bias + addend); bias and addend may be null.
extern "C" void torchcaffe_winograd_forward(int64_t images, int64_t height, int64_t width, int64_t inputs,
                                            int64_t outputs, const float* x, const float* weight_points,
                                            const float* bias, const float* addend, int relu, float* y) {
    const Tiling tiling(images, height, width);
    const Images in{x, height, width, inputs};
    const Output output{y, bias, addend, relu != 0};
#pragma omp parallel
    {
        std::vector<float> points(kPoints * tiling.most_tiles() * inputs), products(kPoints * tiling.most_tiles() * outputs);
        std::vector<Lane> columns((kTile * tiling.across + 2) * kSpan);
#pragma omp for schedule(static)
        for (int64_t strip = 0; strip < tiling.strips; strip++) {
            const int64_t tiles = tiling.tiles(strip);
            transform_input(tiling, in, strip, columns, points.data());
            for (int64_t p = 0; p < kPoints; p++)
                multiply<false>(tiles, outputs, inputs, {points.data() + p * tiles * inputs, inputs, 1},
                                weight_points + p * inputs * outputs, products.data() + p * tiles * outputs, outputs);
            transform_output(tiling, products.data(), outputs, strip, output);
        }
    }
}

// d_weight (O, I, 3, 3): the gradient of the weights from the input x and the gradient of the output.
extern "C" void torchcaffe_winograd_weight_gradient(int64_t images, int64_t height, int64_t width, int64_t inputs,
                                                    int64_t outputs, const float* x, const float* d_y,
                                                    float* d_weight) {
    const Tiling tiling(images, height, width);
    const Images in{x, height, width, inputs}, out{d_y, height, width, outputs};
    const int64_t parts = std::min<int64_t>(omp_get_max_threads(), tiling.strips), size = kPoints * inputs * outputs;
    std::vector<float> sums(parts * size);
#pragma omp parallel
    {
        std::vector<float> points(kPoints * tiling.most_tiles() * inputs),
            d_points(kPoints * tiling.most_tiles() * outputs);
        std::vector<Lane> columns((kTile * tiling.across + 2) * kSpan);
#pragma omp for schedule(static)
        for (int64_t part = 0; part < parts; part++)
            for (int64_t strip = part * tiling.strips / parts; strip < (part + 1) * tiling.strips / parts; strip++) {
                const int64_t tiles = tiling.tiles(strip);
                transform_input(tiling, in, strip, columns, points.data());
                transform_gradient(tiling, out, strip, d_points.data());
                for (int64_t p = 0; p < kPoints; p++)
                    multiply<true>(inputs, outputs, tiles, {points.data() + p * tiles * inputs, 1, inputs},
                                   d_points.data() + p * tiles * outputs,
                                   sums.data() + part * size + p * inputs * outputs, outputs);
            }
#pragma omp for schedule(static)
        for (int64_t i = 0; i < inputs; i++)
            for (int64_t o = 0; o < outputs; o += kWidth) {
                Lane half[kSpan][3];
                for (int64_t l = 0; l < kSpan; l++) {
                    Lane line[kSpan]{};
                    for (int64_t part = 0; part < parts; part++)
                        for (int64_t k = 0; k < kSpan; k++)
                            line[k] += load(sums.data() + part * size + ((kSpan * k + l) * inputs + i) * outputs + o);
                    weight_gradient(line, half[l]);
                }
                for (int64_t a = 0; a < 3; a++) {
                    Lane line[kSpan], out[3];
                    for (int64_t l = 0; l < kSpan; l++) line[l] = half[l][a];
                    weight_gradient(line, out);
                    for (int64_t b = 0; b < 3; b++)
                        for (int64_t j = 0; j < kWidth; j++)
                            d_weight[((o + j) * inputs + i) * 9 + 3 * a + b] = out[b][j];
                }
            }
    }
}
