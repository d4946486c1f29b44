#ifndef HEADRACE_NATIVE_CONV_MEMORY_H_
#define HEADRACE_NATIVE_CONV_MEMORY_H_

#include <cstddef>

namespace headrace::conv {

// Scratch memory from a process-wide list of idle pieces: fresh pages from the system would cost
// more than many a small convolution. A piece belongs to one Scratch until it is destroyed,
// whatever the thread, so a pool whose threads run other work while they wait is safe.
class Scratch {
 public:
  explicit Scratch(std::size_t bytes);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // Aligned to a cache line; null when no bytes were asked for.
  template <typename T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_;
  std::size_t size_;
};

}  // namespace headrace::conv

#endif  // HEADRACE_NATIVE_CONV_MEMORY_H_
