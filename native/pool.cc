#include "pool.h"

#include <algorithm>

#include "simd.h"

namespace headrace {
namespace {

// Below this a second thread costs more than it saves.
constexpr std::int64_t kBytesWorthAThread = 96 << 10;
constexpr int kTasksPerThread = 4;

bool valid(const PoolShape& s) {
  return std::min({s.batch, s.in_h, s.in_w, s.channels, s.out_h, s.out_w}) >= 0 &&
         std::min({s.k_h, s.k_w, s.stride_h, s.stride_w}) >= 1;
}

template <typename Body>
void split_rows(std::int64_t rows, std::int64_t row_bytes, const ParallelFor& parallel, Body body) {
  if (rows == 0 || row_bytes == 0) return;
  const std::int64_t worth = std::max<std::int64_t>(1, rows * row_bytes / kBytesWorthAThread);
  const std::int64_t tasks = std::min({rows, worth, std::int64_t{kTasksPerThread} * parallel.threads});
  if (parallel.threads <= 1 || tasks <= 1) {
    body(std::int64_t{0}, rows);
    return;
  }
  parallel.run(static_cast<int>(tasks), [&](int task) {
    body(rows * task / tasks, rows * (task + 1) / tasks);
  });
}

template <typename T>
std::int64_t row_bytes(const PoolShape& s) {
  return s.in_w * s.channels * static_cast<std::int64_t>(sizeof(T));
}

}  // namespace

template <typename T>
bool max_pool_forward(const PoolShape& s, const T* x, T* y, const ParallelFor& parallel) {
  if (!valid(s)) return false;
  split_rows(s.batch * s.out_h, s.stride_h * row_bytes<T>(s), parallel,
             [&](std::int64_t begin, std::int64_t end) {
               simd<T>().max_forward(s, x, y, begin, end);
             });
  return true;
}

template <typename T>
bool max_pool_grad(const PoolShape& s, const T* x, const T* dy, T* dx,
                   const ParallelFor& parallel) {
  if (!valid(s)) return false;
  split_rows(s.batch * s.in_h, 2 * row_bytes<T>(s), parallel,
             [&](std::int64_t begin, std::int64_t end) {
               simd<T>().max_grad(s, x, dy, dx, begin, end);
             });
  return true;
}

template <typename T>
bool mean_pool_forward(const PoolShape& s, const T* x, T* y, const ParallelFor& parallel) {
  if (!valid(s)) return false;
  split_rows(s.batch * s.out_h, s.stride_h * row_bytes<T>(s), parallel,
             [&](std::int64_t begin, std::int64_t end) {
               simd<T>().mean_forward(s, x, y, begin, end);
             });
  return true;
}

template <typename T>
bool mean_pool_grad(const PoolShape& s, const T* dy, T* dx, const ParallelFor& parallel) {
  if (!valid(s)) return false;
  split_rows(s.batch * s.in_h, row_bytes<T>(s), parallel,
             [&](std::int64_t begin, std::int64_t end) {
               simd<T>().mean_grad(s, dy, dx, begin, end);
             });
  return true;
}

#define HEADRACE_INSTANTIATE(T)                                                              \
  template bool max_pool_forward<T>(const PoolShape&, const T*, T*, const ParallelFor&);     \
  template bool max_pool_grad<T>(const PoolShape&, const T*, const T*, T*,                   \
                                 const ParallelFor&);                                        \
  template bool mean_pool_forward<T>(const PoolShape&, const T*, T*, const ParallelFor&);    \
  template bool mean_pool_grad<T>(const PoolShape&, const T*, T*, const ParallelFor&);
HEADRACE_INSTANTIATE(float)
HEADRACE_INSTANTIATE(double)
#undef HEADRACE_INSTANTIATE

}  // namespace headrace
