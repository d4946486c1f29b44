#ifndef HEADRACE_NATIVE_HISTOGRAM_H_
#define HEADRACE_NATIVE_HISTOGRAM_H_

#include <cstdint>

namespace headrace {

// What a summary says of numbers besides its buckets.
struct Moments {
  double low, high, sum, squares;
};

// Counts `size` numbers into the buckets of histogram summaries, which are 10 % wide on both sides
// of zero, and adds the numbers and their squares one after another. `counts` has an element for
// each of `buckets` buckets and begins as zeros.
//
// False when a number is not finite, or `buckets` is not how many there are.
template <typename T>
bool count_histogram(const T* numbers, std::int64_t size, std::int64_t* counts,
                     std::int64_t buckets, Moments* moments);

}  // namespace headrace

#endif  // HEADRACE_NATIVE_HISTOGRAM_H_
