#include "cli/check_report.h"

#include "kernel/base/status.h"

namespace varve::cli {
namespace {

struct GravityText {
  const char* mark;  // before the line
  const char* name;  // in JSON
};

GravityText TextOf(Gravity gravity) {
  switch (gravity) {
    case Gravity::kNote:
      return {"--  ", "note"};
    case Gravity::kRepairable:
      return {"!   ", "repairable"};
    case Gravity::kDamage:
      break;
  }
  return {"BAD ", "damage"};
}

}  // namespace

void CheckReport::Add(Gravity gravity, std::string_view text) {
  output_.Line(TextOf(gravity).mark + std::string(text));
  findings_.push_back(Json{{"gravity", TextOf(gravity).name}, {"text", text}});
  if (gravity == Gravity::kRepairable) ++repairable_;
}

void CheckReport::AddError(const absl::Status& status) {
  if (absl::IsCancelled(status)) return;
  const std::string text(FromAbsl(status.message()));
  if (live_ && absl::IsNotFound(status)) {
    Add(Gravity::kNote, text + " (a writing process removed it meanwhile)");
    return;
  }
  if (first_damage_.ok()) first_damage_ = status;
  Add(Gravity::kDamage, text);
}

}  // namespace varve::cli
