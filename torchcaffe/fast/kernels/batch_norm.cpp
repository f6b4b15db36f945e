// BatchNorm, Scale, a sum and ReLU in one, forward and backward.
//
// Arrays are float32 images with the channels innermost in memory: `rows` = N H W pixels of `channels` values, a
// multiple of 16. Sums are taken in float32 over a chunk of pixels, and in float64 over the chunks, always in the same
// order: the result does not depend on the number of threads.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "lane.h"
#include "workspace.h"

namespace {

constexpr int64_t kChunk = 4096;  // Floats in a chunk: 16 KiB, which a core's first cache holds.
constexpr int64_t kChains = 4;    // Sums that grow side by side: an addition need not wait for the one before.

inline Lane total(const Lane (&chains)[kChains]) { return (chains[0] + chains[1]) + (chains[2] + chains[3]); }

// Pixels cut into chunks. `each` calls visit(index of the first value of a Lane of channels, chain) for every pixel of a
// chunk.
struct Chunks {
    int64_t rows, channels, chunk_rows, count;

    Chunks(int64_t rows, int64_t channels)
        : rows(rows), channels(channels), chunk_rows(std::max<int64_t>(kChains, kChunk / channels)),
          count((rows + chunk_rows - 1) / chunk_rows) {}

    int64_t size(int64_t chunk) const { return std::min(chunk_rows, rows - chunk * chunk_rows); }

    template <typename Visit>
    void each(int64_t chunk, int64_t channel, Visit visit) const {
        const int64_t size = this->size(chunk);
        int64_t at = chunk * chunk_rows * channels + channel, row = 0;
        for (; row + kChains <= size; row += kChains)
            for (int64_t chain = 0; chain < kChains; chain++, at += channels) visit(at, chain);
        for (; row < size; row++, at += channels) visit(at, 0);
    }
};

// Two numbers for each chunk and channel.
struct Partials {
    const Chunks& chunks;
    std::vector<double> first, second;

    explicit Partials(const Chunks& chunks)
        : chunks(chunks), first(chunks.count * chunks.channels), second(chunks.count * chunks.channels) {}

    void set(int64_t chunk, int64_t channel, Lane a, Lane b) {
        const int64_t at = chunk * chunks.channels + channel;
        for (int64_t i = 0; i < kWidth; i++) {
            first[at + i] = a[i];
            second[at + i] = b[i];
        }
    }
};

// The mean of each chunk, and the sum of squares around it.
void chunk_moments(const Chunks& chunks, int64_t chunk, const float* x, Partials& moments) {
    for (int64_t channel = 0; channel < chunks.channels; channel += kWidth) {
        Lane sums[kChains]{}, squares[kChains]{};
        chunks.each(chunk, channel, [&](int64_t at, int64_t chain) { sums[chain] += load(x + at); });
        const Lane mean = total(sums) / static_cast<float>(chunks.size(chunk));
        chunks.each(chunk, channel, [&](int64_t at, int64_t chain) {
            const Lane centred = load(x + at) - mean;
            squares[chain] += centred * centred;
        });
        moments.set(chunk, channel, mean, total(squares));
    }
}

// The mean and the sum of squares around it over all chunks (Chan, Golub and LeVeque 1979).
void merge_moments(const Chunks& chunks, const Partials& moments, std::vector<double>& mean,
                   std::vector<double>& squares) {
    for (int64_t chunk = 0; chunk < chunks.count; chunk++)
        for (int64_t c = 0; c < chunks.channels; c++)
            mean[c] += moments.first[chunk * chunks.channels + c] * chunks.size(chunk) / chunks.rows;
    for (int64_t chunk = 0; chunk < chunks.count; chunk++)
        for (int64_t c = 0; c < chunks.channels; c++) {
            const double away = moments.first[chunk * chunks.channels + c] - mean[c];
            squares[c] += moments.second[chunk * chunks.channels + c] + away * away * chunks.size(chunk);
        }
}

// What a forward pass saves for the backward pass, four rows of `channels`: mean, 1 / sqrt(var + eps), the factor
// scale / sqrt(var + eps) and the bias.
struct Saved {
    float *mean, *inverse_std, *factor, *bias;

    Saved(float* rows, int64_t channels)
        : mean(rows), inverse_std(rows + channels), factor(rows + 2 * channels), bias(rows + 3 * channels) {}
};

// factor (x - mean) + bias of a Lane of channels.
struct Normalised {
    Lane mean, factor, bias;

    Normalised(const Saved& saved, int64_t channel)
        : mean(load(saved.mean + channel)), factor(load(saved.factor + channel)), bias(load(saved.bias + channel)) {}

