#include "kernel/table/lmdb_call.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace varve::table {
namespace {

// A plain array: the handler runs where nothing with a destructor may be alive.
thread_local std::array<char, 256> last_assertion{};

void OnAssertion(MDB_env* /*environment*/, const char* message) {
  const std::size_t bytes = std::min(std::strlen(message), last_assertion.size() - 1);
  std::memcpy(last_assertion.data(), message, bytes);
  last_assertion[bytes] = '\0';
  if (internal::lmdb_escape != nullptr) std::longjmp(*internal::lmdb_escape, 1);
}

}  // namespace

void SetAssertionHandler(MDB_env* environment) {
  static_cast<void>(mdb_env_set_assert(environment, &OnAssertion));
}

std::string_view LastLmdbAssertion() { return last_assertion.data(); }

std::string DescribeLmdbCode(int code) {
  if (code == kLmdbAsserted) return std::string(LastLmdbAssertion());
  return mdb_strerror(code);
}

}  // namespace varve::table
