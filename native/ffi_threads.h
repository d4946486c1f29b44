#ifndef HEADRACE_NATIVE_FFI_THREADS_H_
#define HEADRACE_NATIVE_FFI_THREADS_H_

#include <algorithm>
#include <memory>

#include "work.h"
#include "xla/ffi/api/ffi.h"

namespace headrace {

// XLA's own threads. A handler runs on one of them or on the caller's.
inline ParallelFor xla_threads(xla::ffi::ThreadPool pool) {
  ParallelFor parallel;
  parallel.threads = static_cast<int>(std::max<std::int64_t>(1, pool.num_threads()));
  parallel.run = [pool, threads = parallel.threads](
                     int count, const std::function<void(int)>& task) mutable {
    const auto work = std::make_shared<Work>(count, task);
    for (int helper = 1; helper < std::min(threads, count); ++helper) {
      pool.Schedule([work] { work->help(); });
    }
    work->finish();
  };
  return parallel;
}

}  // namespace headrace

#endif  // HEADRACE_NATIVE_FFI_THREADS_H_
