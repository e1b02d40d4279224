#include "crash/state.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <string>

#include "kernel/base/status.h"
#include "kernel/primitive.h"
#include "kernel/registry.h"
#include "kernel/row_walk.h"

namespace varve::crash {
namespace {

constexpr std::size_t kLineBytes = 16;
constexpr std::size_t kLinesAround = 3;

using RowVisitor =
    std::function<void(const Primitive&, const TableSpec&, const RunId&, const Row&)>;

absl::Status VisitRows(ReadView& view, const RowVisitor& visit,
                       const std::function<void(const Primitive&)>& end_of_primitive) {
  for (const auto& primitive : view.registry().primitives()) {
    const PrimitiveSpec& spec = primitive->spec();
    for (const TableSpec& table : spec.tables) {
      VARVE_RETURN_IF_ERROR(
          view.VisitTable({spec.id, table.number}, [&](const RunId& run, const Row& row) {
            visit(*primitive, table, run, row);
            return true;
          }));
    }
    end_of_primitive(*primitive);
  }
  return absl::OkStatus();
}

// Digests what identifies a row. Numbers carry their size, so that no two rows read alike.
class RowDigest final {
 public:
  void Add(const TableSpec& table, const RunId& run, const Row& row) {
    std::array<std::uint64_t, 5> numbers = {table.number, row.key.size(), row.value.size(),
                                            row.lsn.value(), row.commit_time.micros()};
    builder_.Add({reinterpret_cast<const char*>(numbers.data()), sizeof numbers});
    builder_.Add(run.view());
    builder_.Add(row.key);
    builder_.Add(row.value);
  }
  void EndPrimitive(PrimitiveId id) { builder_.EndSection(id, 1, 0); }
  [[nodiscard]] snapshot::Digest Finish() const { return builder_.Finish(); }

 private:
  snapshot::DigestBuilder builder_;
};

std::string PositionText(const Row& row) {
  return ", LSN " + std::to_string(row.lsn.value()) + ", time " +
         std::to_string(row.commit_time.micros());
}

std::string OneSided(const char* title, const StateRow& row) {
  std::string text = std::string(title) + row.place + "\n  " + row.shown + "\n";
  return text + HexdumpAround(row.value, 0);
}

}  // namespace

absl::StatusOr<snapshot::Digest> DigestOf(ReadView& view) {
  RowDigest digest;
  VARVE_RETURN_IF_ERROR(VisitRows(
      view,
      [&](const Primitive&, const TableSpec& table, const RunId& run, const Row& row) {
        digest.Add(table, run, row);
      },
      [&](const Primitive& primitive) { digest.EndPrimitive(primitive.spec().id); }));
  return digest.Finish();
}

absl::StatusOr<std::vector<StateRow>> RowsOf(ReadView& view) {
  std::vector<StateRow> rows;
  VARVE_RETURN_IF_ERROR(VisitRows(
      view,
      [&](const Primitive& primitive, const TableSpec& table, const RunId& run, const Row& row) {
        const RowDescription description = primitive.DescribeRow(table.number, row.key, row.value);
        rows.push_back({.place = primitive.spec().name + " " + table.name +
                                 (run.is_nil() ? "" : ", run " + run.ToString()) + ", key " +
                                 Quoted(row.key),
                        .value = std::string(row.value),
                        .shown = Quoted(description.subject) + " = " + Quoted(description.content) +
                                 PositionText(row)});
      },
      [](const Primitive&) {}));
  return rows;
}

std::string FirstDifference(const std::vector<StateRow>& expected,
                            const std::vector<StateRow>& found) {
  for (std::size_t i = 0; i < std::max(expected.size(), found.size()); ++i) {
    const bool ends = i >= expected.size() || i >= found.size();
    if (!ends && expected[i].place == found[i].place && expected[i].value == found[i].value &&
        expected[i].shown == found[i].shown) {
      continue;
    }
    if (!ends && expected[i].place == found[i].place) {
      const std::string& left = expected[i].value;
      const std::string& right = found[i].value;
      const auto differs = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
      const auto offset = static_cast<std::size_t>(differs.first - left.begin());
      return "row " + expected[i].place + "\nexpected " + expected[i].shown + "\n" +
             HexdumpAround(left, offset) + "found    " + found[i].shown + "\n" +
             HexdumpAround(right, offset);
    }
    // The rows stand in the order of their places as the store has them; whichever of the two does
    // not occur on the other side is the one too many.
    const auto is_in = [](const std::vector<StateRow>& rows, const StateRow& row) {
      return std::any_of(rows.begin(), rows.end(),
                         [&](const StateRow& other) { return other.place == row.place; });
    };
    if (i < expected.size() && !is_in(found, expected[i])) {
      return OneSided("missing: row ", expected[i]);
    }
    if (i < found.size()) return OneSided("not expected: row ", found[i]);
  }
  return "";
}

std::string HexdumpAround(std::string_view bytes, std::size_t offset) {
  const std::size_t line = std::min(offset, bytes.size()) / kLineBytes;
  const std::size_t first = (line > kLinesAround ? line - kLinesAround : 0) * kLineBytes;
  const std::size_t last = std::min(bytes.size(), (line + kLinesAround + 1) * kLineBytes);
  std::string text;
  for (std::size_t at = first; at < last; at += kLineBytes) {
    char number[24];
    std::snprintf(number, sizeof number, "  %08zx ", at);
    text += number;
    std::string shown;
    for (std::size_t i = at; i < at + kLineBytes; ++i) {
      if (i >= last) {
        text += "   ";
        continue;
      }
      const auto byte = static_cast<unsigned char>(bytes[i]);
      std::snprintf(number, sizeof number, "%c%02x", i == offset ? '>' : ' ', byte);
      text += number;
      shown.push_back(byte >= 0x20 && byte < 0x7F ? static_cast<char>(byte) : '.');
    }
    text += "  " + shown + "\n";
  }
  return text;
}

}  // namespace varve::crash
