// What a store needs of the outside, in one handle.
#ifndef VARVE_KERNEL_IO_ENVIRONMENT_H_
#define VARVE_KERNEL_IO_ENVIRONMENT_H_

#include "kernel/io/clock.h"
#include "kernel/io/file_system.h"

namespace varve {

class LogSink;
class Tracer;

// Borrowed pointers; what they point to must outlive every store opened with them.
struct Environment {
  FileSystem* files = &PosixFileSystem();
  Clock* clock = &SystemClock();
  Entropy* entropy = &SystemEntropy();
  LogSink* log_sink = nullptr;  // what the store has to say to people; see log_sink.h
  Tracer* tracer = nullptr;     // what it is doing; see tracer.h
};

}  // namespace varve

#endif  // VARVE_KERNEL_IO_ENVIRONMENT_H_
