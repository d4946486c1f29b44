#ifndef HEADRACE_NATIVE_UPDATES_H_
#define HEADRACE_NATIVE_UPDATES_H_

#include <cstdint>

#include "parallel.h"

namespace headrace {

// What an update of n elements by Adam (Kingma and Ba, 2015) reads and writes. An output may be the
// input of its name.
template <typename T>
struct AdamArrays {
  const T *var, *m, *v, *grad;
  T *new_var, *new_m, *new_v;
};

// The step size with both corrections of bias, one minus either rate of decay, and epsilon.
template <typename T>
struct AdamScalars {
  T alpha, rest1, rest2, epsilon;
};

// m += (grad - m) * rest1; v += (grad^2 - v) * rest2; var -= m * alpha / (sqrt(v) + epsilon).
// Results do not depend on the number of threads.
template <typename T>
void adam(std::int64_t n, const AdamScalars<T>& scalars, const AdamArrays<T>& arrays,
          const ParallelFor& parallel);

}  // namespace headrace

#endif  // HEADRACE_NATIVE_UPDATES_H_
