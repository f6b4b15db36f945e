// Images of bytes as a net reads them: cropped, mirrored or not, less their mean, scaled, the channels innermost.

#include <cstdint>

namespace {

// A row of `width` pixels, read backwards if it is mirrored; x and mean hold the channels `plane` values apart. kChannels
// is 0 for any number of them: a number that the compiler knows takes less than two thirds of the time.
template <int64_t kChannels, bool kMirror>
void transform_row(int64_t some, int64_t plane, int64_t width, const uint8_t* __restrict x,
                   const float* __restrict mean, float scale, float* __restrict y) {
    const int64_t channels = kChannels ? kChannels : some;
    for (int64_t j = 0; j < width; j++)
        for (int64_t c = 0; c < channels; c++) {
            const int64_t at = c * plane + (kMirror ? width - 1 - j : j);
            y[j * channels + c] = (static_cast<float>(x[at]) - mean[at]) * scale;
        }
}

template <int64_t kChannels>
void transform(int64_t threads, int64_t count, int64_t channels, int64_t height, int64_t width, int64_t crop_height,
               int64_t crop_width, const uint8_t* x, const float* mean, float scale, const uint8_t* mirror,
               const int64_t* top, const int64_t* left, float* y) {
    const int64_t plane = height * width;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t n = 0; n < count; n++) {
        const auto row = mirror[n] ? transform_row<kChannels, true> : transform_row<kChannels, false>;
        for (int64_t i = 0; i < crop_height; i++) {
            const int64_t from = (top[n] + i) * width + left[n];
            row(channels, plane, crop_width, x + n * channels * plane + from, mean + from, scale,
                y + (n * crop_height + i) * crop_width * channels);
        }
    }
}

}  // namespace

// y = (x - mean) * scale over crops of `count` images x, (channels, height, width) each as is the mean. Image n's crop
// begins at row top[n] and column left[n]; where mirror[n] is not 0 it is flipped. y: (count, crop_height, crop_width,
// channels).
extern "C" void torchcaffe_transform_images(int64_t threads, int64_t count, int64_t channels, int64_t height,
                                            int64_t width, int64_t crop_height, int64_t crop_width, const uint8_t* x,
                                            const float* mean, float scale, const uint8_t* mirror, const int64_t* top,
                                            const int64_t* left, float* y) {
    (channels == 1 ? transform<1> : channels == 3 ? transform<3> : transform<0>)(
        threads, count, channels, height, width, crop_height, crop_width, x, mean, scale, mirror, top, left, y);
}
