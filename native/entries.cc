// The library's plain C door, for the interpreter.

#include <new>

#include "checksum.h"
#include "histogram.h"
#include "kernels.h"
#include "work.h"

#define HEADRACE_EXPORT extern "C" __attribute__((visibility("default")))

HEADRACE_EXPORT int headrace_interface() { return headrace::kInterface; }

HEADRACE_EXPORT const char* headrace_isa() { return headrace::conv2d_isa(); }

// Returns 0 when the kernel has run, 1 when there is none for the case, 2 when memory ran out.
HEADRACE_EXPORT int headrace_run(int kernel, int item_size, const std::int64_t* geometry,
                                 const void* const* inputs, void* output, int threads) {
  const auto which = static_cast<headrace::Kernel>(kernel);
  try {
    const headrace::ParallelFor parallel = headrace::own_threads(threads);
    const bool done =
        item_size == 4 ? headrace::run_kernel<float>(which, geometry, inputs, output, parallel)
                       : headrace::run_kernel<double>(which, geometry, inputs, output, parallel);
    return done ? 0 : 1;
  } catch (const std::bad_alloc&) {
    return 2;
  }
}

// Returns 0 when the numbers have been counted, 1 when one is not finite or the buckets are others.
// `moments` are four: the least and the greatest number, the sum, and the sum of the squares.
HEADRACE_EXPORT int headrace_histogram(int item_size, const void* numbers, std::int64_t size,
                                       std::int64_t* counts, std::int64_t buckets,
                                       headrace::Moments* moments) {
  const bool done =
      item_size == 4
          ? headrace::count_histogram(static_cast<const float*>(numbers), size, counts, buckets,
                                      moments)
          : headrace::count_histogram(static_cast<const double*>(numbers), size, counts, buckets,
                                      moments);
  return done ? 0 : 1;
}

HEADRACE_EXPORT int headrace_has_crc32c() { return headrace::has_crc32c() ? 1 : 0; }

HEADRACE_EXPORT std::uint32_t headrace_crc32c(std::uint32_t before, const void* data,
                                              std::size_t size) {
  return headrace::crc32c(before, data, size);
}
