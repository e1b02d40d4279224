#include "cli/arguments.h"

#include "CLI/CLI.hpp"

namespace varve::cli {

void Arguments::Finish(const ArgumentText& text, CLI::Option& option) {
  if (!text.value_name.empty()) option.type_name(text.value_name);
  if (!text.group.empty()) option.group(text.group);
  option.required(text.required);
}

void Arguments::Flag(const ArgumentText& text, bool& to) {
  Finish(text, *app_->add_flag(text.name, to, text.help));
}

void Arguments::Text(const ArgumentText& text, std::string& to) {
  Finish(text, *app_->add_option(text.name, to, text.help));
}

void Arguments::Text(const ArgumentText& text, std::optional<std::string>& to) {
  Finish(text, *app_->add_option_function<std::string>(
                   text.name, [&to](const std::string& value) { to = value; }, text.help));
}

void Arguments::Choice(const ArgumentText& text, const std::vector<std::string>& choices,
                       std::string& to) {
  CLI::Option* option = app_->add_option(text.name, to, text.help);
  Finish(text, *option->check(CLI::IsMember(choices)));
}

void Arguments::Number(const ArgumentText& text, std::uint64_t& to,
                       const NumberRange<std::uint64_t>& range) {
  CLI::Option* option = app_->add_option(text.name, to, text.help);
  Finish(text, *option->check(CLI::Range(range.min, range.max)));
}

void Arguments::Number(const ArgumentText& text, std::optional<std::uint64_t>& to) {
  Finish(text, *app_->add_option_function<std::uint64_t>(
                   text.name, [&to](const std::uint64_t& value) { to = value; }, text.help));
}

void Arguments::Number(const ArgumentText& text, std::int64_t& to) {
  Finish(text, *app_->add_option(text.name, to, text.help));
}

void Arguments::Number(const ArgumentText& text, double& to, const NumberRange<double>& range) {
  CLI::Option* option = app_->add_option(text.name, to, text.help);
  Finish(text, *option->check(CLI::Range(range.min, range.max)));
}

}  // namespace varve::cli
