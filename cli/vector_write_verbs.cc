// varve STORE vector create|drop|insert|upsert|update|set-metadata|delete
#include <functional>
#include <string>

#include "cli/kv_arguments.h"
#include "cli/vector_arguments.h"
#include "cli/verb_groups.h"
#include "kernel/base/status.h"

namespace varve::cli {
namespace {

// Runs `body` in a durable transaction on the vectors of a run, prints the receipt (with `fields`
// before it) and closes the store. `body` answers whether there was something to do.
using VectorBody = std::function<absl::StatusOr<bool>(Vectors& vectors)>;

absl::StatusOr<Answer> RunInTransaction(Session& session, const std::string& run_text, Json fields,
                                        const VectorBody& body) {
  VARVE_ASSIGN_OR_RETURN(const RunId run, ParseRun(run_text));
  VARVE_ASSIGN_OR_RETURN(OpenedStore opened, session.OpenForWriting());
  bool written = false;
  const absl::StatusOr<Receipt> receipt = opened.store->Update([&](Transaction& txn) {
    Vectors vectors(txn, run);
    absl::StatusOr<bool> answer = body(vectors);
    written = answer.value_or(false);
    return answer.status();
  });
  if (!receipt.ok()) return CloseAfter(opened, receipt.status());
  VARVE_ASSIGN_OR_RETURN(const Answer answer,
                         CloseAfter(opened, written ? Answer::kYes : Answer::kNo));
  fields["written"] = written;
  if (written) {
    fields["lsn"] = receipt->lsn.value();
    fields["commit_time_us"] = receipt->commit_time.micros();
  }
  session.output().Object(fields);
  return answer;
}

Json FieldsOf(const VectorKeyArguments& arguments) {
  return {{"collection", BytesToJson(arguments.where.collection)},
          {"key", BytesToJson(arguments.key)}};
}

struct CreateArguments {
  CollectionArguments where;
  std::uint64_t dimension = 0;
  std::string metric = "cosine";
};

void DeclareCreate(Arguments& arguments, CreateArguments& to) {
  DeclareCollection(arguments, to.where);
  arguments.Number({.name = "--dimension",
                    .help = "How many components each vector has",
                    .value_name = "N",
                    .required = true},
                   to.dimension, {.min = 1, .max = kVectorDimensionMax});
  arguments.Choice({.name = "--metric", .help = "How vectors are compared (default cosine)"},
                   {"cosine", "dot", "l2"}, to.metric);
}

absl::StatusOr<Answer> RunCreate(const CreateArguments& arguments, Session& session) {
  const VectorShape shape{.dimension = arguments.dimension,
                          .metric = *ParseVectorMetric(arguments.metric)};
  return RunInTransaction(
      session, arguments.where.run, {{"collection", BytesToJson(arguments.where.collection)}},
      [&](Vectors& vectors) -> absl::StatusOr<bool> {
        VARVE_RETURN_IF_ERROR(vectors.Create(arguments.where.collection, shape));
        return true;
      });
}

absl::StatusOr<Answer> RunDrop(const CollectionArguments& arguments, Session& session) {
  return RunInTransaction(
      session, arguments.run, {{"collection", BytesToJson(arguments.collection)}},
      [&](Vectors& vectors) -> absl::StatusOr<bool> {
        VARVE_ASSIGN_OR_RETURN(const auto info, vectors.Info(arguments.collection));
        if (info.has_value()) VARVE_RETURN_IF_ERROR(vectors.Drop(arguments.collection));
        return info.has_value();
      });
}

struct PutArguments {
  VectorKeyArguments key;
  ComponentArguments components;
  std::string metadata;
};

void DeclareUpdate(Arguments& arguments, PutArguments& to) {
  DeclareVectorKey(arguments, to.key);
  DeclareComponents(arguments, to.components);
}

void DeclarePut(Arguments& arguments, PutArguments& to) {
  DeclareUpdate(arguments, to);
  arguments.Text({.name = "--metadata",
                  .help = "A JSON object to keep with it, for filters",
                  .value_name = "JSON"},
                 to.metadata);
}

// `write` is one of the handle's writes, with the vector that the arguments hold.
absl::StatusOr<Answer> RunWrite(
    const PutArguments& arguments, Session& session,
    const std::function<absl::Status(Vectors&, const std::vector<float>&)>& write) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<float> vector, ComponentsOf(arguments.components));
  return RunInTransaction(session, arguments.key.where.run, FieldsOf(arguments.key),
                          [&](Vectors& vectors) -> absl::StatusOr<bool> {
                            VARVE_RETURN_IF_ERROR(write(vectors, vector));
                            return true;
                          });
}

