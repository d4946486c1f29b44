// Needs no flags: every AArch64 processor has these instructions.

#include "conv_plan.h"

#if defined(__aarch64__) && defined(__ARM_NEON)

#define HEADRACE_ISA neon
#define HEADRACE_VECTOR_BYTES 16
// Of 32 registers: two for inputs and up to four for the filter beside 24 sums.
#define HEADRACE_ACCUMULATORS 24
#include "conv_kernels.inc.h"

#else

namespace headrace::conv {
const Kernels<float>* neon_f32() { return nullptr; }
const Kernels<double>* neon_f64() { return nullptr; }
}  // namespace headrace::conv

#endif
