// docs/upgrading.md: what an earlier and a later version of a program do with each other's stores.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include "kernel/primitive.h"
#include "primitives/builtin.h"
#include "recovery/open.h"

namespace varve {
namespace {

constexpr PrimitiveId kNotesId{40};
constexpr EntryType kNotePut = 0xB0;
constexpr TableId kNotes{kNotesId, 0};

// Notes as a version of a program knows them: payloads up to that version.
class NotesPrimitive final : public Primitive {
 public:
  explicit NotesPrimitive(std::uint8_t version) {
    spec_.id = kNotesId;
    spec_.name = "test.notes";
    spec_.entry_range = kNotePut;
    spec_.entries = {{.type = kNotePut, .name = "NotePut", .payload_version_max = version}};
    spec_.tables = {{.number = kNotes.number, .name = "notes"}};
  }
  const PrimitiveSpec& spec() const override { return spec_; }
  absl::Status Apply(const Entry& entry, ApplyContext& context) const override {
    return context.Put(kNotes.number, entry.payload,
                       entry.payload_version == 1 ? "as the first wrote it" : "as the second did");
  }
  EntryDescription Describe(const Entry& /*entry*/) const override { return {"note", "", ""}; }

 private:
  PrimitiveSpec spec_;
};

class UpgradingTest : public testing::Test {
 protected:
  UpgradingTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~UpgradingTest() override { std::filesystem::remove_all(folder_); }

  absl::StatusOr<OpenedStore> OpenWith(std::uint8_t version) {
    PrimitiveRegistry registry;
    RegisterBuiltinPrimitives(registry);
    EXPECT_TRUE(registry.Register(std::make_unique<NotesPrimitive>(version)).ok());
    return OpenStore(folder_ + "/a.varve", std::move(registry));
  }
  static void PutNote(Store& store, std::string_view name, std::uint8_t version) {
    const auto receipt = store.Update([&](Transaction& transaction) {
      return transaction.Write({.type = kNotePut, .payload_version = version, .payload = name});
    });
    EXPECT_TRUE(receipt.ok()) << receipt.status();
  }
  static std::string Note(Store& store, std::string_view name) {
    auto view = store.View();
    const auto row = view->Get(kNotes, RunId(), name);
    return row.ok() && row->has_value() ? std::string((*row)->value) : "absent";
  }
  // The bytes of every file of the store.
  std::map<std::string, std::string> Files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      if (!entry.is_regular_file()) continue;
      std::ostringstream bytes;
      bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      files[entry.path().string()] = bytes.str();
    }
    return files;
  }

  const std::string folder_ = (std::filesystem::path(testing::TempDir()) / "upgrading").string();
};

TEST_F(UpgradingTest, ALaterVersionReadsWhatAnEarlierOneWrote) {
  PutNote(*OpenWith(1)->store, "n", 1);
  std::filesystem::remove(folder_ + "/a.varve/state.mdb");  // from the log itself
  const auto opened = OpenWith(2);
  ASSERT_TRUE(opened.ok()) << opened.status();
  PutNote(*opened->store, "m", 2);
  EXPECT_EQ(Note(*opened->store, "n"), "as the first wrote it");
  EXPECT_EQ(Note(*opened->store, "m"), "as the second did");
}

TEST_F(UpgradingTest, AnEarlierVersionGoesOnWhereNothingLaterWasWritten) {
  PutNote(*OpenWith(2)->store, "n", 1);
  const auto opened = OpenWith(1);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(Note(*opened->store, "n"), "as the first wrote it");
}

TEST_F(UpgradingTest, AnEarlierVersionRefusesWhatIsLaterAndChangesNoByte) {
  PutNote(*OpenWith(2)->store, "n", 2);
  std::filesystem::remove(folder_ + "/a.varve/state.mdb");
  const auto before = Files();
  const absl::Status status = OpenWith(1).status();
  EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
  EXPECT_NE(status.message().find("NotePut"), absl::string_view::npos) << status;
  EXPECT_EQ(Files(), before);
  const auto opened = OpenWith(2);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(Note(*opened->store, "n"), "as the second did");
}

}  // namespace
}  // namespace varve
