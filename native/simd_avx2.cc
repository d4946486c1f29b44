#if defined(__x86_64__)
#define HEADRACE_VECTOR_BYTES 32
#include "simd_kernels.h"

namespace headrace {
const Simd<float> simd_avx2_f32 = kernels_here<float>;
const Simd<double> simd_avx2_f64 = kernels_here<double>;
}  // namespace headrace
#endif
