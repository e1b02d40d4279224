// Calling LMDB so that it cannot end the process.
//
// LMDB's assertions call a handler that must not return (abort follows). The handler jumps back to
// where the call was made. A jump is what the C++ standard defines for this: it is valid when no
// destructor is skipped, and between CallLmdb and the handler lie only C frames. (A thrown
// exception would depend on how the system's liblmdb was compiled.) What the call had locked or
// allocated stays so: after kLmdbAsserted a read transaction may only be aborted, and the
// environment of a write transaction only abandoned (docs/decisions/0008).
#ifndef VARVE_KERNEL_TABLE_LMDB_CALL_H_
#define VARVE_KERNEL_TABLE_LMDB_CALL_H_

#include <lmdb.h>

#include <csetjmp>
#include <string>
#include <string_view>

namespace varve::table {

// Returned by CallLmdb beside LMDB's own codes, none of which it equals.
inline constexpr int kLmdbAsserted = -30000;

namespace internal {
// Where the handler of this thread jumps to; null outside of CallLmdb.
inline thread_local std::jmp_buf* lmdb_escape = nullptr;
}  // namespace internal

// Returns what `call` returns, or kLmdbAsserted. `call` may hold nothing that has a destructor.
template <typename Call>
[[nodiscard]] __attribute__((noinline)) int CallLmdb(const Call& call) {
  std::jmp_buf here;
  if (_setjmp(here) != 0) {
    internal::lmdb_escape = nullptr;
    return kLmdbAsserted;
  }
  internal::lmdb_escape = &here;
  const int code = call();
  internal::lmdb_escape = nullptr;
  return code;
}

// Installs the handler. An assertion outside of CallLmdb still ends the process.
void SetAssertionHandler(MDB_env* environment);
// What failed last in this thread.
[[nodiscard]] std::string_view LastLmdbAssertion();

// LMDB's or the system's words for `code`; for kLmdbAsserted the assertion.
[[nodiscard]] std::string DescribeLmdbCode(int code);

[[nodiscard]] inline MDB_val ToMdb(std::string_view bytes) {
  // LMDB's struct lacks const; it only reads keys.
  return {bytes.size(), const_cast<char*>(bytes.data())};
}
[[nodiscard]] inline std::string_view FromMdb(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

}  // namespace varve::table

#endif  // VARVE_KERNEL_TABLE_LMDB_CALL_H_
