#include "columns.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "simd.h"

namespace headrace {
namespace {

// What one block of rows takes at most: it is read twice and stays in the first cache in between.
constexpr std::int64_t kBlockBytes = 16 << 10;
// A row of a wide matrix is a block of its own.
std::int64_t rows_of_block(const ColumnShape& shape, std::size_t item) {
  const std::int64_t row_bytes = shape.channels * static_cast<std::int64_t>(item);
  return std::max<std::int64_t>(4, kBlockBytes / std::max<std::int64_t>(row_bytes, 1));
}

constexpr std::int64_t kBlocksWorthATask = 8;
constexpr int kTasksPerThread = 4;

bool valid(const ColumnShape& shape) { return shape.rows >= 0 && shape.channels >= 0; }

// The partial results of all blocks, two rows a block, made in parallel by
// make(first row, number of rows, where the two rows go).
template <typename T, typename Make>
std::vector<T> in_blocks(const ColumnShape& shape, const ParallelFor& parallel, Make make) {
  const std::int64_t size = rows_of_block(shape, sizeof(T));
  const std::int64_t blocks = (shape.rows + size - 1) / size;
  std::vector<T> parts(2 * blocks * shape.channels);
  const auto range = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      const std::int64_t first = block * size;
      make(first, std::min(size, shape.rows - first), parts.data() + 2 * block * shape.channels);
    }
  };
  const std::int64_t tasks = std::min<std::int64_t>(
      std::max<std::int64_t>(1, blocks / kBlocksWorthATask),
      static_cast<std::int64_t>(kTasksPerThread) * parallel.threads);
  if (parallel.threads <= 1 || tasks <= 1) {
    range(0, blocks);
  } else {
    parallel.run(static_cast<int>(tasks), [&](int task) {
      range(blocks * task / tasks, blocks * (task + 1) / tasks);
    });
  }
  return parts;
}

}  // namespace

template <typename T>
bool column_moments(const ColumnShape& shape, const T* x, T* result, const ParallelFor& parallel) {
  if (!valid(shape)) return false;
  const std::int64_t channels = shape.channels;
  if (shape.rows == 0) {
    std::fill(result, result + 2 * channels, std::numeric_limits<T>::quiet_NaN());
    return true;
  }
  const auto parts =
      in_blocks<T>(shape, parallel, [&](std::int64_t first, std::int64_t rows, T* part) {
        simd<T>().moments(x + first * channels, rows, channels, part, part + channels);
      });
  // Blocks are merged about the mean of all: no difference of large sums, so nothing cancels.
  const std::int64_t size = rows_of_block(shape, sizeof(T));
  std::vector<double> mean(channels), squares(channels);
  const auto each_block = [&](auto body) {
    for (std::int64_t first = 0, block = 0; first < shape.rows; first += size, ++block) {
      const T* part = parts.data() + 2 * block * channels;
      body(static_cast<double>(std::min(size, shape.rows - first)), part, part + channels);
    }
  };
  each_block([&](double rows, const T* part_mean, const T*) {
    for (std::int64_t c = 0; c < channels; ++c) mean[c] += rows * part_mean[c];
  });
  const double count = static_cast<double>(shape.rows);
  for (double& value : mean) value /= count;
  each_block([&](double rows, const T* part_mean, const T* part_squares) {
    for (std::int64_t c = 0; c < channels; ++c) {
      const double away = part_mean[c] - mean[c];
      squares[c] += part_squares[c] + rows * away * away;
    }
  });
  for (std::int64_t c = 0; c < channels; ++c) {
    result[c] = static_cast<T>(mean[c]);
    result[channels + c] = static_cast<T>(squares[c] / count);
  }
  return true;
}

template <typename T>
bool column_dots(const ColumnShape& shape, const T* dy, const T* x, const T* mean, T* result,
                 const ParallelFor& parallel) {
  if (!valid(shape)) return false;
  const std::int64_t channels = shape.channels;
  const auto parts =
      in_blocks<T>(shape, parallel, [&](std::int64_t first, std::int64_t rows, T* part) {
        simd<T>().dots(dy + first * channels, x + first * channels, mean, rows, channels, part,
                       part + channels);
      });
  std::vector<double> totals(2 * channels);
  for (std::size_t i = 0; i < parts.size(); ++i) totals[i % totals.size()] += parts[i];
  for (std::size_t i = 0; i < totals.size(); ++i) result[i] = static_cast<T>(totals[i]);
  return true;
}

#define HEADRACE_INSTANTIATE(T)                                                               \
  template bool column_moments<T>(const ColumnShape&, const T*, T*, const ParallelFor&);      \
  template bool column_dots<T>(const ColumnShape&, const T*, const T*, const T*, T*,          \
                               const ParallelFor&);
HEADRACE_INSTANTIATE(float)
HEADRACE_INSTANTIATE(double)
#undef HEADRACE_INSTANTIATE

}  // namespace headrace
