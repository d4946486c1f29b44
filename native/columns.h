#ifndef HEADRACE_NATIVE_COLUMNS_H_
#define HEADRACE_NATIVE_COLUMNS_H_

#include <cstdint>

#include "parallel.h"

namespace headrace {

// Reductions of the columns of dense row-major matrices [rows, channels], for batch normalisation.
// Results do not depend on the number of threads: rows are cut into blocks by their size alone, and
// what the blocks give is added up in order, in double precision.
struct ColumnShape {
  std::int64_t rows, channels;
};

// result[0, c] = the mean of column c, result[1, c] = its biased variance. NaN when there are no
// rows. False, and nothing touched, for a malformed shape.
template <typename T>
bool column_moments(const ColumnShape& shape, const T* x, T* result, const ParallelFor& parallel);

// result[0, c] = the sum of dy, result[1, c] = the sum of dy * (x - mean[c]), over column c.
template <typename T>
bool column_dots(const ColumnShape& shape, const T* dy, const T* x, const T* mean, T* result,
                 const ParallelFor& parallel);

}  // namespace headrace

#endif  // HEADRACE_NATIVE_COLUMNS_H_
