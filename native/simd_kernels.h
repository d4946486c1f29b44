// All kernels of one instruction set; see lanes.h for the rules of files like this one.
#ifndef HEADRACE_NATIVE_SIMD_KERNELS_H_
#define HEADRACE_NATIVE_SIMD_KERNELS_H_

#include "column_kernels.h"
#include "pool_kernels.h"
#include "simd.h"
#include "update_kernels.h"

namespace headrace {
namespace {

template <typename T>
constexpr Simd<T> kernels_here{max_forward<T>, max_grad<T>, mean_forward<T>, mean_grad<T>,
                               moments<T>,     dots<T>,     adam_range<T>,   adagrad_row<T>};

}  // namespace
}  // namespace headrace

#endif  // HEADRACE_NATIVE_SIMD_KERNELS_H_
