// 3x3 convolutions with a border of one zero, by Winograd's minimal filtering: stride 1 by F(2x2, 3x3), with 16
// multiplications instead of 36, or F(4x4, 3x3), with 36 instead of 144; stride 2 with 25 instead of 36.
//
// Images are float32 with the channels innermost in memory, (N, H, W, C), and the channels are a multiple of 16. The
// output is cut into tiles. A transform turns the input pixels of a tile into points; the points of the same number,
// over tiles and channels, are a matrix, which is multiplied by a matrix of weights; and another transform turns the
// products into the tile's output:
//
//     Y = A' [(G g G') * (B' d B)] A
//
// The gradient of the weights is computed alike: d_g = G' [(A d_y A') * (B' d B)] G. Tiles are processed in strips,
// whose points fit into a core's caches; while a strip is multiplied, the memory of the next one is fetched.

#include <omp.h>

#include <algorithm>
#include <cstdint>

#include "lane.h"
#include "matrix.h"
#include "tiling.h"
#include "winograd_filters.h"
#include "workspace.h"

namespace {

// points[p][tile][c] = (B' d B)[p] for the tiles of a strip; `columns` is scratch memory.
template <typename Filter>
void transform_input(const Tiling<Filter>& tiling, const Images& x, int64_t strip, float* columns, float* points) {
    constexpr int64_t kPixels = Filter::kPixels, kPoints = Filter::kPoints;
    const int64_t step = tiling.step(tiling.tiles(strip), x.channels);
    for (int64_t row = tiling.first(strip); row < tiling.last(strip); row++) {
        const int64_t image = row / tiling.down, top = row % tiling.down * Filter::kStep - Filter::kBefore;
        float* to_row = points + (row - tiling.first(strip)) * tiling.across * x.channels;
        for (int64_t c = 0; c < x.channels; c += kWidth) {
            const auto in = reinterpret_cast<Lane(*)[kPoints]>(columns);
            const float* base = x.pixels + (image * x.height + top) * x.row_floats() + c;
            const bool inside = top >= 0 && top + kPixels <= x.height;
            for (int64_t j = 0; j < tiling.span_across(); j++) {
                Lane column[kPixels]{};
                const int64_t at = j - Filter::kBefore;
                if (at >= 0 && at < x.width) {
                    const float* from = base + at * x.channels;
                    if (inside)
                        for (int64_t i = 0; i < kPixels; i++) column[i] = load(from + i * x.row_floats());
                    else
                        for (int64_t i = 0; i < kPixels; i++)
                            if (top + i >= 0 && top + i < x.height) column[i] = load(from + i * x.row_floats());
                }
                Filter::input_points(column, in[j]);
            }
            for (int64_t tile = 0; tile < tiling.across; tile++) {
                float* to = to_row + tile * x.channels + c;
                for (int64_t i = 0; i < kPoints; i++) {
                    Lane line[kPixels], out[kPoints];
                    for (int64_t j = 0; j < kPixels; j++) line[j] = in[Filter::kStep * tile + j][i];
                    Filter::input_points(line, out);
                    for (int64_t j = 0; j < kPoints; j++) store(to + (kPoints * i + j) * step, out[j]);
                }
            }
        }
    }
}

// points[p][tile][c] = (A d A')[p] of an output's gradient d.
template <typename Filter>
void transform_gradient(const Tiling<Filter>& tiling, const Images& d_y, int64_t strip, float* points) {
    constexpr int64_t kTile = Filter::kTile, kPoints = Filter::kPoints;
    const int64_t step = tiling.step(tiling.tiles(strip), d_y.channels);
    for (int64_t row = tiling.first(strip); row < tiling.last(strip); row++) {
        const int64_t image = row / tiling.down, top = row % tiling.down * kTile;
        for (int64_t tile = 0; tile < tiling.across; tile++) {
            float* to_tile = points + ((row - tiling.first(strip)) * tiling.across + tile) * d_y.channels;
            for (int64_t c = 0; c < d_y.channels; c += kWidth) {
                Lane columns[kTile][kPoints];
                for (int64_t j = 0; j < kTile; j++) {
                    Lane column[kTile];
                    for (int64_t i = 0; i < kTile; i++) column[i] = d_y.at(image, top + i, kTile * tile + j, c);
                    Filter::gradient_points(column, columns[j]);
                }
                for (int64_t i = 0; i < kPoints; i++) {
                    Lane line[kTile], out[kPoints];
                    for (int64_t j = 0; j < kTile; j++) line[j] = columns[j][i];
                    Filter::gradient_points(line, out);
                    for (int64_t j = 0; j < kPoints; j++) store(to_tile + c + (kPoints * i + j) * step, out[j]);
                }
            }
        }
    }
}

// What is done with a convolution's output: y = relu(conv + bias + addend), where relu, bias and addend are optional.
struct Output {
    float* y;
    const float *bias, *addend;
    bool relu;
};

// y = A' points A for the tiles of a strip.
template <typename Filter>
void transform_output(const Tiling<Filter>& tiling, const float* points, int64_t channels, int64_t strip,
                      const Output& output) {
    constexpr int64_t kTile = Filter::kTile, kPoints = Filter::kPoints;
    const int64_t step = tiling.step(tiling.tiles(strip), channels);
    for (int64_t row = tiling.first(strip); row < tiling.last(strip); row++) {
        const int64_t image = row / tiling.down, top = row % tiling.down * kTile;
        const int64_t height = std::min(kTile, tiling.height - top);
        for (int64_t tile = 0; tile < tiling.across; tile++) {
            const float* from_tile = points + ((row - tiling.first(strip)) * tiling.across + tile) * channels;
            const int64_t width = std::min(kTile, tiling.width - kTile * tile);
            const int64_t corner = ((image * tiling.height + top) * tiling.width + kTile * tile) * channels;
            for (int64_t c = 0; c < channels; c += kWidth) {
                Lane columns[kPoints][kTile];
                for (int64_t j = 0; j < kPoints; j++) {
                    Lane column[kPoints];
                    for (int64_t i = 0; i < kPoints; i++) column[i] = load(from_tile + c + (kPoints * i + j) * step);
                    Filter::output_pixels(column, columns[j]);
                }
                const Lane bias = output.bias ? load(output.bias + c) : Lane{};
                for (int64_t i = 0; i < height; i++) {
                    Lane line[kPoints], out[kTile];
                    for (int64_t j = 0; j < kPoints; j++) line[j] = columns[j][i];
                    Filter::output_pixels(line, out);
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

template <typename Filter>
void transform_weights(int64_t threads, int64_t outputs, int64_t inputs, const float* weight, bool turned,
                       float* points) {
    constexpr int64_t kPoints = Filter::kPoints;
    // Lanes run along the points' columns: the outputs, or if turned the inputs.
    const int64_t rows = turned ? outputs : inputs, columns = turned ? inputs : outputs;
    const int64_t row_step = turned ? 9 * inputs : 9, column_step = turned ? 9 : 9 * inputs;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t row = 0; row < rows; row++)
        for (int64_t column = 0; column < columns; column += kWidth) {
            const float* from = weight + row * row_step + column * column_step;
            Lane half[3][kPoints];
            for (int64_t b = 0; b < 3; b++) {
                Lane g[3]{};
                for (int64_t a = 0; a < 3; a++)
                    for (int64_t i = 0; i < kWidth; i++)
                        g[a][i] = from[i * column_step + (turned ? 8 - (3 * a + b) : 3 * a + b)];
                Filter::weight_points(g, half[b]);
            }
            for (int64_t k = 0; k < kPoints; k++) {
                const Lane line[3] = {half[0][k], half[1][k], half[2][k]};
                Lane out[kPoints];
                Filter::weight_points(line, out);
                for (int64_t l = 0; l < kPoints; l++)
                    store(points + ((kPoints * k + l) * rows + row) * columns + column, out[l]);
            }
        }
}

// x and y may differ in height and width, as the filter's stride has it.
template <typename Filter>
void convolve(int64_t threads, int64_t images, const Images& x, const Images& y, const float* weight_points,
              const Output& output) {
    constexpr int64_t kProducts = Filter::kPoints * Filter::kPoints;
    const int64_t inputs = x.channels, outputs = y.channels;
    const Tiling<Filter> tiling(images, y.height, y.width);
    const Workspace workspace(threads, tiling.points(inputs) + tiling.points(outputs) + tiling.columns());
#pragma omp parallel num_threads(threads)
    {
        float *points = workspace.of(omp_get_thread_num()), *products = points + tiling.points(inputs),
              *columns = products + tiling.points(outputs);
#pragma omp for schedule(static)
        for (int64_t strip = 0; strip < tiling.strips; strip++) {
            const int64_t tiles = tiling.tiles(strip);
            const int64_t step = tiling.step(tiles, inputs), product_step = tiling.step(tiles, outputs);
            const Ahead<Filter, false> next_x(tiling, x, Filter::kStep, strip + 1);
            const Ahead<Filter, true> this_y(tiling, y, Filter::kTile, strip);
            transform_input(tiling, x, strip, columns, points);
            for (int64_t p = 0; p < kProducts; p++) {
                next_x.fetch(p);
                this_y.fetch(p);
                multiply<false>(tiles, outputs, inputs, {points + p * step, inputs, 1},
                                weight_points + p * inputs * outputs, products + p * product_step, outputs);
            }
            transform_output(tiling, products, outputs, strip, output);
        }
    }
}

// Each thread sums over its part of the strips; of a wide layer, whose sums are large, there are fewer parts.
template <typename Filter>
void weight_gradient(int64_t threads, int64_t images, const Images& x, const Images& d_y, float* d_weight) {
    constexpr int64_t kPoints = Filter::kPoints, kProducts = kPoints * kPoints, kMostSums = 1 << 26;
    const int64_t inputs = x.channels, outputs = d_y.channels;
    const Tiling<Filter> tiling(images, d_y.height, d_y.width);
    const int64_t size = kProducts * inputs * outputs;
    const int64_t parts = std::min({threads, tiling.strips, std::max<int64_t>(1, kMostSums / size)});
    const Workspace sums(parts, size);
    const Workspace workspace(threads, tiling.points(inputs) + tiling.points(outputs) + tiling.columns());
#pragma omp parallel num_threads(threads)
    {
        float *points = workspace.of(omp_get_thread_num()), *d_points = points + tiling.points(inputs),
              *columns = d_points + tiling.points(outputs);
#pragma omp for schedule(static)
        for (int64_t part = 0; part < parts; part++) {
            std::fill_n(sums.of(part), size, 0.0f);
            for (int64_t strip = part * tiling.strips / parts; strip < (part + 1) * tiling.strips / parts; strip++) {
                const int64_t tiles = tiling.tiles(strip);
                const int64_t step = tiling.step(tiles, inputs), d_step = tiling.step(tiles, outputs);
                const Ahead<Filter, false> next_x(tiling, x, Filter::kStep, strip + 1);
                const Ahead<Filter, false> next_d_y(tiling, d_y, Filter::kTile, strip + 1);
                transform_input(tiling, x, strip, columns, points);
                transform_gradient(tiling, d_y, strip, d_points);
                for (int64_t p = 0; p < kProducts; p++) {
                    next_x.fetch(p);
                    next_d_y.fetch(p);
                    multiply<true>(inputs, outputs, tiles, {points + p * step, 1, inputs}, d_points + p * d_step,
                                   sums.of(part) + p * inputs * outputs, outputs);
                }
            }
        }
#pragma omp for schedule(static)
        for (int64_t i = 0; i < inputs; i++)
            for (int64_t o = 0; o < outputs; o += kWidth) {
                Lane half[kPoints][3];
                for (int64_t l = 0; l < kPoints; l++) {
                    Lane line[kPoints]{};
                    for (int64_t part = 0; part < parts; part++)
                        for (int64_t k = 0; k < kPoints; k++)
                            line[k] += load(sums.of(part) + ((kPoints * k + l) * inputs + i) * outputs + o);
                    Filter::weight_gradient(line, half[l]);
                }
                for (int64_t a = 0; a < 3; a++) {
                    Lane line[kPoints], out[3];
                    for (int64_t l = 0; l < kPoints; l++) line[l] = half[l][a];
                    Filter::weight_gradient(line, out);
                    for (int64_t b = 0; b < 3; b++)
                        for (int64_t j = 0; j < kWidth; j++)
                            d_weight[((o + j) * inputs + i) * 9 + 3 * a + b] = out[b][j];
                }
            }
    }
}

// The filters by their numbers in winograd.py.
enum : int64_t { kSmall, kLarge, kStrided, kStridedBack };

}  // namespace

// points[p][i][o] = (G g G')[p] of a convolution's weights g = weight[o][i], (O, I, 3, 3), for one of the filters.
// With `turned`, those that the gradient of its input takes: points[p][o][i], of g turned by 180 degrees.
extern "C" void torchcaffe_winograd_weights(int64_t threads, int64_t filter, int64_t outputs, int64_t inputs,
                                            const float* weight, int turned, float* points) {
    const auto transform = filter == kSmall ? transform_weights<Small>
                           : filter == kLarge ? transform_weights<Large>
                                              : transform_weights<Strided>;  // StridedBack's too.
    transform(threads, outputs, inputs, weight, turned != 0, points);
}

// y = relu(convolution of x with the weights of `weight_points` + bias + addend), by one of the filters; bias and
// addend may be null. Returns 0 if there is not enough memory.
extern "C" int torchcaffe_winograd_forward(int64_t threads, int64_t filter, int64_t images, int64_t height,
                                           int64_t width, int64_t inputs, int64_t y_height, int64_t y_width,
                                           int64_t outputs, const float* x, const float* weight_points,
                                           const float* bias, const float* addend, int relu, float* y) {
    const auto convolution = filter == kSmall ? convolve<Small>
                             : filter == kLarge ? convolve<Large>
                             : filter == kStrided ? convolve<Strided>
                                                  : convolve<StridedBack>;
    return done([=] {
        convolution(threads, images, {x, height, width, inputs}, {y, y_height, y_width, outputs}, weight_points,
                    {y, bias, addend, relu != 0});
    });
}

// d_weight (O, I, 3, 3): the gradient of the weights from x and the gradient of the output, by one of the filters.
// Returns 0 if there is not enough memory.
extern "C" int torchcaffe_winograd_weight_gradient(int64_t threads, int64_t filter, int64_t images, int64_t height,
                                                   int64_t width, int64_t inputs, int64_t y_height, int64_t y_width,
                                                   int64_t outputs, const float* x, const float* d_y,
                                                   float* d_weight) {
    const auto gradient = filter == kStrided ? weight_gradient<Strided> : weight_gradient<Large>;
    return done([=] {
        gradient(threads, images, {x, height, width, inputs}, {d_y, y_height, y_width, outputs}, d_weight);
    });
}
