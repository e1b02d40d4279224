#include "primitives/json/json_path_regexp.h"

#include "absl/strings/ascii.h"
#include "re2/re2.h"

namespace varve::json {
namespace {

constexpr std::size_t kNestingMax = 64;

// Checks the grammar of RFC 9485, section 3, and writes what RE2 reads differently in its way: "."
// does not match line ends, "^" and "$" are characters like others.
class Translator final {
 public:
  explicit Translator(std::string_view pattern) : rest_(pattern) {}

  bool Translate() { return Alternatives(0) && rest_.empty(); }
  [[nodiscard]] std::string TakeResult() { return std::move(result_); }

 private:
  [[nodiscard]] char next() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool Take(char character) {
    if (rest_.empty() || rest_.front() != character) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void Copy() {
    result_.push_back(rest_.front());
    rest_.remove_prefix(1);
  }

  bool Alternatives(std::size_t nesting) {
    if (nesting > kNestingMax) return false;
    while (!rest_.empty() && next() != ')') {
      if (next() == '|') {
        Copy();
      } else if (!Atom(nesting) || !Quantifier()) {
        return false;
      }
    }
    return true;
  }

  bool Atom(std::size_t nesting) {
    if (Take('.')) {
      result_.append("[^\\n\\r]");
      return true;
    }
    if (Take('(')) {
      result_.append("(?:");
      if (!Alternatives(nesting + 1) || !Take(')')) return false;
      result_.push_back(')');
      return true;
    }
    if (next() == '[') return Class();
    if (next() == '\\') return Escape();
    constexpr std::string_view kSpecial = "*+?{}])";
    if (kSpecial.find(next()) != std::string_view::npos) return false;
    if (next() == '^' || next() == '$') result_.push_back('\\');
    Copy();
    return true;
  }

  bool Escape() {
    constexpr std::string_view kEscapable = "()*+-.?[\\]^nrt{|}";
    Copy();
    if (next() == 'p' || next() == 'P') return Category();
    if (rest_.empty() || kEscapable.find(next()) == std::string_view::npos) return false;
    Copy();
    return true;
  }

  bool Category() {
    Copy();
    if (next() != '{') return false;
    const std::size_t end = rest_.find('}');
    if (end == std::string_view::npos || end < 2 || end > 3) return false;
    for (std::size_t i = 0; i <= end; ++i) Copy();
    return true;
  }

  bool Class() {
    Copy();
    if (next() == '^') Copy();
    bool first = true;
    while (next() != ']') {
      if (rest_.empty()) return false;
      // "-" stands for itself at either end only; between, it makes a range of two characters.
      if (next() == '-') {
        const bool last = rest_.size() > 1 && rest_[1] == ']';
        if (!first && !last) return false;
        result_.push_back('\\');
        Copy();
      } else if (!ClassItem()) {
        return false;
      }
      first = false;
    }
    if (first) return false;
    Copy();
    return true;
  }

  bool ClassItem() {
    if (!ClassCharacter()) return false;
    if (next() != '-' || rest_.size() < 2 || rest_[1] == ']') return true;
    Copy();
    return next() != '-' && ClassCharacter();
  }

  bool ClassCharacter() {
    if (rest_.empty() || next() == '[') return false;
    if (next() == '\\') return Escape();
    if (next() == '^') result_.push_back('\\');
    // A character, not a byte: ranges have characters at their ends.
    do {
      Copy();
    } while ((static_cast<unsigned char>(next()) & 0xC0) == 0x80);
    return true;
  }

  bool Quantifier() {
    if (next() == '*' || next() == '+' || next() == '?') {
      Copy();
      return true;
    }
    if (next() != '{') return true;
    Copy();
    if (!absl::ascii_isdigit(next())) return false;
    while (absl::ascii_isdigit(next())) Copy();
    if (next() == ',') {
      Copy();
      while (absl::ascii_isdigit(next())) Copy();
    }
    if (next() != '}') return false;
    Copy();
    return true;
  }

  std::string_view rest_;
  std::string result_;
};

re2::StringPiece ToPiece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::optional<std::string> ToRe2(std::string_view pattern) {
  Translator translator(pattern);
  if (!translator.Translate()) return std::nullopt;
  return translator.TakeResult();
}

Regexps::Regexps() = default;
Regexps::~Regexps() = default;

re2::RE2* Regexps::Find(const std::string& pattern) {
  const auto [slot, is_new] = compiled_.try_emplace(pattern);
  if (is_new) {
    RE2::Options options;
    options.set_log_errors(false);
    const std::optional<std::string> translated = ToRe2(pattern);
    if (translated.has_value()) {
      auto compiled = std::make_unique<RE2>(*translated, options);
      if (compiled->ok()) slot->second = std::move(compiled);
    }
  }
  return slot->second.get();
}

bool Regexps::Matches(std::string_view text, const std::string& pattern) {
  const RE2* const regexp = Find(pattern);
  return regexp != nullptr && RE2::FullMatch(ToPiece(text), *regexp);
}

bool Regexps::IsFoundIn(std::string_view text, const std::string& pattern) {
  const RE2* const regexp = Find(pattern);
  return regexp != nullptr && RE2::PartialMatch(ToPiece(text), *regexp);
}

}  // namespace varve::json