absl::StatusOr<Answer> RunInsert(const PutArguments& arguments, Session& session) {
  return RunWrite(arguments, session, [&](Vectors& vectors, const std::vector<float>& vector) {
    return vectors.Insert(arguments.key.where.collection, arguments.key.key, vector,
                          arguments.metadata);
  });
}

absl::StatusOr<Answer> RunUpsert(const PutArguments& arguments, Session& session) {
  return RunWrite(arguments, session, [&](Vectors& vectors, const std::vector<float>& vector) {
    return vectors.Upsert(arguments.key.where.collection, arguments.key.key, vector,
                          arguments.metadata);
  });
}

absl::StatusOr<Answer> RunUpdate(const PutArguments& arguments, Session& session) {
  return RunWrite(arguments, session, [&](Vectors& vectors, const std::vector<float>& vector) {
    return vectors.Update(arguments.key.where.collection, arguments.key.key, vector);
  });
}

struct MetadataArguments {
  VectorKeyArguments key;
  std::string metadata;
};

void DeclareMetadata(Arguments& arguments, MetadataArguments& to) {
  DeclareVectorKey(arguments, to.key);
  arguments.Text({.name = "metadata", .help = "A JSON object; none: the vector has none then"},
                 to.metadata);
}

absl::StatusOr<Answer> RunSetMetadata(const MetadataArguments& arguments, Session& session) {
  return RunInTransaction(
      session, arguments.key.where.run, FieldsOf(arguments.key),
      [&](Vectors& vectors) -> absl::StatusOr<bool> {
        VARVE_RETURN_IF_ERROR(vectors.SetMetadata(arguments.key.where.collection, arguments.key.key,
                                                  arguments.metadata));
        return true;
      });
}

absl::StatusOr<Answer> RunDelete(const VectorKeyArguments& arguments, Session& session) {
  return RunInTransaction(session, arguments.where.run, FieldsOf(arguments), [&](Vectors& vectors) {
    return vectors.Delete(arguments.where.collection, arguments.key);
  });
}

}  // namespace

void AddVectorWriteVerbs(Verbs& vector) {
  vector.Add<CreateArguments>(
      {"create",
       "Creates a collection. Dimension and metric can never be changed.",
       {"vector create docs --dimension 3", "vector create docs --dimension 768 --metric dot"}},
      DeclareCreate, RunCreate);
  vector.Add<CollectionArguments>({"drop",
                                   "Deletes a collection and all its vectors. Exit 1 where there "
                                   "is none.",
                                   {"vector drop docs"}},
                                  DeclareCollection, RunDrop);
  vector.Add<PutArguments>({"insert",
                            "Adds a vector. An error where the key is taken.",
                            {"vector insert docs apple [0.9,0.1,0.2] --metadata '{\"n\":1}'",
                             "vector insert docs apple --file apple.json"}},
                           DeclarePut, RunInsert);
  vector.Add<PutArguments>({"upsert",
                            "Adds a vector, or puts it in place of the one that is there, metadata "
                            "included.",
                            {"vector upsert docs apple [0.9,0.1,0.2]"}},
                           DeclarePut, RunUpsert);
  vector.Add<PutArguments>({"update",
                            "Changes the components of a vector and keeps its metadata.",
                            {"vector update docs apple [1,0,0]"}},
                           DeclareUpdate, RunUpdate);
  vector.Add<MetadataArguments>({"set-metadata",
                                 "Changes the metadata of a vector and keeps its components.",
                                 {"vector set-metadata docs apple '{\"lang\":\"en\"}'"}},
                                DeclareMetadata, RunSetMetadata);
  vector.Add<VectorKeyArguments>(
      {"delete", "Deletes a vector. Exit 1 where there is none.", {"vector delete docs apple"}},
      DeclareVectorKey, RunDelete);
}

}  // namespace varve::cli
