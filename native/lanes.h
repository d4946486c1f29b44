// Vectors of one instruction set, and what walks over channels with them. A file that includes this
// one, directly or not, is compiled for one instruction set and defines HEADRACE_VECTOR_BYTES, the
// width of its registers.
//
// Everything in such a file has internal linkage, and no function of the standard library is called.
// The linker keeps one copy of an inline function that several files have compiled; were it the copy
// of a file with AVX-512 switched on, it would stop the process on a machine without.
#ifndef HEADRACE_NATIVE_LANES_H_
#define HEADRACE_NATIVE_LANES_H_

#include <cstdint>

namespace headrace {
namespace {

using std::int64_t;

template <typename T, int kBytes>
struct Pack {
  typedef T type __attribute__((vector_size(kBytes)));
};

template <typename L, typename T>
inline __attribute__((always_inline)) void load(L& lanes, const T* from) {
  __builtin_memcpy(&lanes, from, sizeof(L));
}

template <typename L, typename T>
inline __attribute__((always_inline)) void store(T* to, const L& lanes) {
  __builtin_memcpy(to, &lanes, sizeof(L));
}

template <typename T>
struct Lowest;
template <>
struct Lowest<float> {
  static constexpr float value = -__FLT_MAX__;
};
template <>
struct Lowest<double> {
  static constexpr double value = -__DBL_MAX__;
};

inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

template <typename L, typename T>
inline __attribute__((always_inline)) void add(T* to, const L& lanes) {
  L sum;
  load(sum, to);
  sum += lanes;
  store(to, sum);
}

// Calls body<L>(first channel) with the widest lanes that fit until all channels are done.
template <typename T, typename Body>
inline __attribute__((always_inline)) void each_channel(int64_t channels, Body body) {
  using Wide = typename Pack<T, HEADRACE_VECTOR_BYTES>::type;
  using Narrow = typename Pack<T, 16>::type;
  constexpr int64_t wide = HEADRACE_VECTOR_BYTES / sizeof(T), narrow = 16 / sizeof(T);
  int64_t c = 0;
  for (; c + wide <= channels; c += wide) body(Wide{}, c);
  for (; c + narrow <= channels; c += narrow) body(Narrow{}, c);
  for (; c < channels; ++c) body(T{}, c);
}

}  // namespace
}  // namespace headrace

#endif  // HEADRACE_NATIVE_LANES_H_
