#include "feature_hashing/feature_hashing.h"

#include <cmath>
#include <cstdint>
#include <string>

namespace feature_hashing {
namespace {

// Short words ("of", "the") say little of what a text is about.
constexpr std::size_t kShortWordBytes = 3;
constexpr double kShortWordWeight = 0.2;
constexpr double kPairWeight = 0.5;
constexpr double kPartWeight = 0.5;
constexpr std::size_t kPartBytes = 3;

// FNV-1a, 64 bits, then mixed so that every bit depends on every byte.
std::uint64_t Hash(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  hash ^= hash >> 32;
  return hash * 0x9E3779B97F4A7C15u;
}

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::vector<std::string> WordsOf(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (IsLetter(c)) {
      words.back().push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

double WeightOf(std::string_view word) {
  return word.size() <= kShortWordBytes ? kShortWordWeight : 1.0;
}

// Sums of features, in doubles: exact and in a fixed order, so the same everywhere.
class Features {
 public:
  explicit Features(std::size_t dimension) : sums_(dimension, 0.0) {}

  void Add(std::string_view feature, double weight) {
    const std::uint64_t hash = Hash(feature);
    sums_[hash % sums_.size()] += (hash >> 63) != 0 ? -weight : weight;
  }

  [[nodiscard]] std::vector<float> ScaledToLengthOne() const {
    double squares = 0;
    for (const double sum : sums_) squares += sum * sum;
    std::vector<float> vector;
    vector.reserve(sums_.size());
    for (const double sum : sums_) {
      vector.push_back(squares == 0 ? 0.0F : static_cast<float>(sum / std::sqrt(squares)));
    }
    if (squares == 0) vector[0] = 1.0F;  // no words: somewhere, but not nowhere
    return vector;
  }

 private:
  std::vector<double> sums_;
};

void AddParts(const std::string& word, Features& features) {
  const std::string bounded = "^" + word + "$";
  for (std::size_t at = 0; at + kPartBytes <= bounded.size(); ++at) {
    features.Add("part " + bounded.substr(at, kPartBytes), kPartWeight * WeightOf(word));
  }
}

}  // namespace

std::vector<float> Embed(std::string_view text, std::size_t dimension) {
  Features features(dimension);
  const std::vector<std::string> words = WordsOf(text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    features.Add(words[i], WeightOf(words[i]));
    if (i > 0) features.Add(words[i - 1] + " " + words[i], kPairWeight * WeightOf(words[i]));
    AddParts(words[i], features);
  }
  return features.ScaledToLengthOne();
}

}  // namespace feature_hashing
