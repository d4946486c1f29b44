#include "rows.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "simd.h"

namespace headrace {
namespace {

// Less is not worth another thread: waking it takes as long as moving this many bytes.
constexpr std::int64_t kTaskBytes = 128 << 10;
// Tasks that share a vector of indices each look at all of it.
constexpr std::int64_t kAddingBytes = 1 << 20;

// Cuts [0, n) into ranges of about equal length, one a task, at most one a thread.
void in_ranges(std::int64_t n, std::int64_t tasks, const ParallelFor& parallel,
               const std::function<void(std::int64_t, std::int64_t)>& task) {
  tasks = std::max<std::int64_t>(1, std::min({tasks, std::int64_t{parallel.threads}, n}));
  const auto one = [&](int i) { task(n * i / tasks, n * (i + 1) / tasks); };
  if (tasks == 1) {
    one(0);
  } else {
    parallel.run(static_cast<int>(tasks), one);
  }
}

template <typename T>
void add(std::int64_t size, T* sum, const T* row) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < size; ++i) sum[i] += row[i];
}

// Asks for a row some rows before its turn: they lie anywhere in a table larger than the caches.
constexpr std::int64_t kAhead = 8;
constexpr std::int64_t kLine = 64;

template <bool write>
void fetch(const void* row, std::int64_t bytes) {
  for (std::int64_t at = 0; at < bytes; at += kLine) {
    __builtin_prefetch(static_cast<const char*>(row) + at, write);
  }
}

// Spreads the bits of an index over a table of 2^(64 - shift) places.
inline std::size_t place_of(std::uint64_t x, int shift) {
  return static_cast<std::size_t>((x * 0x9E3779B97F4A7C15u) >> shift);
}

}  // namespace

template <typename I>
void take_rows(std::int64_t height, std::int64_t size, const void* table, std::int64_t n,
               const I* at, void* out, const ParallelFor& parallel) {
  const char* from = static_cast<const char*>(table);
  char* to = static_cast<char*>(out);
  in_ranges(n, n * size / kTaskBytes, parallel, [&](std::int64_t begin, std::int64_t end) {
    const auto row = [&](std::int64_t i) {
      return from + size * std::min<std::int64_t>(std::max<std::int64_t>(at[i], 0), height - 1);
    };
    for (std::int64_t i = begin; i < end; ++i) {
      if (i + kAhead < end) fetch<false>(row(i + kAhead), size);
      std::memcpy(to + i * size, row(i), size);
    }
  });
}

template <typename I>
void put_rows(std::int64_t height, std::int64_t size, void* table, std::int64_t n, const I* at,
              const void* rows, const ParallelFor& parallel) {
  const char* from = static_cast<const char*>(rows);
  char* to = static_cast<char*>(table);
  in_ranges(n, n * size / kTaskBytes, parallel, [&](std::int64_t begin, std::int64_t end) {
    const auto inside = [&](std::int64_t i) { return at[i] >= 0 && at[i] < height; };
    for (std::int64_t i = begin; i < end; ++i) {
      if (i + kAhead < end && inside(i + kAhead)) fetch<true>(to + at[i + kAhead] * size, size);
      if (inside(i)) std::memcpy(to + at[i] * size, from + i * size, size);
    }
  });
}

template <typename T, typename I>
void add_rows(std::int64_t height, std::int64_t size, T* table, std::int64_t n, const I* at,
              const T* rows, const ParallelFor& parallel) {
  const std::int64_t bytes = n * size * static_cast<std::int64_t>(sizeof(T));
  in_ranges(height, bytes / kAddingBytes, parallel, [&](std::int64_t begin, std::int64_t end) {
    const auto inside = [&](std::int64_t i) { return at[i] >= begin && at[i] < end; };
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t next = i + kAhead;
      if (next < n && inside(next)) fetch<true>(table + at[next] * size, size * sizeof(T));
      if (inside(i)) add(size, table + at[i] * size, rows + i * size);
    }
  });
}

