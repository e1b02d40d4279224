// bench_compare_vector: exact search beside FAISS and the memory floor. See README.md.
//
// A program of its own, since what it measures is no engine of keys and values.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iomanip>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bench/compare/stopwatch.h"
#include "primitives/vector/vector.h"
#include "primitives/vector/vector_primitive.h"
#include "recovery/open.h"

#ifdef VARVE_COMPARE_FAISS
#include <faiss/IndexFlat.h>
#include <omp.h>
#endif

namespace varve::compare {
namespace {

struct VectorArguments {
  std::size_t rows = 20000;
  std::size_t dimension = 128;
  std::size_t repetitions = 3;
  std::vector<std::size_t> batches = {1, 8, 64, 256};
  std::vector<std::size_t> threads = {1, 2};
};

constexpr std::size_t kBest = 10;

// A comparison with a failed step is none.
void Require(bool ok, const std::string& what) {
  if (ok) return;
  std::cerr << "bench_compare_vector: " << what << "\n";
  std::exit(1);
}

// The rows of the answers, best first: kBest for each query.
using Answers = std::vector<std::int64_t>;

struct SearchSystem {
  std::string name;
  std::function<Answers(const std::vector<float>& queries, std::size_t count, std::size_t threads)>
      search;
};

std::vector<float> RandomFloats(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> floats(count);
  for (float& component : floats) component = normal(random);
  return floats;
}

// A store in memory whose keys are the numbers of the rows.
std::unique_ptr<Store> FillStore(const VectorArguments& arguments, const std::vector<float>& rows,
                                 const VectorOptions& options) {
  PrimitiveRegistry registry;
  Require(registry.Register(std::make_unique<VectorPrimitive>(options)).ok(), "Register failed");
  auto opened = OpenInMemory(std::move(registry), {});
  Require(opened.ok(), "OpenInMemory failed");
  std::unique_ptr<Store> store = *std::move(opened);
  constexpr std::size_t kBatch = 1000;
  const VectorShape shape{.dimension = arguments.dimension, .metric = VectorMetric::kDot};
  for (std::size_t begin = 0; begin < arguments.rows; begin += kBatch) {
    const auto fill = [&](Transaction& txn) -> absl::Status {
      Vectors vectors(txn);
      if (begin == 0) Require(vectors.Create("c", shape).ok(), "Create failed");
      const std::size_t end = std::min(begin + kBatch, arguments.rows);
      for (std::size_t row = begin; row < end; ++row) {
        const std::span<const float> vector(&rows[row * arguments.dimension], arguments.dimension);
        const absl::Status written = vectors.Upsert("c", std::to_string(row), vector);
        if (!written.ok()) return written;
      }
      return absl::OkStatus();
    };
    Require(store->Update(fill).ok(), "a batch of vectors was refused");
  }
  return store;
}

SearchSystem VarveSystem(const std::string& name, const VectorArguments& arguments,
                         const std::vector<float>& rows, const VectorOptions& memory) {
  std::shared_ptr<Store> store = FillStore(arguments, rows, memory);
  return {name,
          [store](const std::vector<float>& queries, std::size_t /*count*/, std::size_t threads) {
            absl::StatusOr<ReadView> view = store->View();
            VectorSearchOptions options;
            options.k = kBest;
            options.threads = threads;
            options.include_metadata = false;
            const auto hits = Vectors(*view).SearchMany("c", queries, options);
            Require(hits.ok(), "a search failed");
            Answers answers;
            for (const std::vector<VectorHit>& found : *hits) {
              for (const VectorHit& hit : found) answers.push_back(std::stoll(hit.key));
            }
            return answers;
          }};
}

#ifdef VARVE_COMPARE_FAISS
SearchSystem FaissSystem(const VectorArguments& arguments, const std::vector<float>& rows) {
  auto index =
      std::make_shared<faiss::IndexFlatIP>(static_cast<faiss::Index::idx_t>(arguments.dimension));
  index->add(static_cast<faiss::Index::idx_t>(arguments.rows), rows.data());
  return {"faiss",
          [index](const std::vector<float>& queries, std::size_t count, std::size_t threads) {
            omp_set_num_threads(static_cast<int>(threads));
            std::vector<float> scores(count * kBest);
            Answers answers(count * kBest);
            index->search(static_cast<faiss::Index::idx_t>(count), queries.data(), kBest,
                          scores.data(), answers.data());
            return answers;
          }};
}
#endif

// The rows once, whatever is done with them: the least that one query can take.
double FloorSeconds(const std::vector<float>& rows, std::size_t threads) {
  std::vector<std::thread> running;
  std::vector<std::uint64_t> sums(threads);
  const std::size_t share = rows.size() / 2 / threads;  // in words of two floats
  const auto* const words = reinterpret_cast<const char*>(rows.data());
  const Stopwatch watch;
  for (std::size_t thread = 0; thread < threads; ++thread) {
    const auto read = [&, thread] {
      std::uint64_t sum = 0;
      const char* const begin = words + thread * share * sizeof(std::uint64_t);
      for (std::size_t at = 0; at < share; ++at) {
        std::uint64_t word = 0;
        __builtin_memcpy(&word, begin + at * sizeof word, sizeof word);
        sum += word;
      }
      sums[thread] = sum;
    };
    if (threads == 1) {
      read();
    } else {
      running.emplace_back(read);
    }
  }
  for (std::thread& thread : running) thread.join();
  const double seconds = watch.seconds();
  std::uint64_t sum = 0;
  for (const std::uint64_t part : sums) sum += part;
  Require(sum != 1, "the sum is one");
  return seconds;
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

std::uint64_t DigestOf(const Answers& answers) {
  std::uint64_t digest = 0;
  for (const std::int64_t row : answers) {
    digest = (digest ^ static_cast<std::uint64_t>(row)) * 0x9E3779B97F4A7C15u;
    digest ^= digest >> 29;
  }
  return digest;
}

// Equal answers, but for neighbours whose scores differ by the last bit: systems round differently.
double Agreement(const Answers& a, const Answers& b) {
  std::size_t same = 0;
  for (std::size_t query = 0; query < a.size(); query += kBest) {
    for (std::size_t at = 0; at < kBest; ++at) {
      const auto begin = b.begin() + static_cast<std::ptrdiff_t>(query);
      same += std::find(begin, begin + kBest, a[query + at]) != begin + kBest ? 1 : 0;
    }
  }
  return static_cast<double>(same) / static_cast<double>(a.size());
}

// Rates of the median and, for a machine that others keep busy, of the fastest repetition.
void Line(const std::string& name, std::size_t queries, const std::vector<double>& seconds,
          double floor, const std::string& rest) {
  const double queries_per_second = static_cast<double>(queries) / Median(seconds);
  const double fastest = static_cast<double>(queries) / *std::ranges::min_element(seconds);
  std::cout << "  " << std::left << std::setw(14) << name << std::right << std::setw(12)
            << std::setprecision(1) << std::fixed << queries_per_second << " queries/s"
            << std::setw(8) << std::setprecision(2) << std::fixed << queries_per_second / floor
            << " x floor, fastest" << std::setw(8) << std::setprecision(1) << fastest << rest
            << "\n";
}

void Compare(const VectorArguments& arguments, const std::vector<float>& rows,
             const std::vector<SearchSystem>& systems, std::size_t batch, std::size_t threads) {
  const std::vector<float> queries = RandomFloats(batch * arguments.dimension, 99);
  std::vector<std::vector<double>> seconds(systems.size());
  std::vector<double> floor;
  std::vector<Answers> answers(systems.size());
  for (std::size_t turn = 0; turn <= arguments.repetitions; ++turn) {
    floor.push_back(FloorSeconds(rows, threads));
    for (std::size_t step = 0; step < systems.size(); ++step) {
      const std::size_t which = (step + turn) % systems.size();
      const Stopwatch watch;
      answers[which] = systems[which].search(queries, batch, threads);
      if (turn > 0) seconds[which].push_back(watch.seconds());  // the first one warms up
    }
  }
  std::cout << "batch of " << batch << ", " << threads << " thread(s)\n";
  const double floor_rate = 1 / Median(floor);
  Line("memory read", 1, floor, floor_rate, "");
  for (std::size_t which = 0; which < systems.size(); ++which) {
    const double agreement = Agreement(answers[0], answers[which]);
    Require(agreement > 0.99, systems[which].name + " answers differently");
    std::string rest = ", digest " + std::to_string(DigestOf(answers[which]));
    if (which != 0) rest += ", " + std::to_string(agreement * 100) + " % the same answers";
    Line(systems[which].name, batch, seconds[which], floor_rate, rest);
  }
}

int Run(const VectorArguments& arguments) {
  const std::vector<float> rows = RandomFloats(arguments.rows * arguments.dimension, 1);
  std::cout << "exact search of the best " << kBest << " by inner product among " << arguments.rows
            << " vectors of " << arguments.dimension << ", " << arguments.repetitions
            << " interleaved repetitions, medians\n";
  std::vector<SearchSystem> systems = {
      VarveSystem("varve", arguments, rows, {}),
      VarveSystem("varve, plain", arguments, rows, {.shadow = false})};
#ifdef VARVE_COMPARE_FAISS
  systems.push_back(FaissSystem(arguments, rows));
  std::cout << "faiss " << FAISS_VERSION_MAJOR << "." << FAISS_VERSION_MINOR << "."
            << FAISS_VERSION_PATCH << " (IndexFlatIP)\n";
#else
  std::cout << "faiss (skipped: not installed when this was built)\n";
#endif
  for (const std::size_t batch : arguments.batches) {
    for (const std::size_t threads : arguments.threads) {
      Compare(arguments, rows, systems, batch, threads);
    }
  }
  return 0;
}

}  // namespace
}  // namespace varve::compare

int main(int argc, char** argv) {
  varve::compare::VectorArguments arguments;
  CLI::App app("Exact vector search: Varve, FAISS and the memory floor.");
  app.add_option("--rows", arguments.rows, "how many vectors (default 20000)");
  app.add_option("--dimension", arguments.dimension, "components of each (default 128)");
  app.add_option("--repetitions", arguments.repetitions, "default 3");
  app.add_option("--batches", arguments.batches, "queries at once (default 1 8 64 256)");
  app.add_option("--threads", arguments.threads, "default 1 2");
  CLI11_PARSE(app, argc, argv);
  return varve::compare::Run(arguments);
}
