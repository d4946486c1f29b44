// Compiled for AVX2 and FMA (see README.md).

#include "conv_plan.h"

#if defined(__AVX2__) && defined(__FMA__)

#define HEADRACE_ISA avx2
#define HEADRACE_VECTOR_BYTES 32
// Of 16 registers: one for a broadcast input and up to three for the filter beside 12 sums.
#define HEADRACE_ACCUMULATORS 12
#include "conv_kernels.inc.h"

#else

namespace headrace::conv {
const Kernels<float>* avx2_f32() { return nullptr; }
const Kernels<double>* avx2_f64() { return nullptr; }
}  // namespace headrace::conv

#endif
