// Compiled for AVX-512 (see README.md).

#include "conv_plan.h"

#if defined(__AVX512F__)

#define HEADRACE_ISA avx512
#define HEADRACE_VECTOR_BYTES 64
// Of 32 registers: one for a broadcast input and up to three for the filter beside 28 sums.
#define HEADRACE_ACCUMULATORS 28

// GCC before 13 warns of undefined operands in its own intrinsics.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include "conv_kernels.inc.h"

#else

namespace headrace::conv {
const Kernels<float>* avx512_f32() { return nullptr; }
const Kernels<double>* avx512_f64() { return nullptr; }
}  // namespace headrace::conv

#endif
