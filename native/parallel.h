#ifndef HEADRACE_NATIVE_PARALLEL_H_
#define HEADRACE_NATIVE_PARALLEL_H_

#include <functional>

namespace headrace {

// The thread pool that a kernel runs on, lent by whoever calls the kernel.
//
// `run(n, task)` calls task(0) ... task(n - 1), each exactly once, in any order and on any threads,
// and returns when all of them have returned. `threads` is how many may run at once; kernels treat
// it as a hint for skipping overhead and never let it change what is computed.
struct ParallelFor {
  int threads = 1;
  std::function<void(int n, const std::function<void(int)>& task)> run;
};

}  // namespace headrace

#endif  // HEADRACE_NATIVE_PARALLEL_H_
