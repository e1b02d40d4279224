// A text as a vector, without a model: where a program of yours would call one. README.md says how.
#ifndef VARVE_EXAMPLES_FEATURE_HASHING_FEATURE_HASHING_H_
#define VARVE_EXAMPLES_FEATURE_HASHING_FEATURE_HASHING_H_

#include <cstddef>
#include <string_view>
#include <vector>

namespace feature_hashing {

// `dimension` components (at least 1), of length 1; the same on every machine. Texts that share
// words or parts of words have a high cosine. Bytes beyond ASCII are letters.
[[nodiscard]] std::vector<float> Embed(std::string_view text, std::size_t dimension);

}  // namespace feature_hashing

#endif  // VARVE_EXAMPLES_FEATURE_HASHING_FEATURE_HASHING_H_
