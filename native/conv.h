#ifndef HEADRACE_NATIVE_CONV_H_
#define HEADRACE_NATIVE_CONV_H_

#include <cstdint>

#include "parallel.h"

namespace headrace {

// A two-dimensional convolution over dense row-major arrays:
//   x  [batch, in_h, in_w, in_c]      the input (NHWC)
//   w  [k_h, k_w, in_c, out_c]        the filter (HWIO)
//   y  [batch, out_h, out_w, out_c]   the output (NHWC)
//   y[n, p, q, o] = sum over r, s, c of
//       x[n, p * stride_h + r * dil_h - pad_top, q * stride_w + s * dil_w - pad_left, c]
//       * w[r, s, c, o]
// where x reads as zero outside its bounds. The padding at the bottom and at the right follows from
// out_h and out_w; both paddings may be negative (a crop).
struct ConvShape {
  std::int64_t batch;
  std::int64_t in_h, in_w, in_c;
  std::int64_t k_h, k_w;
  std::int64_t out_h, out_w, out_c;
  std::int64_t stride_h, stride_w;
  std::int64_t dil_h, dil_w;
  std::int64_t pad_top, pad_left;
};

// Every function below writes its whole result and returns true, or touches nothing and returns
// false when this processor has no kernel for it or the shape is malformed (a negative size, a
// stride or dilation below one); the caller then takes another path. Arrays need no alignment
// beyond their element's and must not overlap. Results depend on the arguments and the instruction
// set alone: not on the number of threads, nor on their timing. Running out of memory throws
// std::bad_alloc, possibly on a thread of the pool.

bool conv2d_forward_f32(const ConvShape& shape, const float* x, const float* w, float* y,
                        const ParallelFor& parallel);
bool conv2d_forward_f64(const ConvShape& shape, const double* x, const double* w, double* y,
                        const ParallelFor& parallel);

// dx, the gradient of x, from the gradient dy of y.
bool conv2d_input_grad_f32(const ConvShape& shape, const float* dy, const float* w, float* dx,
                           const ParallelFor& parallel);
bool conv2d_input_grad_f64(const ConvShape& shape, const double* dy, const double* w, double* dx,
                           const ParallelFor& parallel);

// dw, the gradient of w, from x and the gradient dy of y.
bool conv2d_filter_grad_f32(const ConvShape& shape, const float* x, const float* dy, float* dw,
                            const ParallelFor& parallel);
bool conv2d_filter_grad_f64(const ConvShape& shape, const double* x, const double* dy, double* dw,
                            const ParallelFor& parallel);

// The instruction set that the functions above run on here: "avx512", "avx2", "neon", or "none"
// when every one of them returns false.
const char* conv2d_isa();

}  // namespace headrace

#endif  // HEADRACE_NATIVE_CONV_H_
