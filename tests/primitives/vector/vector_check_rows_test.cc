#include "gmock/gmock.h"
#include "primitives/vector/vector.h"
#include "primitives/vector/vector_payload.h"
#include "primitives/vector/vector_primitive.h"
#include "tests/primitives/vandal.h"

namespace varve {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr RunId kRun({7});
constexpr VectorShape kShape{.dimension = 2, .metric = VectorMetric::kDot};

class VectorCheckRows : public VandalizedStore<VectorPrimitive> {
 protected:
  VectorCheckRows() {
    for (const RunId& run : {RunId(), kRun}) {
      PutRow(kVectorCollections, "c", vector::EncodeShape(kShape), run);
      PutRow(kVectorRows, Key("c"), RowOf(kShape), run);
    }
  }
  static std::string Key(std::string_view collection) {
    return vector::MakeVectorKey(collection, "k");
  }
  static std::string RowOf(const VectorShape& shape) {
    const std::vector<float> components(shape.dimension, 0.5F);
    return vector::EncodeRow(shape, vector::EncodeComponents(components), "{}");
  }
};

TEST_F(VectorCheckRows, FindsNothingInRowsAsTheyAreWritten) { EXPECT_THAT(Fault(), IsEmpty()); }

TEST_F(VectorCheckRows, FindsAVectorOfAnotherShape) {
  PutRow(kVectorRows, Key("c"), RowOf({.dimension = 3, .metric = kShape.metric}), kRun);
  EXPECT_THAT(
      Fault(),
      HasSubstr(
          "run " + kRun.ToString() +
          ": collection \"c\", vector \"k\": it is of the shape 3 dot, its collection of 2 dot"));
  PutRow(kVectorRows, Key("c"), RowOf({.dimension = 2, .metric = VectorMetric::kCosine}), kRun);
  EXPECT_THAT(Fault(), HasSubstr("it is of the shape 2 cosine, its collection of 2 dot"));
}

TEST_F(VectorCheckRows, FindsAVectorWithoutACollection) {
  DeleteRow(kVectorCollections, "c", kRun);
  EXPECT_THAT(Fault(), HasSubstr("there is no such collection"));
}

TEST_F(VectorCheckRows, FindsRowsThatDoNotDecode) {
  PutRow(kVectorRows, Key("c"), "x", kRun);
  EXPECT_THAT(Fault(), HasSubstr("collection \"c\", vector \"k\": Vector"));
  PutRow(kVectorRows, "x", "x", kRun);
  EXPECT_THAT(Fault(), HasSubstr(kRun.ToString()));
  PutRow(kVectorCollections, "c", vector::EncodeShape(kShape) + "x", kRun);
  EXPECT_THAT(Fault(), HasSubstr("goes on behind the shape"));
  PutRow(kVectorCollections, "c", "x", kRun);
  EXPECT_THAT(Fault(), HasSubstr("collection \"c\""));
}

}  // namespace
}  // namespace varve
