// What the planner of products, product.cc, gives to the kernels of one instruction set. Plain
// structures only, for the reason that conv_plan.h gives.
#ifndef HEADRACE_NATIVE_PRODUCT_PLAN_H_
#define HEADRACE_NATIVE_PRODUCT_PLAN_H_

#include <cstdint>

namespace headrace::products {

using Index = std::int64_t;

// Some rows and columns of c: one task.
template <typename T>
struct Block {
  Index first_row, last_row;
  Index first_column, last_column;
  Index depth;
  const T* a;
  Index a_row, a_depth;  // How far apart neighbours are.
  const T* b;
  Index b_stride;
  bool turn_b;
  T* c;
  Index c_row;
};

template <typename T>
struct Kernels {
  Index lanes;    // Columns are computed by multiples of so many.
  Index rows;     // So many rows are computed at a time.
  // `scratch` holds as many elements as `kDepth` rows of the block's columns, rounded up.
  void (*block)(const Block<T>& block, T* scratch);
};

// Columns that one block may have, and steps of the sum that are packed at a time: what is packed
// stays in the second-level cache.
constexpr Index kColumns = 512;
constexpr Index kDepth = 256;
constexpr Index kVectors = 2;

// Null where the translation unit was not compiled for its instruction set.
const Kernels<float>* avx512_f32();
const Kernels<double>* avx512_f64();
const Kernels<float>* avx2_f32();
const Kernels<double>* avx2_f64();
const Kernels<float>* neon_f32();
const Kernels<double>* neon_f64();

}  // namespace headrace::products

#endif  // HEADRACE_NATIVE_PRODUCT_PLAN_H_
