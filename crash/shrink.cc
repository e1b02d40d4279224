#include "crash/shrink.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "kernel/base/status.h"

namespace varve::crash {
namespace {

class Shrinker final {
 public:
  Shrinker(Story story, const std::function<bool(const Story&)>& fails,
           const ShrinkOptions& options)
      : story_(std::move(story)), fails_(fails), options_(options) {}

  // What happens first, then what exactly: decisions are many, and most go with their steps.
  Story Run() {
    ShrinkEvents();
    for (std::size_t i = 0; i < story_.lives.size(); ++i) {
      for (std::size_t s = 0; s < story_.lives[i].steps.size() && !Cancelled(); ++s) {
        ShrinkStep([i, s](Story& to) -> Step& { return to.lives[i].steps[s]; });
      }
    }
    ShrinkEvents();
    return story_;
  }

 private:
  [[nodiscard]] bool Cancelled() const { return options_.cancelled && options_.cancelled(); }

  void ShrinkEvents() {
    do {
      changed_ = false;
      DropParts([](Story& to) -> std::vector<Life>& { return to.lives; });
      for (std::size_t i = 0; i < story_.lives.size() && !Cancelled(); ++i) ShrinkLife(i);
      Try([](Story& to) { to.rot.reset(); });
      Try([](Story& to) { to.options = StoryOptions(); });
      Try([](Story& to) { to.seed = 1; });
    } while (changed_ && !Cancelled());
  }

  bool Try(const std::function<void(Story&)>& change) {
    if (Cancelled()) return false;
    Story candidate = story_;
    change(candidate);
    if (candidate == story_) return false;
    ++attempts_;
    const bool fails = fails_(candidate);
    if (fails) {
      story_ = std::move(candidate);
      changed_ = true;
    }
    if (options_.progress) options_.progress(attempts_, story_);
    return fails;
  }

  // Leaves out as many neighbours at once as goes: halves first, single ones last.
  // `select` gives the list of a story; that of story_ is another one after each success.
  template <typename Select>
  void DropParts(const Select& select) {
    for (std::size_t size = std::max<std::size_t>(1, select(story_).size() / 2);; size /= 2) {
      for (std::size_t at = 0; at < select(story_).size() && !Cancelled();) {
        const std::size_t end = std::min(select(story_).size(), at + size);
        const bool dropped = Try([&](Story& to) {
          auto& list = select(to);
          list.erase(list.begin() + static_cast<std::ptrdiff_t>(at),
                     list.begin() + static_cast<std::ptrdiff_t>(end));
        });
        if (!dropped) at = end;
      }
      if (size <= 1) return;
    }
  }

  void ShrinkLife(std::size_t i) {
    const auto life = [i](Story& to) -> Life& { return to.lives[i]; };
    DropParts([&](Story& to) -> std::vector<Step>& { return life(to).steps; });
    DropParts([&](Story& to) -> std::vector<Fault>& { return life(to).faults; });
    for (const CrashChoice& choice :
         {CrashChoice::Nothing(), CrashChoice::Killed(), CrashChoice::All()}) {
      const bool is_simplest = life(story_).left == choice;
      if (is_simplest || Try([&](Story& to) { life(to).left = choice; })) break;
    }
    ShrinkMemory([&](Story& to) -> std::optional<MemoryFault>& { return life(to).memory; });
    ShrinkMemory([&](Story& to) -> std::optional<MemoryFault>& { return life(to).closing_memory; });
    for (std::size_t s = 0; s < story_.lives[i].steps.size(); ++s) {
      ShrinkMemory(
          [&](Story& to) -> std::optional<MemoryFault>& { return life(to).steps[s].memory; });
    }
    Try([&](Story& to) { life(to).left.sector_bytes = 512; });
    Try([&](Story& to) { life(to).keeps_rows = true; });
    Try([&](Story& to) { life(to).closes = false; });
    if (!Try([&](Story& to) { life(to).cut_before_call = 0; })) {
      Lower([&](Story& to) -> std::uint64_t& { return life(to).cut_before_call; });
    }
    for (std::size_t f = 0; f < story_.lives[i].faults.size(); ++f) {
      Lower([&](Story& to) -> std::uint64_t& { return life(to).faults[f].skip; });
      Try([&](Story& to) { life(to).faults[f].times = 1; });
    }
  }

  void ShrinkMemory(const std::function<std::optional<MemoryFault>&(Story&)>& fault) {
    if (!fault(story_).has_value() || Try([&](Story& to) { fault(to).reset(); })) return;
    Try([&](Story& to) { fault(to)->lasts = false; });
    Lower([&](Story& to) -> std::uint64_t& { return fault(to)->skip; });
  }

  void Lower(const std::function<std::uint64_t&(Story&)>& number) {
    while (Try([&](Story& to) { number(to) /= 2; })) {
    }
    while (Try([&](Story& to) { number(to) -= number(to) > 0 ? 1 : 0; })) {
    }
  }

  void ShrinkStep(const std::function<Step&(Story&)>& step) {
    Try([&](Story& to) { step(to).clock_micros = 0; });
    Try([&](Story& to) {
      if (step(to).is_commit()) step(to).kind = Step::Kind::kCommitDurably;
    });
    const auto fails = [&](const std::string& choices) {
      return Try([&](Story& to) { step(to).choices = choices; });
    };
    (void)ShrinkStream(step(story_).choices, fails, [this] { return Cancelled(); });
  }

  Story story_;
  const std::function<bool(const Story&)>& fails_;
  const ShrinkOptions& options_;
  std::uint64_t attempts_ = 0;
  bool changed_ = false;
};

}  // namespace

Story ShrinkStory(const Story& story, const std::function<bool(const Story&)>& fails,
                  const ShrinkOptions& options) {
  return Shrinker(story, fails, options).Run();
}

std::string ShrinkStream(const std::string& stream,
                         const std::function<bool(const std::string&)>& fails,
                         const std::function<bool()>& cancelled) {
  std::string smallest = stream;
  const auto attempt = [&](std::string candidate) {
    if (candidate == smallest || (cancelled && cancelled()) || !fails(candidate)) return false;
    smallest = std::move(candidate);
    return true;
  };
  // Behind the end everything is zero.
  std::string trimmed = smallest;
  while (!trimmed.empty() && trimmed.back() == '\0') trimmed.pop_back();
  attempt(trimmed);
  std::size_t too_short = 0;  // the shortest prefix that fails, where longer ones do, too
  while (smallest.size() > too_short + 1) {
    const std::size_t middle = too_short + (smallest.size() - too_short) / 2;
    if (!attempt(smallest.substr(0, middle))) too_short = middle;
  }
  for (std::size_t size = std::max<std::size_t>(1, smallest.size() / 2);; size /= 2) {
    for (std::size_t at = 0; at < smallest.size();) {
      std::string without = smallest;
      without.erase(at, size);
      if (attempt(std::move(without))) continue;
      std::string zeroed = smallest;
      std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(at),
                zeroed.begin() + static_cast<std::ptrdiff_t>(std::min(zeroed.size(), at + size)),
                '\0');
      attempt(std::move(zeroed));
      at += size;
    }
    if (size <= 1) break;
  }
  return smallest;
}

std::string BrokenPromise(const absl::Status& verdict) {
  const std::string message(FromAbsl(verdict.message()));
  const std::size_t colon = message.find(": ");
  const bool names_oracle = message.starts_with('O') && colon != std::string::npos && colon <= 3;
  return names_oracle ? message.substr(0, colon) : message;
}

}  // namespace varve::crash
