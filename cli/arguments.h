// How a verb declares its arguments. A thin layer over the parser, so that one file pays for the
// parser's templates and no verb knows which parser it is.
#ifndef VARVE_CLI_ARGUMENTS_H_
#define VARVE_CLI_ARGUMENTS_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace varve::cli {

struct ArgumentText {
  std::string name = {};        // "--ttl" for an option, "key" for a word by its position
  std::string help = {};        // one line, for --help
  std::string value_name = {};  // "SECONDS": what an option's value is, for --help
  bool required = false;
  std::string group = {};  // heading in --help; empty for the verb's own options
};

template <typename Number>
struct NumberRange {
  Number min = std::numeric_limits<Number>::lowest();
  Number max = std::numeric_limits<Number>::max();
};

// Declares the arguments of one verb, in the order of --help; words by position in the order in
// which they are declared. Targets must live until the command line is parsed; those that are not
// given keep their value. A value that does not fit its type or range is a usage error.
class Arguments final {
 public:
  explicit Arguments(CLI::App& app) : app_(&app) {}

  void Flag(const ArgumentText& text, bool& to);
  void Text(const ArgumentText& text, std::string& to);
  void Text(const ArgumentText& text, std::optional<std::string>& to);
  // One of `choices`.
  void Choice(const ArgumentText& text, const std::vector<std::string>& choices, std::string& to);
  void Number(const ArgumentText& text, std::uint64_t& to,
              const NumberRange<std::uint64_t>& range = {});
  void Number(const ArgumentText& text, std::optional<std::uint64_t>& to);
  void Number(const ArgumentText& text, std::int64_t& to);
  void Number(const ArgumentText& text, double& to, const NumberRange<double>& range);

 private:
  static void Finish(const ArgumentText& text, CLI::Option& option);

  CLI::App* app_;
};

}  // namespace varve::cli

#endif  // VARVE_CLI_ARGUMENTS_H_
