#ifndef HEADRACE_NATIVE_PRODUCT_H_
#define HEADRACE_NATIVE_PRODUCT_H_

#include <cstdint>

#include "parallel.h"

namespace headrace {

// c [rows, columns] = a b over dense row-major arrays, where a is [rows, depth], or [depth, rows]
// when turn_a is not 0, and b is [depth, columns], or [columns, depth] when turn_b is not 0.
struct ProductShape {
  std::int64_t rows, columns, depth;
  std::int64_t turn_a, turn_b;
};

// Writes the whole result and returns true, or touches nothing and returns false when this processor
// has no kernel for it. Elements are sums in an order that depends on nothing but the depth and
// the instruction set. Running out of memory throws std::bad_alloc.
template <typename T>
bool product(const ProductShape& shape, const T* a, const T* b, T* c, const ParallelFor& parallel);

}  // namespace headrace

#endif  // HEADRACE_NATIVE_PRODUCT_H_
