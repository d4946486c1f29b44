// Reductions over rows; see lanes.h for the rules of files like this one.
#ifndef HEADRACE_NATIVE_COLUMN_KERNELS_H_
#define HEADRACE_NATIVE_COLUMN_KERNELS_H_

#include "lanes.h"

namespace headrace {
namespace {

constexpr int64_t kManyRows = 64;

// Adds up term(row) over all rows into `total`. Four sums at once hide the latency of an addition; a
// few rows are added up in their order, which rounds as TensorFlow does.
template <typename L, typename Term>
inline __attribute__((always_inline)) void sum_rows(int64_t rows, L& total, Term term) {
  L sums[4] = {L{}, L{}, L{}, L{}};
  int64_t row = 0;
  for (; rows >= kManyRows && row + 4 <= rows; row += 4) {
    for (int i = 0; i < 4; ++i) sums[i] += term(row + i);
  }
  for (; row < rows; ++row) sums[0] += term(row);
  total = (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

template <typename T>
void moments(const T* x, int64_t rows, int64_t channels, T* mean, T* squares) {
  const T count = static_cast<T>(rows);
  each_channel<T>(channels, [&](auto lanes, int64_t c) {
    using L = decltype(lanes);
    const auto value = [&](int64_t row) {
      L here;
      load(here, x + row * channels + c);
      return here;
    };
    L centre, total;
    sum_rows(rows, centre, value);
    centre /= count;
    sum_rows(rows, total, [&](int64_t row) {
      const L away = value(row) - centre;
      return away * away;
    });
    store(mean + c, centre);
    store(squares + c, total);
  });
}

template <typename T>
void dots(const T* dy, const T* x, const T* mean, int64_t rows, int64_t channels, T* sum, T* dot) {
  each_channel<T>(channels, [&](auto lanes, int64_t c) {
    using L = decltype(lanes);
    const auto value = [&](const T* from, int64_t row) {
      L here;
      load(here, from + row * channels + c);
      return here;
    };
    L centre, total;
    load(centre, mean + c);
    sum_rows(rows, total, [&](int64_t row) { return value(dy, row); });
    store(sum + c, total);
    sum_rows(rows, total, [&](int64_t row) { return value(dy, row) * (value(x, row) - centre); });
    store(dot + c, total);
  });
}

}  // namespace
}  // namespace headrace

#endif  // HEADRACE_NATIVE_COLUMN_KERNELS_H_