template <typename T, typename I>
void sum_rows(std::int64_t height, std::int64_t size, T* table, std::int64_t n, const I* at,
              const T* rows, const ParallelFor& parallel) {
  const std::int64_t bytes = (n + height) * size * static_cast<std::int64_t>(sizeof(T));
  in_ranges(height, bytes / kAddingBytes, parallel, [&](std::int64_t begin, std::int64_t end) {
    // Rows that are met for the first time are written, not added: they need not be cleared before.
    std::vector<bool> met(end - begin);
    for (std::int64_t i = 0; i < n; ++i) {
      if (at[i] < begin || at[i] >= end) continue;
      T* sum = table + at[i] * size;
      if (met[at[i] - begin]) {
        add(size, sum, rows + i * size);
      } else {
        met[at[i] - begin] = true;
        // As 0 + x: the sum of a single -0.0 is 0.0.
        for (std::int64_t c = 0; c < size; ++c) sum[c] = T{0} + rows[i * size + c];
      }
    }
    for (std::int64_t row = begin; row < end; ++row) {
      if (!met[row - begin]) std::fill_n(table + row * size, size, T{0});
    }
  });
}

template <typename T, typename I>
void adagrad_rows(std::int64_t height, std::int64_t size, T rate, T* var, T* accum, std::int64_t n,
                  const I* at, const T* grad, const ParallelFor& parallel) {
  const std::int64_t bytes = size * static_cast<std::int64_t>(sizeof(T));
  in_ranges(n, 2 * n * bytes / kTaskBytes, parallel, [&](std::int64_t begin, std::int64_t end) {
    const auto inside = [&](std::int64_t i) { return at[i] >= 0 && at[i] < height; };
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t next = i + kAhead;
      if (next < end && inside(next)) {
        fetch<true>(var + at[next] * size, bytes);
        fetch<true>(accum + at[next] * size, bytes);
      }
      if (!inside(i)) continue;
      const std::int64_t row = at[i] * size;
      simd<T>().adagrad(rate, var + row, accum + row, grad + i * size, size);
    }
  });
}

template <typename I, typename N>
void distinct(std::int64_t n, const I* x, I* elements, N* numbers) {
  int bits = 4;
  while ((std::int64_t{1} << bits) < 2 * n) ++bits;
  const std::size_t mask = (std::size_t{1} << bits) - 1;
  // One more than the number of the element in a place; 0 where there is none.
  std::vector<std::int64_t> places(mask + 1);
  std::int64_t found = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    std::size_t at = place_of(static_cast<std::uint64_t>(x[i]), 64 - bits);
    while (places[at] != 0 && elements[places[at] - 1] != x[i]) at = (at + 1) & mask;
    if (places[at] == 0) {
      elements[found] = x[i];
      places[at] = ++found;
    }
    numbers[i] = static_cast<N>(places[at] - 1);
  }
  std::fill(elements + found, elements + n, std::numeric_limits<I>::max());
}

#define HEADRACE_MOVE(I)                                                                         \
  template void take_rows<I>(std::int64_t, std::int64_t, const void*, std::int64_t, const I*,    \
                             void*, const ParallelFor&);                                         \
  template void put_rows<I>(std::int64_t, std::int64_t, void*, std::int64_t, const I*,           \
                            const void*, const ParallelFor&);                                    \
  template void distinct<I, std::int32_t>(std::int64_t, const I*, I*, std::int32_t*);            \
  template void distinct<I, std::int64_t>(std::int64_t, const I*, I*, std::int64_t*);
#define HEADRACE_ADD(T, I)                                                                       \
  template void add_rows<T, I>(std::int64_t, std::int64_t, T*, std::int64_t, const I*, const T*, \
                               const ParallelFor&);                                              \
  template void sum_rows<T, I>(std::int64_t, std::int64_t, T*, std::int64_t, const I*, const T*, \
                               const ParallelFor&);                                              \
  template void adagrad_rows<T, I>(std::int64_t, std::int64_t, T, T*, T*, std::int64_t,          \
                                   const I*, const T*, const ParallelFor&);

HEADRACE_MOVE(std::int32_t)
HEADRACE_MOVE(std::int64_t)
HEADRACE_ADD(float, std::int32_t)
HEADRACE_ADD(float, std::int64_t)
HEADRACE_ADD(double, std::int32_t)
HEADRACE_ADD(double, std::int64_t)

#undef HEADRACE_MOVE
#undef HEADRACE_ADD

}  // namespace headrace
