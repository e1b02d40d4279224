// I-Regexp (RFC 9485): the regular expressions of match() and search().
#ifndef VARVE_PRIMITIVES_JSON_JSON_PATH_REGEXP_H_
#define VARVE_PRIMITIVES_JSON_JSON_PATH_REGEXP_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace re2 {
class RE2;
}  // namespace re2

namespace varve::json {

// The same expression as RE2 writes it. nullopt: `pattern` is not an I-Regexp.
[[nodiscard]] std::optional<std::string> ToRe2(std::string_view pattern);

// Compiled expressions of one evaluation. Matching takes time in proportion to the text, whatever
// the pattern. One thread at a time.
class Regexps final {
 public:
  Regexps();
  ~Regexps();
  // Whether the whole of `text` matches, or a part of it. False where `pattern` is no I-Regexp, or
  // repeats more than RE2 takes (1000 times).
  [[nodiscard]] bool Matches(std::string_view text, const std::string& pattern);
  [[nodiscard]] bool IsFoundIn(std::string_view text, const std::string& pattern);

 private:
  re2::RE2* Find(const std::string& pattern);
  std::unordered_map<std::string, std::unique_ptr<re2::RE2>> compiled_;  // null: no I-Regexp
};

}  // namespace varve::json

#endif  // VARVE_PRIMITIVES_JSON_JSON_PATH_REGEXP_H_
