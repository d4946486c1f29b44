#include "updates.h"

#include <algorithm>

#include "simd.h"

namespace headrace {
namespace {

// Elements of a task: its seven arrays fit in the second cache.
constexpr std::int64_t kTask = 16 << 10;

}  // namespace

template <typename T>
void adam(std::int64_t n, const AdamScalars<T>& scalars, const AdamArrays<T>& arrays,
          const ParallelFor& parallel) {
  const std::int64_t tasks = (n + kTask - 1) / kTask;
  const auto task = [&](int i) {
    simd<T>().adam(scalars, arrays, i * kTask, std::min<std::int64_t>(n, (i + 1) * kTask));
  };
  if (parallel.threads <= 1 || tasks <= 1) {
    for (std::int64_t i = 0; i < tasks; ++i) task(static_cast<int>(i));
  } else {
    parallel.run(static_cast<int>(tasks), task);
  }
}

template void adam<float>(std::int64_t, const AdamScalars<float>&, const AdamArrays<float>&,
                          const ParallelFor&);
template void adam<double>(std::int64_t, const AdamScalars<double>&, const AdamArrays<double>&,
                           const ParallelFor&);

}  // namespace headrace
