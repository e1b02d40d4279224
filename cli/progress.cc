#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "cli/session.h"

namespace varve::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTerminalInterval{100};
constexpr std::chrono::milliseconds kLineInterval{2000};
constexpr unsigned kBarCells = 24;

}  // namespace

Progress::Progress(const Output& output, std::string label, Unit unit, std::uint64_t total)
    : json_(output.json()),
      terminal_(isatty(STDERR_FILENO) == 1),
      label_(std::move(label)),
      unit_(unit),
      total_(total),
      start_(Clock::now()),
      // The first drawing waits one interval: short work draws nothing.
      next_draw_(start_ + (terminal_ && !json_ ? kTerminalInterval : kLineInterval)) {}

Progress::~Progress() {
  if (drawn_ && !finished_) std::fputc('\n', stderr);
}

void Progress::Update(std::uint64_t done, const std::string& detail) {
  Update(done, total_, detail);
}

void Progress::Update(std::uint64_t done, std::uint64_t total, const std::string& detail) {
  done_ = done;
  total_ = total;
  if (Clock::now() < next_draw_) return;
  detail_ = detail;
  Draw();
}

void Progress::Finish() {
  if (finished_) return;
  const bool shown = drawn_ || Clock::now() >= next_draw_;
  if (shown || seconds() > 1) Draw();
  if (drawn_) std::fputc('\n', stderr);
  finished_ = true;
  drawn_ = false;
}

void Progress::Draw() {
  if (json_) {
    WriteJson();
  } else if (terminal_) {
    DrawBar();
    drawn_ = true;
  } else {
    WriteLine();
  }
  next_draw_ = Clock::now() + (terminal_ && !json_ ? kTerminalInterval : kLineInterval);
}

void Progress::DrawBar() const {
  std::string amount = Amount(done_);
  if (total_ > 0) {
    const unsigned filled = kBarCells * percent() / 100;
    amount = "[" + std::string(filled, '#') + std::string(kBarCells - filled, '.') + "] " +
             std::to_string(percent()) + "%  " + amount + " of " + Amount(total_);
  }
  // Clears to the end of the line, so that a shorter text leaves nothing behind.
  std::fprintf(stderr, "\r%s %s  %s\x1b[K", label_.c_str(), amount.c_str(), detail_.c_str());
}

void Progress::WriteLine() const {
  std::string amount = Amount(done_);
  if (total_ > 0) amount += " of " + Amount(total_) + " (" + std::to_string(percent()) + "%)";
  std::fprintf(stderr, "%s: %s  %s\n", label_.c_str(), amount.c_str(), detail_.c_str());
}

void Progress::WriteJson() const {
  const Json line = {{"progress", label_},   {"unit", unit_ == Unit::kBytes ? "bytes" : "records"},
                     {"done", done_},        {"total", total_},
                     {"seconds", seconds()}, {"detail", detail_}};
  std::fprintf(stderr, "%s\n", line.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

std::string Progress::Amount(std::uint64_t count) const {
  return unit_ == Unit::kBytes ? FormatBytes(count) : FormatCount(count);
}

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

unsigned Progress::percent() const {
  if (total_ == 0) return 0;
  const double share = 100.0 * static_cast<double>(done_) / static_cast<double>(total_);
  return static_cast<unsigned>(std::min(100.0, share));
}

std::function<absl::Status(std::uint64_t)> StepsOf(Progress& progress) {
  return [&progress](std::uint64_t done) {
    progress.Update(done);
    return Interrupted() ? absl::CancelledError("interrupted") : absl::OkStatus();
  };
}

}  // namespace varve::cli
