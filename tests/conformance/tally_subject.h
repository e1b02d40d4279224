// Step 6 of primitives/template: what the conformance suite and the crash harness are told of it.
#ifndef VARVE_TESTS_CONFORMANCE_TALLY_SUBJECT_H_
#define VARVE_TESTS_CONFORMANCE_TALLY_SUBJECT_H_

#include <memory>
#include <string>

#include "crash/subject.h"
#include "kernel/base/limits.h"
#include "primitives/template/tally.h"
#include "primitives/template/tally_primitive.h"

namespace varve {

inline crash::Subject TallySubject() {
  return {.make = [] { return std::make_unique<TallyPrimitive>(); },
          .operate = [](Transaction& transaction, const RunId& run,
                        crash::Decisions& random) -> absl::Status {
            Tally tally(transaction, run);
            const std::string name = "tally/" + std::to_string(random.Below(5));
            if (random.Below(8) == 0) return tally.Reset(name);
            return tally.Add(name, static_cast<std::int64_t>(random()));
          },
          .refusals = {{"an empty name",
                        [](Transaction& transaction, const RunId& run) {
                          return Tally(transaction, run).Add("", 1);
                        }},
                       {"a name past the limit", [](Transaction& transaction, const RunId& run) {
                          return Tally(transaction, run).Reset(std::string(kNameBytesMax + 1, 'n'));
                        }}}};
}

}  // namespace varve

#endif  // VARVE_TESTS_CONFORMANCE_TALLY_SUBJECT_H_
