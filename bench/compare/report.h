// Medians, ratios, one table per workload for people and JSON lines for programs.
#ifndef VARVE_BENCH_COMPARE_REPORT_H_
#define VARVE_BENCH_COMPARE_REPORT_H_

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "bench/compare/workload.h"

namespace varve::compare {

// Everything measured for one workload.
class Results final {
 public:
  explicit Results(const Workload& workload) : workload_(workload) {}

  // One repetition of one system, in the order in which the table is to show them. `peer`: one that
  // Varve is compared with. Ends the program where the answers of two systems differ.
  void Add(const std::string& system, bool peer, const Outcome& outcome);

  void PrintTable(std::ostream& out) const;
  void PrintJson(std::ostream& out) const;

 private:
  struct Series {
    std::string unit;
    std::vector<double> values;
  };
  struct System {
    std::string name;
    bool peer = false;
    std::vector<std::string> metrics;  // in the order given
    std::map<std::string, Series> series;
  };
  struct Line;
  [[nodiscard]] std::vector<Line> Lines() const;
  [[nodiscard]] double FloorOf(const std::string& metric) const;     // 0: none
  [[nodiscard]] double BestPeerOf(const std::string& metric) const;  // 0: none
  [[nodiscard]] bool LowerIsBetter(const std::string& metric) const;

  const Workload& workload_;
  std::vector<System> systems_;
  std::uint64_t digest_ = 0;
};

// 12345.6 -> "12.3 k"; milliseconds stay as they are: 12345.6 -> "12346".
[[nodiscard]] std::string Readable(double value, const std::string& unit = "");

}  // namespace varve::compare

#endif  // VARVE_BENCH_COMPARE_REPORT_H_
