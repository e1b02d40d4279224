#include "kernel/io/fork.h"

#include <pthread.h>

#include <atomic>

namespace varve {
namespace {

std::atomic<std::uint32_t> generation{0};

int RegisterHandler() {
  return pthread_atfork(nullptr, nullptr, [] { generation.fetch_add(1); });
}

}  // namespace

std::uint32_t ForkGeneration() {
  static const int registered = RegisterHandler();
  (void)registered;
  return generation.load(std::memory_order_relaxed);
}

}  // namespace varve
