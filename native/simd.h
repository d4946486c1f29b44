#ifndef HEADRACE_NATIVE_SIMD_H_
#define HEADRACE_NATIVE_SIMD_H_

#include <cstdint>

#include "columns.h"
#include "pool.h"
#include "updates.h"

namespace headrace {

// The single-threaded kernels of one instruction set that go over channels.
template <typename T>
struct Simd {
  // Pooling makes the rows [begin, end) of all batch * out_h rows of y, or of all batch * in_h rows
  // of dx: any split into ranges gives the same result.
  void (*max_forward)(const PoolShape&, const T* x, T* y, std::int64_t begin, std::int64_t end);
  void (*max_grad)(const PoolShape&, const T* x, const T* dy, T* dx, std::int64_t begin,
                   std::int64_t end);
  void (*mean_forward)(const PoolShape&, const T* x, T* y, std::int64_t begin, std::int64_t end);
  void (*mean_grad)(const PoolShape&, const T* dy, T* dx, std::int64_t begin, std::int64_t end);

  // For `rows` rows from x on: their mean and the sum of the squared distances to it.
  void (*moments)(const T* x, std::int64_t rows, std::int64_t channels, T* mean, T* squares);
  // For `rows` rows from dy and x on: the sums of dy and of dy * (x - mean).
  void (*dots)(const T* dy, const T* x, const T* mean, std::int64_t rows, std::int64_t channels,
               T* sum, T* dot);

  // Updates the elements [begin, end).
  void (*adam)(const AdamScalars<T>&, const AdamArrays<T>&, std::int64_t begin, std::int64_t end);
  // accum += grad^2; var -= grad * rate / sqrt(accum), over n elements.
  void (*adagrad)(T rate, T* var, T* accum, const T* grad, std::int64_t n);
};

// The kernels of the best instruction set of this processor.
template <typename T>
const Simd<T>& simd();

extern const Simd<float> simd_base_f32;
extern const Simd<double> simd_base_f64;
#if defined(__x86_64__)
extern const Simd<float> simd_avx2_f32;
extern const Simd<double> simd_avx2_f64;
extern const Simd<float> simd_avx512_f32;
extern const Simd<double> simd_avx512_f64;
#endif

}  // namespace headrace

#endif  // HEADRACE_NATIVE_SIMD_H_
