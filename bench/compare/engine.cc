#include "bench/compare/engine.h"

#include <cstdio>
#include <cstdlib>

namespace varve::compare {

void Require(bool ok, std::string_view what) {
  if (!ok) {
    std::fprintf(stderr, "bench_compare: %.*s\n", static_cast<int>(what.size()), what.data());
    std::exit(1);
  }
}

void Engine::PutPipelined(std::span<const Entry>, std::size_t) {
  Require(false, "this system has no commits by ticket");
}
void Engine::Append(std::string_view /*event*/) { Require(false, "this system appends no events"); }

std::uint64_t Engine::CountEvents() {
  Require(false, "this system counts no events");
  return 0;
}

void Engine::Settle() {}
std::unique_ptr<EngineReader> Engine::NewReader() {
  Require(false, "this system has no reads");
  return nullptr;
}
void Engine::CopyTo(const std::string&) { Require(false, "this system has no copy"); }

std::vector<EngineType> AllEngineTypes() {
  std::vector<EngineType> types;
  types.push_back(RawLogType());
  types.push_back(VarveType());
#ifdef VARVE_COMPARE_ROCKSDB
  types.push_back(RocksdbType());
#endif
#ifdef VARVE_COMPARE_LEVELDB
  types.push_back(LeveldbType());
#endif
  types.push_back(LmdbType());
#ifdef VARVE_COMPARE_SQLITE
  types.push_back(SqliteType());
#endif
  return types;
}

std::vector<std::string> MissingEngines() {
  std::vector<std::string> names;
#ifndef VARVE_COMPARE_ROCKSDB
  names.emplace_back("rocksdb");
#endif
#ifndef VARVE_COMPARE_LEVELDB
  names.emplace_back("leveldb");
#endif
#ifndef VARVE_COMPARE_SQLITE
  names.emplace_back("sqlite");
#endif
  return names;
}

}  // namespace varve::compare
