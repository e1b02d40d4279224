#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "crash/process/process_case.h"
#include "crash/process/real_check.h"
#include "crash/process/trace_disk.h"
#include "kernel/base/status.h"

namespace varve::crash {
namespace {

CrashChoice DrawChoice(Decisions& random, const StrictFileSystem& files) {
  switch (random.Below(10)) {
    case 0:
      return CrashChoice::Nothing();
    case 1:
      return CrashChoice::All();
    case 2:
      return CrashChoice::Killed();
    case 3:
    case 4:
      return CrashChoice::Prefix(random.Below(files.pending_count() + 1));
    default: {
      constexpr std::array<std::size_t, 4> kSectors = {512, 4096, 8, 512};
      const std::size_t sector = kSectors[random.Below(kSectors.size())];
      return CrashChoice::Random(random(), sector);
    }
  }
}

// The first file that two folders do not have alike; empty: none.
std::string FirstDifference(const std::map<std::string, std::string>& one,
                            const std::map<std::string, std::string>& other,
                            const std::set<std::string>& mapped) {
  for (const auto& [path, content] : one) {
    const auto found = other.find(path);
    if (found == other.end()) return path;
    if (!mapped.contains(path) && found->second != content) return path;
  }
  return one.size() == other.size() ? "" : "a file more than there should be";
}

// Plays a trace onto a disk and looks at images of it on the way.
class ImageWalk final {
 public:
  using Notes = std::function<void(const std::string&)>;

  ImageWalk(const ExplorerOptions& options, Decisions& random, const std::string& image_folder,
            Twin& twin, ProcessCounts& counts, Notes note)
      : options_(options),
        random_(random),
        image_folder_(image_folder),
        counts_(counts),
        note_(std::move(note)),
        check_(options.subjects, twin, image_folder, counts) {
    disk_.files().SetHook([this](const Call& call) { TakeImages("before " + call.ToString()); });
  }

  CaseEnd Run(const Trace& trace) {
    for (const TraceEvent& event : trace.events) {
      if (event.kind == TraceEvent::Kind::kMarker) promise_.Take(event.bytes);
      const absl::Status played = disk_.Play(event);
      if (!end_.ok()) return end_;
      if (!played.ok()) return {.tool = played, .verdict = {}};
    }
    TakeImages("behind the last call");
    return end_;
  }

  TraceDisk& disk() { return disk_; }

 private:
  void TakeImages(const std::string& moment) {
    if (!end_.ok()) return;
    const std::uint64_t count = random_.Below(options_.images_per_cut + 1);
    counts_.cuts += count > 0 ? 1 : 0;
    for (std::uint64_t i = 0; i < count && end_.ok(); ++i) {
      const CrashChoice choice = DrawChoice(random_, disk_.files());
      const CheckPlan plan = CheckPlan::Draw(random_);
      std::map<std::string, std::string> contents = disk_.files().CrashImage(choice)->Contents();
      Scribble(contents);
      const std::string place = moment + ": " + choice.ToString();
      note_(place);
      end_.tool = WriteFolder(image_folder_, contents);
      if (!end_.tool.ok()) return;
      end_.verdict = check_.Check(promise_, plan);
      if (!end_.verdict.ok()) end_.verdict = AddContext(end_.verdict, place);
    }
  }

  // What a map held at the moment is not in the trace: zeros, or anything.
  void Scribble(std::map<std::string, std::string>& contents) {
    for (const std::string& path : disk_.mapped()) {
      const auto found = contents.find(path);
      if (found == contents.end() || !random_.Chance(50)) continue;
      Dice dice(random_());
      for (char& byte : found->second) byte = static_cast<char>(dice.Below(256));
    }
  }

  const ExplorerOptions& options_;
  Decisions& random_;
  const std::string image_folder_;
  ProcessCounts& counts_;
  const Notes note_;
  RealCheck check_;
  TraceDisk disk_;
  Promise promise_;
  CaseEnd end_;
};

}  // namespace

CaseEnd TraceCase::Explore(Trace trace) {
  const absl::StatusOr<std::map<std::string, std::string>> truth = ReadFolder(work_folder());
  if (!truth.ok()) return {.tool = truth.status(), .verdict = {}};
  if (options_.spoil != nullptr) options_.spoil(trace);
  ImageWalk walk(options_, random_, image_folder(), *twin_, findings_.counts(),
                 [this](const std::string& place) { Note(place); });
  CaseEnd end = walk.Run(trace);
  if (!end.ok()) return end;
  const std::string different =
      FirstDifference(*truth, walk.disk().files().Contents(), walk.disk().mapped());
  if (!different.empty()) {
    end.tool = MakeStatus(absl::StatusCode::kInternal, "the trace does not tell all that was done ",
                          "to ", different, ": the tracer has missed a call");
  }
  return end;
}

}  // namespace varve::crash
