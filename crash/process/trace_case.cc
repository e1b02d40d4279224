#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "crash/process/process_case.h"
#include "crash/process/real_check.h"
#include "crash/process/trace_disk.h"
#include "kernel/base/status.h"

namespace varve::crash {
namespace {

constexpr std::uint64_t kLivesMax = 3;  // of the store of one case

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

// Plays the trace of one life onto a disk and looks at images of it on the way.
class ImageWalk final {
 public:
  struct Setting {
    const ExplorerOptions& options;
    Decisions& random;
    Twin& twin;
    const Script& script;
    const std::string image_folder;
    ProcessCounts& counts;
    std::function<void(const std::string&)> note;
  };

  // `files`: as the life before has left them, under `promise`; or empty, and `is_first`. An image
  // of the moment `kept_cut` is kept; 0: none.
  ImageWalk(Setting setting, std::unique_ptr<StrictFileSystem> files, const Promise& promise,
            bool is_first, std::uint64_t kept_cut)
      : setting_(std::move(setting)),
        is_first_(is_first),
        kept_cut_(kept_cut),
        check_(setting_.options.subjects, setting_.twin, setting_.image_folder, setting_.counts),
        disk_(std::move(files)),
        promise_(promise) {
    promise_.served = 0;
    disk_.files().SetHook([this](const Call& call) { TakeImages("before " + call.ToString()); });
  }

  CaseEnd Run(const Trace& trace) {
    for (const TraceEvent& event : trace.events) {
      if (event.kind == TraceEvent::Kind::kMarker) Take(event.bytes);
      const absl::Status played = disk_.Play(event);
      if (!end_.ok()) return end_;
      if (!played.ok()) return {.tool = played, .verdict = {}};
    }
    TakeImages("behind the last call");
    return end_;
  }

  TraceDisk& disk() { return disk_; }
  std::unique_ptr<StrictFileSystem> TakeKept() { return std::move(kept_); }
  [[nodiscard]] const Promise& kept_promise() const { return kept_promise_; }

 private:
  void Take(const std::string& marker) {
    const bool was_served = promise_.served > 0;
    promise_.Take(marker);
    if (is_first_ || was_served || promise_.served == 0) return;
    // Recovery has chosen: what it has discarded never was, and the life goes on from there.
    end_.verdict = setting_.twin.TruncateTo(promise_.durable);
    if (end_.verdict.ok()) end_.verdict = RunOnTwin(setting_.script, setting_.twin);
  }

  void TakeImages(const std::string& moment) {
    if (!end_.ok()) return;
    if (++cut_ == kept_cut_) {
      kept_ = disk_.files().CrashImage(DrawChoice(setting_.random, disk_.files()));
      kept_promise_ = promise_;
    }
    const std::uint64_t count = setting_.random.Below(setting_.options.images_per_cut + 1);
    setting_.counts.cuts += count > 0 ? 1 : 0;
    for (std::uint64_t i = 0; i < count && end_.ok(); ++i) TakeImage(moment);
  }

  void TakeImage(const std::string& moment) {
    const bool is_nested = !is_first_ && promise_.served == 0;
    const CrashChoice choice = DrawChoice(setting_.random, disk_.files());
    const CheckPlan plan = CheckPlan::Draw(setting_.random);
    std::map<std::string, std::string> contents = disk_.files().CrashImage(choice)->Contents();
    Scribble(contents);
    std::string place = moment + ": " + choice.ToString();
    if (!is_first_) place += is_nested ? " (in recovery from a crash)" : " (after a crash)";
    setting_.note(place);
    setting_.counts.nested += is_nested ? 1 : 0;
    end_.tool = WriteFolder(setting_.image_folder, contents);
    if (!end_.tool.ok()) return;
    end_.verdict = check_.Check(promise_, plan);
    if (!end_.verdict.ok()) end_.verdict = AddContext(end_.verdict, place);
  }

  // What a map held at the moment is not in the trace: zeros, or anything.
  void Scribble(std::map<std::string, std::string>& contents) {
    for (const std::string& path : disk_.mapped()) {
      const auto found = contents.find(path);
      if (found == contents.end() || !setting_.random.Chance(50)) continue;
      Dice dice(setting_.random());
      for (char& byte : found->second) byte = static_cast<char>(dice.Below(256));
    }
  }

  const Setting setting_;
  const bool is_first_;
  const std::uint64_t kept_cut_;
  std::uint64_t cut_ = 0;
  RealCheck check_;
  TraceDisk disk_;
  Promise promise_;
  std::unique_ptr<StrictFileSystem> kept_;
  Promise kept_promise_;
  CaseEnd end_;
};

}  // namespace

CaseEnd TraceCase::Explore(Trace trace) {
  Remains remains;
  if (options_.spoil != nullptr) options_.spoil(trace);
  CaseEnd end = ExploreLife(trace, remains);
  for (std::uint64_t life = 1; end.ok() && life < kLivesMax && remains.files != nullptr; ++life) {
    end = LiveOn(life, remains);
  }
  return end;
}

// A process opens the store on what the last one has left.
CaseEnd TraceCase::LiveOn(std::uint64_t life, Remains& remains) {
  script_ = DrawScript(random_, 1 + options_.steps / 3, life);
  SetThreads();
  Note("a process opens the store after a crash");
  CaseEnd end;
  end.tool = WriteFolder(work_folder(), remains.files->Contents());
  if (!end.tool.ok()) return end;
  absl::StatusOr<Trace> trace = Record();
  if (!trace.ok()) return {.tool = trace.status(), .verdict = {}};
  Promise promise = remains.promise;
  end.verdict = TakeEnd(*trace, promise);
  if (!end.verdict.ok()) return {.tool = {}, .verdict = AddContext(end.verdict, "after a crash")};
  if (options_.spoil != nullptr) options_.spoil(*trace);
  return ExploreLife(*trace, remains);
}

CaseEnd TraceCase::ExploreLife(const Trace& trace, Remains& remains) {
  const auto truth = ReadFolder(work_folder());
  if (!truth.ok()) return {.tool = truth.status(), .verdict = {}};
  const bool is_first = remains.files == nullptr;
  if (is_first) remains.files = std::make_unique<StrictFileSystem>();
  const std::uint64_t kept_cut = random_.Below(trace.changing_calls + 1);
  ImageWalk walk({options_, random_, *twin_, script_, image_folder(), findings_.counts(),
                  [this](const std::string& place) { Note(place); }},
                 std::move(remains.files), remains.promise, is_first, kept_cut);
  CaseEnd end = walk.Run(trace);
  if (!end.ok()) return end;
  const std::string different =
      FirstDifference(*truth, walk.disk().files().Contents(), walk.disk().mapped());
  if (!different.empty()) {
    end.tool = MakeStatus(absl::StatusCode::kInternal, "the trace does not tell all that was done ",
                          "to ", different, ": the tracer has missed a call");
  }
  remains = {walk.TakeKept(), walk.kept_promise()};
  return end;
}

}  // namespace varve::crash
