#include "simd.h"

#include <cstring>

#include "conv.h"

namespace headrace {
namespace {

#if defined(__x86_64__)
// conv.cc decides for the whole library.
template <typename T>
const Simd<T>& choose(const Simd<T>& base, const Simd<T>& avx2, const Simd<T>& avx512) {
  const char* isa = conv2d_isa();
  return std::strcmp(isa, "avx512") == 0 ? avx512 : std::strcmp(isa, "avx2") == 0 ? avx2 : base;
}
#endif

}  // namespace

#if defined(__x86_64__)
template <>
const Simd<float>& simd<float>() {
  static const Simd<float>& chosen = choose(simd_base_f32, simd_avx2_f32, simd_avx512_f32);
  return chosen;
}

template <>
const Simd<double>& simd<double>() {
  static const Simd<double>& chosen = choose(simd_base_f64, simd_avx2_f64, simd_avx512_f64);
  return chosen;
}
#else
template <>
const Simd<float>& simd<float>() {
  return simd_base_f32;
}

template <>
const Simd<double>& simd<double>() {
  return simd_base_f64;
}
#endif

}  // namespace headrace
