// Needs no flags: every AArch64 processor has these instructions.

#include "product_plan.h"

#if defined(__aarch64__) && defined(__ARM_NEON)

#define HEADRACE_ISA neon
#define HEADRACE_VECTOR_BYTES 16
#define HEADRACE_ACCUMULATORS 24
#include "product_kernels.inc.h"

#else

namespace headrace::products {
const Kernels<float>* neon_f32() { return nullptr; }
const Kernels<double>* neon_f64() { return nullptr; }
}  // namespace headrace::products

#endif
