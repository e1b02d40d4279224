#include <utility>

#include "kernel/base/status.h"
#include "tests/crash/proof/driver.h"
#include "tests/crash/proof/life.h"
#include "tests/crash/proof/planted.h"

namespace varve::crash {
namespace {

constexpr std::uint64_t kImagePercent = 12;  // of the calls that change the disk

class ImagesCase final {
 public:
  explicit ImagesCase(std::uint64_t seed)
      : dice_(seed), options_(DrawOptions(dice_)), world_(seed, BuiltinSubjects()) {}
  ~ImagesCase() { world_.files().SetHook(nullptr); }
  ImagesCase(const ImagesCase&) = delete;
  ImagesCase& operator=(const ImagesCase&) = delete;

  absl::Status Run() {
    const bool through_seven = dice_.Chance(35);
    const std::vector<SweepStep> steps = DrawSteps(dice_, through_seven ? 18 : 30, through_seven);
    world_.files().SetHook([this](const Call& call) { CheckCrash(call); });
    VARVE_ASSIGN_OR_RETURN(opened_, world_.Open(options_));
    for (const SweepStep& step : steps) {
      const absl::Status status = RunStepAndCompare(step, world_, options_, opened_, promises_);
      VARVE_RETURN_IF_ERROR(found_);
      if (!status.ok()) return Wrong("a step failed", status.ToString());
    }
    const absl::Status closed = opened_.store->Close();
    opened_ = {};
    VARVE_RETURN_IF_ERROR(found_);
    VARVE_RETURN_IF_ERROR(closed);
    promises_.history.AllDurable();
    return CheckImage(world_.After(CrashChoice::Nothing(), dice_.Chance(50)), options_, promises_,
                      dice_.Next());
  }

 private:
  void CheckCrash(const Call& call) {
    if (!found_.ok() || !dice_.Chance(kImagePercent)) return;
    NoteCrash();
    const CrashChoice choice = DrawChoice(dice_);
    found_ = CheckImage(world_.After(choice, dice_.Chance(50)), options_, promises_, dice_.Next());
    if (found_.ok()) return;
    found_ = AddContext(found_, "crash before " + call.ToString() + " (" + choice.ToString() + ")");
  }

  Dice dice_;
  const OpenOptions options_;
  Promises promises_;
  absl::Status found_;
  World world_;
  OpenedStore opened_;
};

}  // namespace

absl::Status RunImagesCase(std::uint64_t seed) { return ImagesCase(seed).Run(); }

}  // namespace varve::crash
