// Compiled for AVX-512 (see README.md).

#include "product_plan.h"

#if defined(__AVX512F__)

#define HEADRACE_ISA avx512
#define HEADRACE_VECTOR_BYTES 64
#define HEADRACE_ACCUMULATORS 28
#include "product_kernels.inc.h"

#else

namespace headrace::products {
const Kernels<float>* avx512_f32() { return nullptr; }
const Kernels<double>* avx512_f64() { return nullptr; }
}  // namespace headrace::products

#endif
