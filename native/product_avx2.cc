// Compiled for AVX2 and FMA (see README.md).

#include "product_plan.h"

#if defined(__AVX2__) && defined(__FMA__)

#define HEADRACE_ISA avx2
#define HEADRACE_VECTOR_BYTES 32
#define HEADRACE_ACCUMULATORS 12
#include "product_kernels.inc.h"

#else

namespace headrace::products {
const Kernels<float>* avx2_f32() { return nullptr; }
const Kernels<double>* avx2_f64() { return nullptr; }
}  // namespace headrace::products

#endif
