#ifndef HEADRACE_NATIVE_WORK_H_
#define HEADRACE_NATIVE_WORK_H_

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>

#include "parallel.h"

namespace headrace {

// One call of ParallelFor::run: tasks that threads claim one by one.
//
// The thread that made the work claims too, and waits only for tasks that somebody has begun, so
// that a pool whose threads are all busy, or themselves waiting, cannot stop it. A helper that
// arrives late finds nothing to claim; it holds the work by a shared pointer and never looks at
// `task`, which is gone by then.
class Work {
 public:
  Work(int count, const std::function<void(int)>& task)
      : count_(count), left_(count), task_(&task) {}

  // Claims and runs tasks until none is left to claim.
  void help() {
    for (;;) {
      const int mine = next_.fetch_add(1, std::memory_order_relaxed);
      if (mine >= count_) return;
      try {
        (*task_)(mine);
      } catch (...) {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!error_) error_ = std::current_exception();
      }
      if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        const std::lock_guard<std::mutex> lock(mutex_);
        done_.notify_all();
      }
    }
  }

  // Returns when every task has returned; throws what the first failing one threw.
  void finish() {
    help();
    // What is left was begun and is soon done: sleeping and waking would take as long.
    for (int spin = 0; spin < kSpins; ++spin) {
      if (left_.load(std::memory_order_acquire) == 0) break;
      relax();
    }
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return left_.load(std::memory_order_acquire) == 0; });
    if (error_) std::rethrow_exception(error_);
  }

 private:
  static constexpr int kSpins = 1000;

  static void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }

  const int count_;
  std::atomic<int> next_{0};
  std::atomic<int> left_;
  const std::function<void(int)>* const task_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::exception_ptr error_;
};

// The library's own threads, `threads` at once with the caller's, for callers without a pool.
ParallelFor own_threads(int threads);

}  // namespace headrace

#endif  // HEADRACE_NATIVE_WORK_H_
