#ifndef HEADRACE_NATIVE_CHECKSUM_H_
#define HEADRACE_NATIVE_CHECKSUM_H_

#include <cstddef>
#include <cstdint>

namespace headrace {

// Whether this processor has instructions for CRC-32C; without them `crc32c` must not be called.
bool has_crc32c();

// The CRC-32C of what has the checksum `before`, followed by `size` bytes.
std::uint32_t crc32c(std::uint32_t before, const void* data, std::size_t size);

}  // namespace headrace

#endif  // HEADRACE_NATIVE_CHECKSUM_H_
