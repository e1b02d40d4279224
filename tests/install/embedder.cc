// The program of docs/embedding.md, of somebody who found Varve by pkg-config: build_ledger.sh puts
// an #include of every installed header on top, and builds and runs it.
#include <cstdio>

#include "kernel/store.h"
#include "primitives/builtin.h"
#include "primitives/kv/kv.h"
#include "recovery/open.h"

absl::Status Greet() {
  varve::PrimitiveRegistry registry;
  varve::RegisterBuiltinPrimitives(registry);
  absl::StatusOr<varve::OpenedStore> opened = varve::OpenStore("my.varve", std::move(registry));
  if (!opened.ok()) return opened.status();
  const absl::StatusOr<varve::Receipt> receipt =
      opened->store->Update([](varve::Transaction& transaction) {
        return varve::Kv(transaction).Put("greeting", "hello");
      });
  if (!receipt.ok()) return receipt.status();
  return opened->store->Close();
}

int main() {
  const absl::Status status = Greet();
  std::printf("%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
