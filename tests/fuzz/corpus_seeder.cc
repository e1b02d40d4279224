// Writes the seed inputs of every target: corpus_seeder FOLDER makes FOLDER/<target>/seed-NN.
//
// The committed corpus began so; docs/fuzzing.md says how to make it anew.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/fuzz/fuzz_target.h"

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", arguments[0]);
    return 2;
  }
  for (const varve::fuzz::Target& target : varve::fuzz::Targets()) {
    const std::filesystem::path folder = std::filesystem::path(arguments[1]) / target.name;
    std::filesystem::create_directories(folder);
    int number = 0;
    for (const std::string& seed : target.seeds()) {
      const std::string digits = std::to_string(100 + number++).substr(1);
      std::ofstream(folder / ("seed-" + digits), std::ios::binary) << seed;
    }
    std::printf("%s: %d\n", target.name.c_str(), number);
  }
  return 0;
}
