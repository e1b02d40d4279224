#include "kernel/table/lmdb_writer.h"

#include <algorithm>

#include "kernel/base/codec.h"
#include "kernel/base/status.h"
#include "kernel/table/lmdb_checksum.h"
#include "kernel/table/lmdb_cursor.h"
#include "kernel/table/lmdb_long_key.h"

namespace varve::table {

LmdbWriter::LmdbWriter(LmdbEnvironment& environment, StoredMark& mark)
    : environment_(environment), mark_(mark) {
  view_.environment = &environment;
  view_.writes = true;
}

absl::StatusOr<std::unique_ptr<LmdbWriter>> LmdbWriter::Begin(LmdbEnvironment& environment,
                                                              StoredMark& mark) {
  std::unique_ptr<LmdbWriter> writer(new LmdbWriter(environment, mark));
  MDB_txn* transaction = nullptr;
  const int code =
      CallLmdb([&] { return mdb_txn_begin(environment.get(), nullptr, 0, &transaction); });
  if (code != 0) return environment.WriteFailed(code, "beginning a transaction");
  writer->view_.transaction = transaction;
  VARVE_RETURN_IF_ERROR(writer->ReadLastKey());
  return writer;
}

LmdbWriter::~LmdbWriter() {
  if (view_.transaction == nullptr || environment_.abandoned()) return;
  CloseCursors();
  mdb_txn_abort(view_.transaction);
}

void LmdbWriter::CloseCursors() {
  for (MDB_cursor*& cursor : cursors_) {
    if (cursor != nullptr) mdb_cursor_close(cursor);
    cursor = nullptr;
  }
}

absl::Status LmdbWriter::Failed(int code, std::string_view call) {
  return environment_.WriteFailed(code, call);
}

absl::Status LmdbWriter::ReportDamage(std::string_view what) { return environment_.Damaged(what); }

absl::StatusOr<MDB_cursor*> LmdbWriter::CursorOf(std::string_view physical_key) {
  MDB_cursor*& cursor = cursors_[static_cast<std::size_t>(physical_key[0]) % cursors_.size()];
  if (cursor == nullptr) {
    const int code = mdb_cursor_open(view_.transaction, environment_.rows(), &cursor);
    if (code != 0) return Failed(code, "opening a cursor");
  }
  return cursor;
}

absl::StatusOr<std::optional<std::string_view>> LmdbWriter::GetPhysical(std::string_view key) {
  VARVE_ASSIGN_OR_RETURN(MDB_cursor* const cursor, CursorOf(key));
  MDB_val found = ToMdb(key);
  MDB_val value;
  const int code = CallLmdb([&] { return mdb_cursor_get(cursor, &found, &value, MDB_SET_KEY); });
  if (code == MDB_NOTFOUND) return std::optional<std::string_view>();
  if (code != 0) return Failed(code, "reading");
  if (!EntryIsSound(key, FromMdb(value))) return ReportDamage("an entry fails its checksum");
  return std::optional<std::string_view>(FromMdb(value).substr(0, value.mv_size - kChecksumBytes));
}

absl::Status LmdbWriter::ReadLastKey() {
  const char current = static_cast<char>(Space::kCurrent);
  VARVE_ASSIGN_OR_RETURN(MDB_cursor* const cursor, CursorOf(std::string_view(&current, 1)));
  MDB_val found;
  MDB_val value;
  const int code = CallLmdb([&] { return mdb_cursor_get(cursor, &found, &value, MDB_LAST); });
  if (code == MDB_NOTFOUND) return absl::OkStatus();
  if (code != 0) return Failed(code, "reading");
  last_key_.assign(FromMdb(found));
  return absl::OkStatus();
}

absl::Status LmdbWriter::PutPhysical(std::string_view key, std::string_view head,
                                     std::string_view rest) {
  VARVE_ASSIGN_OR_RETURN(MDB_cursor* const cursor, CursorOf(key));
  const std::size_t bytes = head.size() + rest.size() + kChecksumBytes;
  MDB_val put_key = ToMdb(key);
  MDB_val value{bytes, nullptr};
  int code = MDB_KEYEXIST;
  if (key > last_key_) {
    code = CallLmdb(
        [&] { return mdb_cursor_put(cursor, &put_key, &value, MDB_RESERVE | MDB_APPEND); });
    if (code == 0) last_key_.assign(key);
  }
  if (code == MDB_KEYEXIST) {
    put_key = ToMdb(key);
    value = {bytes, nullptr};
    code = CallLmdb([&] { return mdb_cursor_put(cursor, &put_key, &value, MDB_RESERVE); });
  }
  if (code != 0) return Failed(code, "writing an entry");
  char* to = static_cast<char*>(value.mv_data);
  std::copy(head.begin(), head.end(), to);
  std::copy(rest.begin(), rest.end(), to + head.size());
  const std::string_view content(to, bytes - kChecksumBytes);
  StoreLittleEndian(to + content.size(), EntryChecksum(key, content));
  bytes_put_ += key.size() + bytes;
  return absl::OkStatus();
}

absl::StatusOr<bool> LmdbWriter::DeletePhysical(std::string_view key) {
  MDB_val deleted = ToMdb(key);
  const int code =
      CallLmdb([&] { return mdb_del(view_.transaction, environment_.rows(), &deleted, nullptr); });
  if (code == MDB_NOTFOUND) return false;
  if (code != 0) return Failed(code, "deleting an entry");
  return true;
}

absl::StatusOr<std::optional<std::uint64_t>> LmdbWriter::GetHead(std::string_view head) {
  VARVE_ASSIGN_OR_RETURN(const std::optional<std::string_view> entry, GetPhysical(head));
  if (!entry.has_value()) return std::optional<std::uint64_t>();
  const std::optional<std::uint64_t> number = ParseHead(*entry);
  if (!number.has_value()) return ReportDamage("the head of a long key leads nowhere");
  return number;
}

absl::StatusOr<std::uint64_t> LmdbWriter::MakeHead(std::string_view head) {
  const std::uint64_t number = mark_.next_continuation++;
  VARVE_RETURN_IF_ERROR(PutPhysical(head, EncodeHead(number), {}));
  ++mark_.long_key_heads;
  return number;
}

absl::StatusOr<std::optional<std::string_view>> LmdbWriter::Get(std::string_view map_key) {
  if (!IsLong(map_key)) return GetPhysical(map_key);
  std::string rest(map_key);
  while (IsLong(rest)) {
    VARVE_ASSIGN_OR_RETURN(const std::optional<std::uint64_t> number,
                           GetHead(std::string_view(rest).substr(0, kHeadBytes)));
    if (!number.has_value()) return std::optional<std::string_view>();
    rest = ContinuationPrefix(*number) + rest.substr(kHeadBytes);
  }
  return GetPhysical(rest);
}

absl::Status LmdbWriter::Put(std::string_view map_key, std::string_view head,
                             std::string_view rest) {
  if (!IsLong(map_key)) return PutPhysical(map_key, head, rest);
  std::string key(map_key);
  while (IsLong(key)) {
    const std::string key_head = key.substr(0, kHeadBytes);
    VARVE_ASSIGN_OR_RETURN(std::optional<std::uint64_t> number, GetHead(key_head));
    if (!number.has_value()) {
      VARVE_ASSIGN_OR_RETURN(number, MakeHead(key_head));
    }
    key = ContinuationPrefix(*number) + key.substr(kHeadBytes);
  }
  return PutPhysical(key, head, rest);
}

absl::StatusOr<bool> LmdbWriter::Delete(std::string_view map_key) {
  if (!IsLong(map_key)) return DeletePhysical(map_key);
  std::string rest(map_key);
  std::vector<std::string> heads;
  std::vector<std::uint64_t> numbers;
  while (IsLong(rest)) {
    heads.push_back(rest.substr(0, kHeadBytes));
    VARVE_ASSIGN_OR_RETURN(const std::optional<std::uint64_t> number, GetHead(heads.back()));
    if (!number.has_value()) return false;
    numbers.push_back(*number);
    rest = ContinuationPrefix(*number) + rest.substr(kHeadBytes);
  }
  VARVE_ASSIGN_OR_RETURN(const bool deleted, DeletePhysical(rest));
  if (deleted) VARVE_RETURN_IF_ERROR(DropEmptyHeads(heads, numbers));
  return deleted;
}

absl::StatusOr<bool> LmdbWriter::ContinuationIsEmpty(std::uint64_t number) {
  const std::string prefix = ContinuationPrefix(number);
  VARVE_ASSIGN_OR_RETURN(MDB_cursor* const cursor, CursorOf(prefix));
  MDB_val found = ToMdb(prefix);
  MDB_val value;
  const int code = CallLmdb([&] { return mdb_cursor_get(cursor, &found, &value, MDB_SET_RANGE); });
  if (code == MDB_NOTFOUND) return true;
  if (code != 0) return Failed(code, "reading");
  return !FromMdb(found).starts_with(prefix);
}

absl::Status LmdbWriter::DropEmptyHeads(const std::vector<std::string>& heads,
                                        const std::vector<std::uint64_t>& numbers) {
  for (std::size_t i = heads.size(); i-- > 0;) {
    VARVE_ASSIGN_OR_RETURN(const bool empty, ContinuationIsEmpty(numbers[i]));
    if (!empty) break;
    VARVE_RETURN_IF_ERROR(DeletePhysical(heads[i]).status());
    --mark_.long_key_heads;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<EntryWriter::Entry>> LmdbWriter::AtOrAfter(std::string_view map_key) {
  view_.kept.clear();
  LmdbCursor cursor(view_, static_cast<Space>(map_key[0]));
  cursor.SeekAtOrAfter(map_key);
  if (!cursor.status().ok()) return cursor.status();
  if (!cursor.valid()) return std::optional<Entry>();
  return std::optional<Entry>(Entry{cursor.key(), cursor.value()});
}

absl::Status LmdbWriter::PutMark(const StoredMark& mark) {
  return PutPhysical(kMarkKey, EncodeMark(mark), {});
}

absl::Status LmdbWriter::Commit() {
  CloseCursors();
  MDB_txn* const transaction = view_.transaction;
  environment_.NoteCommit(mdb_txn_id(transaction));
  const int code = CallLmdb([&] { return mdb_txn_commit(transaction); });
  view_.transaction = nullptr;  // LMDB frees it also when the commit fails
  if (code == 0) return absl::OkStatus();
  absl::Status status = Failed(code, "committing");
  if (absl::IsResourceExhausted(status)) environment_.CutToLastPage();
  return status;
}

}  // namespace varve::table
