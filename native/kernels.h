#ifndef HEADRACE_NATIVE_KERNELS_H_
#define HEADRACE_NATIVE_KERNELS_H_

#include <cstdint>

#include "columns.h"
#include "conv.h"
#include "pool.h"
#include "product.h"

namespace headrace {

// What both doors of the library, the plain one and XLA's, share: a kernel by number, its geometry
// as a row of integers, its buffers as pointers. The numbers and the order of the integers are known
// to headrace/_src/native/library.py too; kInterface counts their changes.
constexpr int kInterface = 5;

enum Kernel : int {
  kConvForward = 0,
  kConvInputGrad = 1,
  kConvFilterGrad = 2,
  kMaxPool = 3,
  kMaxPoolGrad = 4,
  kMeanPool = 5,
  kMeanPoolGrad = 6,
  kColumnMoments = 7,
  kColumnDots = 8,
  kProduct = 9,
};

// How many integers describe the geometry of a kernel: the fields of its shape.
constexpr int geometry_size(Kernel kernel) {
  return kernel <= kConvFilterGrad ? 15
         : kernel <= kMeanPoolGrad ? 12
         : kernel == kProduct      ? 5
                                   : 2;
}

constexpr int input_count(Kernel kernel) {
  return kernel == kColumnDots ? 3
         : kernel <= kConvFilterGrad || kernel == kMaxPoolGrad || kernel == kProduct
             ? 2
             : 1;
}

// Number of elements of input `index`, or of the output when `index` is input_count(kernel).
std::int64_t element_count(Kernel kernel, const std::int64_t* geometry, int index);

// Runs a kernel on dense arrays of T; false when there is none for this processor or geometry.
template <typename T>
bool run_kernel(Kernel kernel, const std::int64_t* geometry, const void* const* inputs,
                void* output, const ParallelFor& parallel);

}  // namespace headrace

#endif  // HEADRACE_NATIVE_KERNELS_H_
