// What the verbs of Vector have in common: which collection and run, a vector as an argument, a row
// as JSON.
#ifndef VARVE_CLI_VECTOR_ARGUMENTS_H_
#define VARVE_CLI_VECTOR_ARGUMENTS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "primitives/vector/vector.h"

namespace varve::cli {

struct CollectionArguments {
  std::string collection;
  std::string run;
};
void DeclareCollection(Arguments& arguments, CollectionArguments& to);

struct VectorKeyArguments {
  CollectionArguments where;
  std::string key;
};
void DeclareVectorKey(Arguments& arguments, VectorKeyArguments& to);

// Components: an argument, or a file ("-": standard input) that holds the same.
struct ComponentArguments {
  std::string text;
  std::string file;
};
void DeclareComponents(Arguments& arguments, ComponentArguments& to);
// kInvalidArgument: not a JSON array of numbers that a float holds; both or none given.
[[nodiscard]] absl::StatusOr<std::vector<float>> ComponentsOf(const ComponentArguments& arguments);

// The numbers of a JSON array, each rounded to the next float.
[[nodiscard]] absl::StatusOr<std::vector<float>> ParseComponents(const std::string& text);
// "[1,0.5]": the shortest text of each that reads back as the same float.
[[nodiscard]] std::string FormatComponents(const std::vector<float>& vector);
[[nodiscard]] Json ComponentsToJson(const std::vector<float>& vector);
// The shortest text that reads back as the same float.
[[nodiscard]] std::string FormatFloat(float number);
// The object that the metadata are; null where there are none.
[[nodiscard]] Json MetadataToJson(const std::string& metadata);

}  // namespace varve::cli

#endif  // VARVE_CLI_VECTOR_ARGUMENTS_H_
