// Updates of variables, element by element; see lanes.h for the rules of files like this one.
#ifndef HEADRACE_NATIVE_UPDATE_KERNELS_H_
#define HEADRACE_NATIVE_UPDATE_KERNELS_H_

#include "lanes.h"
#include "updates.h"

namespace headrace {
namespace {

inline float root(float x) { return __builtin_sqrtf(x); }
inline double root(double x) { return __builtin_sqrt(x); }

template <typename T>
void adam_range(const AdamScalars<T>& s, const AdamArrays<T>& a, int64_t begin, int64_t end) {
  // Copies: the compiler cannot know that a store does not change a scalar.
  const T alpha = s.alpha, rest1 = s.rest1, rest2 = s.rest2, epsilon = s.epsilon;
  const T *var = a.var, *old_m = a.m, *old_v = a.v, *grad = a.grad;
  T *new_var = a.new_var, *new_m = a.new_m, *new_v = a.new_v;
  // An output is its own input or apart from all: no element depends on another one.
#pragma GCC ivdep
  for (int64_t i = begin; i < end; ++i) {
    const T g = grad[i];
    const T m = old_m[i] + (g - old_m[i]) * rest1;
    const T v = old_v[i] + (g * g - old_v[i]) * rest2;
    new_m[i] = m;
    new_v[i] = v;
    new_var[i] = var[i] - m * alpha / (root(v) + epsilon);
  }
}

template <typename T>
void adagrad_row(T rate, T* var, T* accum, const T* grad, int64_t n) {
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    const T g = grad[i];
    const T sum = accum[i] + g * g;
    accum[i] = sum;
    var[i] -= g * rate * (T{1} / root(sum));
  }
}

}  // namespace
}  // namespace headrace

#endif  // HEADRACE_NATIVE_UPDATE_KERNELS_H_
