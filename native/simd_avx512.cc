#if defined(__x86_64__)
#define HEADRACE_VECTOR_BYTES 64
#include "simd_kernels.h"

namespace headrace {
const Simd<float> simd_avx512_f32 = kernels_here<float>;
const Simd<double> simd_avx512_f64 = kernels_here<double>;
}  // namespace headrace
#endif