    Lane operator()(Lane centred) const { return centred * factor + bias; }
};

inline Lane where_positive(Lane gate, Lane value) { return gate > 0 ? value : Lane{}; }

void normalise(int64_t threads, int64_t rows, int64_t channels, const float* x, const float* scale, const float* bias,
               const float* addend, bool relu, float eps, float fraction, float* y, const Saved& saved,
               float* mean_statistic, float* variance_statistic) {
    const Chunks chunks(rows, channels);
    Partials moments(chunks);
    std::vector<double> mean(channels), squares(channels);
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(static)
        for (int64_t chunk = 0; chunk < chunks.count; chunk++) chunk_moments(chunks, chunk, x, moments);
#pragma omp single
        {
            merge_moments(chunks, moments, mean, squares);
            for (int64_t c = 0; c < channels; c++) {
                const double inverse_std = 1 / std::sqrt(squares[c] / rows + eps);
                const double unbiased = squares[c] / std::max<int64_t>(rows - 1, 1);
                saved.mean[c] = static_cast<float>(mean[c]);
                saved.inverse_std[c] = static_cast<float>(inverse_std);
                saved.factor[c] = static_cast<float>(scale[c] * inverse_std);
                saved.bias[c] = bias ? bias[c] : 0;
                mean_statistic[c] = fraction * mean_statistic[c] + static_cast<float>(mean[c]);
                variance_statistic[c] = fraction * variance_statistic[c] + static_cast<float>(unbiased);
            }
        }
#pragma omp for schedule(static)
        for (int64_t chunk = 0; chunk < chunks.count; chunk++)
            for (int64_t channel = 0; channel < channels; channel += kWidth) {
                const Normalised normalised(saved, channel);
                chunks.each(chunk, channel, [&](int64_t at, int64_t) {
                    Lane value = normalised(load(x + at) - normalised.mean);
                    if (addend) value += load(addend + at);
                    store(y + at, relu ? relu_of(value) : value);
                });
            }
    }
}

void gradients(int64_t threads, int64_t rows, int64_t channels, const float* x, const Saved& saved, const float* y,
               const float* d_y, const float* d_y_2, bool relu, float* d_sum, float* d_x, float* d_scale,
               float* d_bias) {
    const Chunks chunks(rows, channels);
    Partials sums(chunks);
    std::vector<double> plain_sums(channels), weighted_sums(channels);
    const auto diff_of_sum = [=](const Normalised& normalised, Lane centred, int64_t at) {
        Lane diff = load(d_y + at);
        if (d_y_2) diff += load(d_y_2 + at);
        return relu ? where_positive(y ? load(y + at) : normalised(centred), diff) : diff;
    };
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(static)
        for (int64_t chunk = 0; chunk < chunks.count; chunk++)
            for (int64_t channel = 0; channel < channels; channel += kWidth) {
                const Normalised normalised(saved, channel);
                Lane plain[kChains]{}, weighted[kChains]{};
                chunks.each(chunk, channel, [&](int64_t at, int64_t chain) {
                    const Lane centred = load(x + at) - normalised.mean;
                    const Lane diff = diff_of_sum(normalised, centred, at);
                    if (d_sum) store(d_sum + at, diff);
                    plain[chain] += diff;
                    weighted[chain] += diff * centred;
                });
                sums.set(chunk, channel, total(plain), total(weighted));
            }
#pragma omp single
        {
            for (int64_t chunk = 0; chunk < chunks.count; chunk++)
                for (int64_t c = 0; c < channels; c++) {
                    plain_sums[c] += sums.first[chunk * channels + c];
                    weighted_sums[c] += sums.second[chunk * channels + c];
                }
            for (int64_t c = 0; c < channels; c++) {
                d_bias[c] = static_cast<float>(plain_sums[c]);
                d_scale[c] = static_cast<float>(weighted_sums[c] * saved.inverse_std[c]);
            }
        }
#pragma omp for schedule(static)
        for (int64_t chunk = 0; chunk < chunks.count; chunk++)
            for (int64_t channel = 0; channel < channels; channel += kWidth) {
                const Normalised normalised(saved, channel);
                const Lane shift = load(d_bias + channel) / static_cast<float>(rows);
                const Lane slope = load(d_scale + channel) * load(saved.inverse_std + channel) / static_cast<float>(rows);
                chunks.each(chunk, channel, [&](int64_t at, int64_t) {
                    const Lane centred = load(x + at) - normalised.mean;
                    const Lane diff = d_sum ? load(d_sum + at) : diff_of_sum(normalised, centred, at);
                    store(d_x + at, normalised.factor * (diff - shift - centred * slope));
                });
            }
    }
}

}  // namespace

// y = relu(scale (x - mean) / sqrt(var + eps) + bias + addend), with mean and var of each channel of x; bias and addend
// may be null. The statistics are updated: each is multiplied by `fraction`, then mean, or the unbiased variance, is
// added. Writes to `saved` what backward needs. Returns 0 if there is not enough memory.
extern "C" int torchcaffe_batch_norm_forward(int64_t threads, int64_t rows, int64_t channels, const float* x,
                                             const float* scale, const float* bias, const float* addend, int relu,
                                             float eps, float fraction, float* y, float* saved_rows,
                                             float* mean_statistic, float* variance_statistic) {
    return done([=] {
        normalise(threads, rows, channels, x, scale, bias, addend, relu != 0, eps, fraction, y,
                  Saved(saved_rows, channels), mean_statistic, variance_statistic);
    });
}

// The gradients of x, of scale and of bias from that of y, which is d_y, plus d_y_2 where that is not null. With relu
// it passes where y > 0; if there was no addend, y may be null, and is computed anew. d_sum, if not null, receives the
// gradient of the addend. d_sum may be d_y; so may d_x if d_sum is null. Returns 0 if there is not enough memory.
extern "C" int torchcaffe_batch_norm_backward(int64_t threads, int64_t rows, int64_t channels, const float* x,
                                              float* saved_rows, const float* y, const float* d_y, const float* d_y_2,
                                              int relu, float* d_sum, float* d_x, float* d_scale, float* d_bias) {
    return done([=] {
        gradients(threads, rows, channels, x, Saved(saved_rows, channels), y, d_y, d_y_2, relu != 0, d_sum, d_x,
                  d_scale, d_bias);
    });
}
