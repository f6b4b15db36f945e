// How winograd.cpp cuts images into tiles, and these into strips.

#pragma once

#include <algorithm>
#include <cstdint>

#include "lane.h"
#include "workspace.h"

namespace {

int64_t up(int64_t number, int64_t by) { return (number + by - 1) / by; }

// Images of `channels` channels; what lies outside of them is zero.
struct Images {
    const float* pixels;
    int64_t height, width, channels;

    int64_t row_floats() const { return width * channels; }
    Lane at(int64_t image, int64_t row, int64_t column, int64_t channel) const {
        if (row < 0 || row >= height || column < 0 || column >= width) return Lane{};
        return load(pixels + ((image * height + row) * width + column) * channels + channel);
    }
};

// Rows of tiles of a filter's size, and strips of such rows.
template <typename Filter>
struct Tiling {
    int64_t height, width, down, across, rows, strip_rows, strips;

    // The height and width are those of the output.
    Tiling(int64_t images, int64_t height, int64_t width)
        : height(height), width(width), down(up(height, Filter::kTile)), across(up(width, Filter::kTile)),
          rows(images * down), strip_rows(std::max<int64_t>(1, Filter::kTiles / across)),
          strips(up(rows, strip_rows)) {}

    int64_t first(int64_t strip) const { return std::min(rows, strip * strip_rows); }
    int64_t last(int64_t strip) const { return first(strip + 1); }
    int64_t tiles(int64_t strip) const { return (last(strip) - first(strip)) * across; }
    int64_t span_across() const { return Filter::kStep * (across - 1) + Filter::kPixels; }
    int64_t most_tiles() const { return strip_rows * across; }
    // The distance from one point's matrix to the next, in floats: a cache line more than needed, so that a tile's
    // points do not all fall into the same few cache sets.
    int64_t step(int64_t tiles, int64_t channels) const { return tiles * channels + kLine / 4; }
    // Floats that the points of a strip's tiles take for so many channels, and the columns of its input.
    int64_t points(int64_t channels) const {
        return Filter::kPoints * Filter::kPoints * step(most_tiles(), channels);
    }
    int64_t columns() const { return span_across() * Filter::kPoints * kWidth; }
};

// The part of some images that belongs to a strip, whose tiles begin `step` rows apart, fetched into a core's caches
// bit by bit while something else is done.
template <typename Filter, bool WRITTEN>
class Ahead {
  public:
    Ahead(const Tiling<Filter>& tiling, const Images& images, int64_t step, int64_t strip)
        : begin_(start(tiling, images, step, tiling.first(strip))),
          lines_(up(start(tiling, images, step, tiling.last(strip)) - begin_, kFloats)) {}

    // One of as many parts as there are products.
    void fetch(int64_t part) const {
        constexpr int64_t kParts = Filter::kPoints * Filter::kPoints;
        for (int64_t line = part * lines_ / kParts; line < (part + 1) * lines_ / kParts; line++)
            __builtin_prefetch(begin_ + line * kFloats, WRITTEN, 2);
    }

  private:
    static constexpr int64_t kFloats = kLine / 4;
    const float* begin_;
    int64_t lines_;

    static const float* start(const Tiling<Filter>& tiling, const Images& images, int64_t step, int64_t row) {
        const int64_t pixel_row = row / tiling.down * images.height + row % tiling.down * step;
        return images.pixels + pixel_row * images.row_floats();
    }
};

}  // namespace
