#include "checksum.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#define HEADRACE_CRC __attribute__((target("sse4.2")))
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#define HEADRACE_CRC
#endif

namespace headrace {

#if defined(HEADRACE_CRC)
namespace {

#if defined(__x86_64__)
HEADRACE_CRC inline std::uint64_t add_word(std::uint64_t crc, std::uint64_t word) {
  return _mm_crc32_u64(crc, word);
}
HEADRACE_CRC inline std::uint64_t add_byte(std::uint64_t crc, std::uint8_t byte) {
  return _mm_crc32_u8(static_cast<std::uint32_t>(crc), byte);
}
#else
inline std::uint64_t add_word(std::uint64_t crc, std::uint64_t word) {
  return __crc32cd(static_cast<std::uint32_t>(crc), word);
}
inline std::uint64_t add_byte(std::uint64_t crc, std::uint8_t byte) {
  return __crc32cb(static_cast<std::uint32_t>(crc), byte);
}
#endif

// A word takes three cycles but another one can begin in each: three stretches are summed at once.
constexpr std::size_t kStretch = 4096;

// What `kStretch` bytes of zeros make of a checksum, which is linear in its bits: by byte of the
// checksum and value of the byte.
using Shift = std::array<std::array<std::uint32_t, 256>, 4>;

HEADRACE_CRC Shift shift_by_stretch() {
  Shift shift{};
  for (int bit = 0; bit < 32; ++bit) {
    std::uint64_t crc = std::uint64_t{1} << bit;
    for (std::size_t i = 0; i < kStretch; i += 8) crc = add_word(crc, 0);
    auto& table = shift[bit / 8];
    const unsigned mine = 1u << bit % 8;
    for (unsigned value = 0; value < 256; ++value) {
      if (value & mine) table[value] ^= static_cast<std::uint32_t>(crc);
    }
  }
  return shift;
}

std::uint32_t shifted(const Shift& shift, std::uint64_t crc) {
  return shift[0][crc & 255] ^ shift[1][crc >> 8 & 255] ^ shift[2][crc >> 16 & 255] ^
         shift[3][crc >> 24 & 255];
}

inline std::uint64_t word_at(const std::uint8_t* from) {
  std::uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

}  // namespace

HEADRACE_CRC std::uint32_t crc32c(std::uint32_t before, const void* data, std::size_t size) {
  static const Shift shift = shift_by_stretch();
  const auto* from = static_cast<const std::uint8_t*>(data);
  std::uint64_t crc = ~before;
  for (; size >= 3 * kStretch; size -= 3 * kStretch, from += 3 * kStretch) {
    std::uint64_t second = 0, third = 0;
    for (std::size_t i = 0; i < kStretch; i += 8) {
      crc = add_word(crc, word_at(from + i));
      second = add_word(second, word_at(from + kStretch + i));
      third = add_word(third, word_at(from + 2 * kStretch + i));
    }
    crc = shifted(shift, crc) ^ second;
    crc = shifted(shift, crc) ^ third;
  }
  for (; size >= 8; size -= 8, from += 8) crc = add_word(crc, word_at(from));
  for (; size > 0; --size, ++from) crc = add_byte(crc, *from);
  return ~static_cast<std::uint32_t>(crc);
}
#endif

bool has_crc32c() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("sse4.2");
#elif defined(HEADRACE_CRC)
  return true;
#else
  return false;
#endif
}

#if !defined(HEADRACE_CRC)
std::uint32_t crc32c(std::uint32_t, const void*, std::size_t) { return 0; }
#endif

}  // namespace headrace
