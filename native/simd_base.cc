// What every processor of the platform has (SSE2, NEON).
#define HEADRACE_VECTOR_BYTES 16
#include "simd_kernels.h"

namespace headrace {
const Simd<float> simd_base_f32 = kernels_here<float>;
const Simd<double> simd_base_f64 = kernels_here<double>;
}  // namespace headrace
