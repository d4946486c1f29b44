#ifndef HEADRACE_NATIVE_ROWS_H_
#define HEADRACE_NATIVE_ROWS_H_

#include <cstdint>

#include "parallel.h"

namespace headrace {

// Rows of a dense matrix that a vector of indices names. `size` is the bytes of a row where rows are
// only moved, and its elements where they are added. `I` is int32_t or int64_t. Results do not
// depend on the number of threads: a row is made by one task, from its sources in order.

// out[i] = table[at[i]]; indices outside [0, height) take the nearest row. Needs height > 0.
template <typename I>
void take_rows(std::int64_t height, std::int64_t size, const void* table, std::int64_t n,
               const I* at, void* out, const ParallelFor& parallel);

// table[at[i]] = rows[i]; rows whose index lies outside are dropped. No index inside comes twice.
template <typename I>
void put_rows(std::int64_t height, std::int64_t size, void* table, std::int64_t n, const I* at,
              const void* rows, const ParallelFor& parallel);

// table[at[i]] += rows[i], in order of i; rows whose index lies outside are dropped.
template <typename T, typename I>
void add_rows(std::int64_t height, std::int64_t size, T* table, std::int64_t n, const I* at,
              const T* rows, const ParallelFor& parallel);

// table[g] = the sum of the rows with at[i] = g, in order of i, zero where there is none.
template <typename T, typename I>
void sum_rows(std::int64_t height, std::int64_t size, T* table, std::int64_t n, const I* at,
              const T* rows, const ParallelFor& parallel);

// Adagrad (Duchi et al., 2011) on the rows of two tables that `at` names; what lies outside is
// dropped, and no index inside comes twice.
template <typename T, typename I>
void adagrad_rows(std::int64_t height, std::int64_t size, T rate, T* var, T* accum, std::int64_t n,
                  const I* at, const T* grad, const ParallelFor& parallel);

// elements: what x holds, once each, in order of appearance; behind them the type's maximum, up to n.
// numbers[i]: where x[i] stands in `elements`.
template <typename I, typename N>
void distinct(std::int64_t n, const I* x, I* elements, N* numbers);

}  // namespace headrace

#endif  // HEADRACE_NATIVE_ROWS_H_
