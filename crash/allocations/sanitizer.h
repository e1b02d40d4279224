// Whether this program is built for a sanitizer: its malloc is the sanitizer's then, which ends the
// process where the system gives it no memory.
#ifndef VARVE_CRASH_ALLOCATIONS_SANITIZER_H_
#define VARVE_CRASH_ALLOCATIONS_SANITIZER_H_

// GCC says so by macros, Clang by a feature; a header may have given GCC an empty __has_feature.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VARVE_HAS_SANITIZER 1
#elif defined(__has_feature)
#define VARVE_HAS_SANITIZER                                               \
  (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
   __has_feature(memory_sanitizer))
#else
#define VARVE_HAS_SANITIZER 0
#endif

namespace varve::crash {

inline constexpr bool kHasSanitizer = VARVE_HAS_SANITIZER;

}  // namespace varve::crash

#endif  // VARVE_CRASH_ALLOCATIONS_SANITIZER_H_
