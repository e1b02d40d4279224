// Damage at rest, done to a simulated disk. Only for story_run.cc.
#ifndef VARVE_CRASH_STORY_ROT_H_
#define VARVE_CRASH_STORY_ROT_H_

#include <cstdint>
#include <map>
#include <string>

#include "crash/simulated/strict_file_system.h"
#include "crash/story.h"

namespace varve::crash {

// Does to the file `path`, at `offset` within it, what `rot.kind` says. `before`: the files as they
// were before the writes that get lost. Nothing of the file may be pending.
void Spoil(const Rot& rot, const std::string& path, std::uint64_t offset,
           const std::map<std::string, std::string>& before, StrictFileSystem& files);

}  // namespace varve::crash

#endif  // VARVE_CRASH_STORY_ROT_H_
