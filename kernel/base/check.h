// VARVE_CHECK: for what only a bug of ours can break, on in every build. Prints and aborts.
// Never for bytes or arguments that came from outside: those get a Status.
#ifndef VARVE_KERNEL_BASE_CHECK_H_
#define VARVE_KERNEL_BASE_CHECK_H_

namespace varve::internal {
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);
}  // namespace varve::internal

// The file's name alone: a path would tell where the library was built.
#define VARVE_CHECK(condition)                                             \
  do {                                                                     \
    if (__builtin_expect(!(condition), 0))                                 \
      ::varve::internal::CheckFailed(__FILE_NAME__, __LINE__, #condition); \
  } while (false)

#ifdef NDEBUG
#define VARVE_DCHECK(condition) \
  do {                          \
    (void)sizeof(condition);    \
  } while (false)
#else
#define VARVE_DCHECK(condition) VARVE_CHECK(condition)
#endif

#endif  // VARVE_KERNEL_BASE_CHECK_H_
