// The words that every other header of the C interface is made of. Part of varve.h: include that.
#ifndef VARVE_BINDINGS_C_VARVE_TYPES_H_
#define VARVE_BINDINGS_C_VARVE_TYPES_H_

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define VARVE_API __attribute__((visibility("default")))
#else
#define VARVE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

// The version of Varve that this header is of: "major.minor.patch".
#define VARVE_VERSION "0.1.0"
// The version of this interface. It rises only when a program compiled against an earlier header
// would break; a shared library of another one has another name (libvarve.so.0 has 0).
#define VARVE_ABI_VERSION 0

// Those of the library in use. The text lives for ever.
VARVE_API const char* varve_version(void);
VARVE_API uint32_t varve_abi_version(void);

// 0 is false, anything else true; what Varve gives is 0 or 1.
typedef int32_t varve_bool;

// Bytes that belong to somebody else. As an argument they are read during the call only. `data` may
// be NULL where `size` is 0. Bytes that Varve gives are not terminated by a NUL.
typedef struct varve_slice {
  const void* data;
  size_t size;
} varve_slice;

// The bytes of a C string, without its NUL. NULL: no bytes.
static inline varve_slice varve_text(const char* text) {
  varve_slice slice;
  slice.data = text;
  slice.size = text == NULL ? 0 : strlen(text);
  return slice;
}

// Bytes that belong to the caller, who gives them back with varve_bytes_free. Behind the last one
// stands a NUL that `size` does not count. NULL and 0: nothing to give back.
typedef struct varve_bytes {
  void* data;
  size_t size;
} varve_bytes;

// Leaves NULL and 0 behind. `bytes` may be NULL.
VARVE_API void varve_bytes_free(varve_bytes* bytes);

// 16 opaque bytes: of a store, or of a run. A run parameter that is NULL or all zeros means the
// default run.
typedef struct varve_uuid {
  uint8_t bytes[16];
} varve_uuid;

#define VARVE_UUID_TEXT_SIZE 37  // 36 characters and a NUL

// "6ba7b810-9dad-11d1-80b4-00c04fd430c8". `text` has room for VARVE_UUID_TEXT_SIZE characters.
VARVE_API void varve_uuid_format(const varve_uuid* uuid, char* text);
// False: `text` is not such a text (either case), and `uuid` is as it was.
VARVE_API varve_bool varve_uuid_parse(varve_slice text, varve_uuid* uuid);

// Every struct but the three above begins with its own size, so that later versions can add fields
// at the end. Make one with
//
//   varve_open_options options = VARVE_INIT(varve_open_options);
//
// which sets the size and zero everywhere else. In what Varve reads, zero always means the default;
// a struct of an earlier header lacks the newer fields, which then have their default; one of a
// later header is refused (VARVE_INVALID_ARGUMENT) unless the fields that this library does not
// know are zero. In what Varve writes, fields that the caller's header lacks are left out, and
// those that this library does not know are zero. What Varve points to may be longer than the
// header says.
#ifdef __cplusplus
extern "C++" {
template <typename Struct>
inline Struct varve_init_() {
  Struct made = Struct();
  made.struct_size = sizeof(Struct);
  return made;
}
}  // extern "C++"
#define VARVE_INIT(type) (varve_init_<type>())
#else
#define VARVE_INIT(type) ((type){.struct_size = sizeof(type)})
#endif

// What a call answers: 0, or why not. The numbers are those of absl::StatusCode and of gRPC. What
// each means in Varve: docs/errors.md. More may come; treat an unknown one as VARVE_UNKNOWN.
typedef int32_t varve_status;
enum {
  VARVE_OK = 0,
  VARVE_CANCELLED = 1,
  VARVE_UNKNOWN = 2,           // the disk failed during a commit: it is whole or absent
  VARVE_INVALID_ARGUMENT = 3,  // also: a handle that is NULL, a struct of a wrong size
  VARVE_DEADLINE_EXCEEDED = 4,
  VARVE_NOT_FOUND = 5,
  VARVE_ALREADY_EXISTS = 6,
  VARVE_PERMISSION_DENIED = 7,
  VARVE_RESOURCE_EXHAUSTED = 8,   // a limit, the disk or memory
  VARVE_FAILED_PRECONDITION = 9,  // closed, read-only, poisoned, ended
  VARVE_ABORTED = 10,             // a conflict: begin again
  VARVE_OUT_OF_RANGE = 11,
  VARVE_UNIMPLEMENTED = 12,
  VARVE_INTERNAL = 13,
  VARVE_UNAVAILABLE = 14,
  VARVE_DATA_LOSS = 15,  // bytes on disk are wrong: see varve_error_damage
  VARVE_UNAUTHENTICATED = 16
};
// "NOT_FOUND". Lives for ever.
VARVE_API const char* varve_status_name(varve_status status);

// Why a call failed. Immutable; any thread. The caller frees it.
typedef struct varve_error varve_error;

// Every call that can fail has a `varve_error** error` as its last parameter, which may be NULL.
// Else it is written at every call: NULL where the answer is VARVE_OK, otherwise an error that the
// caller must free. All other outputs are then as they were, but handles, which are NULL.

// An error of one's own, to answer from a callback. `status` VARVE_OK counts as VARVE_UNKNOWN.
VARVE_API varve_error* varve_error_new(varve_status status, varve_slice message);
VARVE_API void varve_error_free(varve_error* error);
// VARVE_OK for NULL.
VARVE_API varve_status varve_error_status(const varve_error* error);
// What was wrong, where, and what to do; terminated by a NUL; lives as long as the error.
VARVE_API const char* varve_error_message(const varve_error* error);

// Why bytes on disk were refused. The slices live as long as the error.
enum {
  VARVE_DAMAGE_CORRUPT = 1,     // bytes contradict the format or their checksum
  VARVE_DAMAGE_MISSING = 2,     // a file or a part of one that must exist does not
  VARVE_DAMAGE_UNREADABLE = 3,  // the device failed the read
  VARVE_DAMAGE_FOREIGN = 4      // whole and intact, but of another store, place or time
};
typedef struct varve_damage {
  size_t struct_size;
  int32_t kind;
  varve_slice file;      // path as opened
  uint64_t offset;       // byte offset in `file` of the first bad structure
  uint64_t lsn;          // the record expected or concerned; 0 where none is
  varve_slice found;     // what is wrong there
  varve_slice evidence;  // what proves that it is damage and not a torn tail; may be empty
} varve_damage;
// False: the error carries none (or `damage` has no valid size), and `damage` is as it was.
VARVE_API varve_bool varve_error_damage(const varve_error* error, varve_damage* damage);

// For long work. Both may be NULL, and are called from the thread of the call, `user` as given.
typedef struct varve_progress {
  size_t struct_size;
  int32_t stage;   // VARVE_STAGE_..., where the work has stages
  uint64_t done;   // bytes
  uint64_t total;  // bytes; 0 while unknown
} varve_progress;
enum {
  VARVE_STAGE_PLAN = 0,
  VARVE_STAGE_LOAD_BASE = 1,
  VARVE_STAGE_REPLAY = 2,
  VARVE_STAGE_REBUILD_INDEXES = 3
};
typedef struct varve_control {
  size_t struct_size;
  void* user;
  void (*progress)(void* user, const varve_progress* progress);
  varve_bool (*cancelled)(void* user);  // asked now and then; true stops with VARVE_CANCELLED
} varve_control;

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // VARVE_BINDINGS_C_VARVE_TYPES_H_
