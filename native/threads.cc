#include <pthread.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <system_error>
#include <thread>

#include "work.h"

namespace headrace {
namespace {

// Threads that live until the process ends. They are never joined: at exit nobody waits for them,
// and the queue they sleep on is never destroyed.
class Pool {
 public:
  // Offers `work` to `helpers` threads, starting those that are missing.
  void offer(const std::shared_ptr<Work>& work, int helpers) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      while (started_ < helpers && start()) ++started_;
      for (int i = 0; i < std::min(helpers, started_); ++i) queue_.push_back(work);
    }
    wake_.notify_all();
  }

 private:
  bool start() {
    try {
      std::thread([this] { serve(); }).detach();
      return true;
    } catch (const std::system_error&) {
      return false;  // No more threads are to be had: the caller does the work.
    }
  }

  void serve() {
    for (;;) {
      std::shared_ptr<Work> work;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [this] { return !queue_.empty(); });
        work = std::move(queue_.front());
        queue_.pop_front();
      }
      work->help();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Work>> queue_;
  int started_ = 0;
};

std::atomic<Pool*> pool{nullptr};

// A forked child has none of the threads, and perhaps a locked mutex: it begins with a new pool.
void forget_pool() { pool.store(nullptr, std::memory_order_relaxed); }

Pool& the_pool() {
  static const int registered = pthread_atfork(nullptr, nullptr, forget_pool);
  (void)registered;
  Pool* current = pool.load(std::memory_order_acquire);
  if (current == nullptr) {
    Pool* fresh = new Pool;
    if (pool.compare_exchange_strong(current, fresh, std::memory_order_acq_rel)) return *fresh;
    delete fresh;
  }
  return *current;
}

}  // namespace

ParallelFor own_threads(int threads) {
  ParallelFor parallel;
  parallel.threads = threads;
  parallel.run = [threads](int count, const std::function<void(int)>& task) {
    const int helpers = std::min(threads, count) - 1;
    const auto work = std::make_shared<Work>(count, task);
    if (helpers > 0) the_pool().offer(work, helpers);
    work->finish();
  };
  return parallel;
}

}  // namespace headrace
