// A program of somebody who found Varve by pkg-config: build_ledger.sh puts an #include of every
// installed header on top and builds it.
#include <cstdio>

#include "kernel/store.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "recovery/open.h"

int main() {
  varve::PrimitiveRegistry registry;
  varve::RegisterBuiltinPrimitives(registry);
  const auto store = varve::OpenInMemory(std::move(registry));
  if (!store.ok()) return 1;
  const auto receipt = (*store)->Update([](varve::Transaction& transaction) {
    return varve::Kv(transaction).Put("greeting", "hello");
  });
  if (!receipt.ok()) return 1;
  std::printf("committed LSN %llu\n", static_cast<unsigned long long>(receipt->lsn.value()));
  return 0;
}
