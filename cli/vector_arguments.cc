#include "cli/vector_arguments.h"

#include <charconv>
#include <cmath>

#include "cli/kv_arguments.h"
#include "kernel/base/status.h"

namespace varve::cli {

void DeclareCollection(Arguments& arguments, CollectionArguments& to) {
  arguments.Text({.name = "collection", .help = "The name of the collection", .required = true},
                 to.collection);
  DeclareRun(arguments, to.run);
}

void DeclareVectorKey(Arguments& arguments, VectorKeyArguments& to) {
  DeclareCollection(arguments, to.where);
  arguments.Text({.name = "key", .help = "The key, 1 to 1024 bytes", .required = true}, to.key);
}

void DeclareComponents(Arguments& arguments, ComponentArguments& to) {
  arguments.Text({.name = "vector", .help = "The components as a JSON array: [0.5,-1,2]"}, to.text);
  arguments.Text({.name = "--file",
                  .help = "Take the components from this file (-: standard input)",
                  .value_name = "FILE"},
                 to.file);
}

absl::StatusOr<std::vector<float>> ComponentsOf(const ComponentArguments& arguments) {
  ValueArguments value{.value = std::nullopt, .file = arguments.file};
  if (!arguments.text.empty()) value.value = arguments.text;
  VARVE_ASSIGN_OR_RETURN(const std::string text, ValueBytes(value, false));
  return ParseComponents(text);
}

absl::StatusOr<std::vector<float>> ParseComponents(const std::string& text) {
  const Json parsed = Json::parse(text, nullptr, false);
  if (!parsed.is_array()) {
    return InvalidArgument("a vector is a JSON array of numbers such as [0.5,-1,2]");
  }
  std::vector<float> vector;
  vector.reserve(parsed.size());
  for (const Json& component : parsed) {
    if (!component.is_number()) {
      return InvalidArgument("component ", vector.size(), " of the vector is not a number");
    }
    const auto number = static_cast<float>(component.get<double>());
    if (!std::isfinite(number)) {
      return InvalidArgument("component ", vector.size(), " of the vector is beyond the range of",
                             " 32-bit floats");
    }
    vector.push_back(number);
  }
  return vector;
}

std::string FormatFloat(float number) {
  char digits[32];
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof digits, number);
  return std::string(digits, end.ptr);
}

std::string FormatComponents(const std::vector<float>& vector) {
  std::string text = "[";
  for (const float component : vector) {
    if (text.size() > 1) text += ',';
    text += FormatFloat(component);
  }
  return text + "]";
}

Json ComponentsToJson(const std::vector<float>& vector) {
  return Json::parse(FormatComponents(vector), nullptr, false);
}

Json MetadataToJson(const std::string& metadata) {
  const Json parsed = Json::parse(metadata, nullptr, false);
  return parsed.is_object() ? parsed : Json(nullptr);
}

}  // namespace varve::cli
