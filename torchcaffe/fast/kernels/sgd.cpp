// The update of SGD with momentum for all params in one pass.

#include <cstdint>

// For each of `count` params of sizes[i] values: g = share diff + decay data, history = momentum history + rate g,
// data -= history, diff = history.
extern "C" void torchcaffe_sgd_update(int64_t threads, int64_t count, const int64_t* sizes, float* const* data,
                                      float* const* diff, float* const* history, float share, float decay,
                                      float momentum, float rate) {
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t i = 0; i < count; i++) {
        float *w = data[i], *d = diff[i], *h = history[i];
#pragma omp simd
        for (int64_t j = 0; j < sizes[i]; j++) {
            const float gradient = share * d[j] + decay * w[j];
            h[j] = momentum * h[j] + rate * gradient;
            d[j] = h[j];
            w[j] -= h[j];
        }
    }
}
