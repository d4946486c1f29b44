#ifndef HEADRACE_NATIVE_POOL_H_
#define HEADRACE_NATIVE_POOL_H_

#include <cstdint>

#include "parallel.h"

namespace headrace {

// Pooling over the two spatial dimensions of dense row-major arrays:
//   x, dx  [batch, in_h, in_w, channels]
//   y, dy  [batch, out_h, out_w, channels]
// Window (p, q) of an image covers the rows p * stride_h - pad_top + [0, k_h) and the columns
// q * stride_w - pad_left + [0, k_w), as far as they lie inside the image.
struct PoolShape {
  std::int64_t batch;
  std::int64_t in_h, in_w, channels;
  std::int64_t k_h, k_w;
  std::int64_t out_h, out_w;
  std::int64_t stride_h, stride_w;
  std::int64_t pad_top, pad_left;
};

// Every function below writes its whole result. They return false, and touch nothing, for a
// malformed shape. Results are the same for any number of threads and any instruction set.

// The largest element of every window, at least the lowest finite number; a NaN never wins.
template <typename T>
bool max_pool_forward(const PoolShape& shape, const T* x, T* y, const ParallelFor& parallel);

// dx: each element of dy at the largest element of its window. Among equal ones it is the first in
// row-major order; a NaN in the first place keeps it, as in TensorFlow 1.15.
template <typename T>
bool max_pool_grad(const PoolShape& shape, const T* x, const T* dy, T* dx,
                   const ParallelFor& parallel);

// The mean of the elements of every window.
template <typename T>
bool mean_pool_forward(const PoolShape& shape, const T* x, T* y, const ParallelFor& parallel);

// dx: each element of dy spread evenly over its window.
template <typename T>
bool mean_pool_grad(const PoolShape& shape, const T* dy, T* dx, const ParallelFor& parallel);

}  // namespace headrace

#endif  // HEADRACE_NATIVE_POOL_H_
