// Step 6 of primitives/template: one line, and a test of each promise.
#include "gtest/gtest.h"
#include "tests/conformance/primitive_conformance.h"
#include "tests/conformance/tally_subject.h"

namespace varve {
namespace {

VARVE_PRIMITIVE_CONFORMANCE(Tally, TallySubject());

}  // namespace
}  // namespace varve
