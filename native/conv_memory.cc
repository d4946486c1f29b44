#include "conv_memory.h"

#include <pthread.h>

#include <mutex>
#include <new>

namespace headrace::conv {
namespace {

constexpr std::align_val_t kAlignment{64};
constexpr std::size_t kGranule = 4096;
constexpr std::size_t kMostIdleBytes = std::size_t{64} << 20;
constexpr int kMostIdlePieces = 256;

struct Piece {
  void* data;
  std::size_t size;
};

struct IdleList {
  std::mutex mutex;
  Piece pieces[kMostIdlePieces];
  int count = 0;
  std::size_t bytes = 0;
};

IdleList& idle_list();

// A child of fork() must not inherit the lock from a thread that it does not have.
void lock_before_fork() { idle_list().mutex.lock(); }
void unlock_after_fork() { idle_list().mutex.unlock(); }

// Never destroyed: threads of a pool may outlive static destruction.
IdleList& idle_list() {
  static IdleList* list = [] {
    pthread_atfork(lock_before_fork, unlock_after_fork, unlock_after_fork);
    return new IdleList;
  }();
  return *list;
}

// The smallest idle piece that is large enough, but not more than four times too large.
Piece take_idle(std::size_t size) {
  IdleList& list = idle_list();
  std::lock_guard<std::mutex> lock(list.mutex);
  int best = -1;
  for (int i = 0; i < list.count; ++i) {
    const std::size_t found = list.pieces[i].size;
    if (found < size || found / 4 > size) continue;
    if (best < 0 || found < list.pieces[best].size) best = i;
  }
  if (best < 0) return {nullptr, 0};
  const Piece piece = list.pieces[best];
  list.pieces[best] = list.pieces[--list.count];
  list.bytes -= piece.size;
  return piece;
}

}  // namespace

Scratch::Scratch(std::size_t bytes) : data_(nullptr), size_(0) {
  if (bytes == 0) return;
  const std::size_t size = (bytes + kGranule - 1) / kGranule * kGranule;
  const Piece piece = take_idle(size);
  data_ = piece.data != nullptr ? piece.data : ::operator new(size, kAlignment);
  size_ = piece.data != nullptr ? piece.size : size;
}

Scratch::~Scratch() {
  if (data_ == nullptr) return;
  IdleList& list = idle_list();
  {
    std::lock_guard<std::mutex> lock(list.mutex);
    if (list.count < kMostIdlePieces && list.bytes + size_ <= kMostIdleBytes) {
      list.pieces[list.count++] = {data_, size_};
      list.bytes += size_;
      return;
    }
  }
  ::operator delete(data_, kAlignment);
}

}  // namespace headrace::conv
