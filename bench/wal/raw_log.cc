#include "bench/wal/raw_log.h"

#include <cstring>
#include <utility>

#include "kernel/base/check.h"
#include "kernel/base/crc32c.h"
#include "kernel/io/futex.h"
#include "kernel/wal/record.h"

namespace varve::bench {
namespace {

constexpr std::uint64_t kSalt = 42;

}  // namespace

RawLog::RawLog(FileSystem& files, std::string path, std::uint64_t bytes, bool writer_thread)
    : files_(files), path_(std::move(path)), writer_thread_(writer_thread), file_bytes_(bytes) {
  auto file = files_.Open(path_, OpenMode::kCreate);
  VARVE_CHECK(file.ok());
  file_ = *std::move(file);
  VARVE_CHECK(ZeroFill(*file_, bytes).ok());
  if (writer_thread_) thread_ = std::thread([this] { RunWriter(); });
}

RawLog::~RawLog() {
  stopping_ = true;
  work_.fetch_add(1);
  FutexWakeAll(work_);
  if (thread_.joinable()) thread_.join();
  VARVE_CHECK(files_.Remove(path_).ok());
}

std::uint64_t RawLog::Frame(std::string_view body) {
  wal::RecordHeader header;
  header.body_length = static_cast<std::uint32_t>(body.size());
  header.lsn = Lsn(++lsn_);
  header.entry_count = 1;
  header.previous_crc = crc_;
  header.body_crc = wal::BindBodyCrc(Crc32c(body), kSalt, header.lsn);
  const std::size_t at = pending_.size();
  pending_.resize(at + wal::RecordLayout::kBytes + body.size());
  crc_ = wal::EncodeRecordHeader(header, kSalt, pending_.data() + at);
  std::memcpy(pending_.data() + at + wal::RecordLayout::kBytes, body.data(), body.size());
  return lsn_;
}

void RawLog::Write(const std::string& bytes) {
  if (offset_ + bytes.size() > file_bytes_) offset_ = 0;
  VARVE_CHECK(file_->WriteDurablyAt(offset_, bytes).ok());
  offset_ += bytes.size();
  ++flushes_;
}

void RawLog::WaitGroup(std::uint64_t group, std::uint32_t word) {
  while (words_[group % kSlots].load(std::memory_order_acquire) == word) {
    FutexWait(words_[group % kSlots], word);
  }
}

void RawLog::Commit(std::string_view body) {
  std::unique_lock<std::mutex> lock(mutex_);
  Frame(body);
  if (!writer_thread_) {
    Write(pending_);
    pending_.clear();
    return;
  }
  const std::uint64_t group = group_;
  const std::uint32_t word = words_[group % kSlots].load(std::memory_order_relaxed);
  lock.unlock();
  if (sleeping_.exchange(false)) {
    work_.fetch_add(1);
    FutexWakeOne(work_);
  }
  WaitGroup(group, word);
}

void RawLog::Append(std::string_view body) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Frame(body);
  }
  if (sleeping_.exchange(false)) {
    work_.fetch_add(1);
    FutexWakeOne(work_);
  }
}

void RawLog::AwaitWindow(std::uint64_t window) {
  while (true) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (lsn_ - durable_.load(std::memory_order_acquire) <= window) return;
    const std::uint64_t group = group_ - (writing_.empty() ? 0 : 1);
    const std::uint32_t word = words_[group % kSlots].load(std::memory_order_relaxed);
    lock.unlock();
    WaitGroup(group, word);
  }
}

void RawLog::RunWriter() {
  while (!stopping_) {
    const std::uint32_t expected = work_.load();
    std::unique_lock<std::mutex> lock(mutex_);
    if (pending_.empty()) {
      sleeping_ = true;
      lock.unlock();
      FutexWait(work_, expected);
      continue;
    }
    sleeping_ = false;
    writing_.swap(pending_);
    const std::uint64_t group = group_++;
    const std::uint64_t last = lsn_;
    lock.unlock();
    Write(writing_);
    lock.lock();
    writing_.clear();
    durable_.store(last, std::memory_order_release);
    words_[group % kSlots].fetch_add(1, std::memory_order_release);
    lock.unlock();
    FutexWakeAll(words_[group % kSlots]);
  }
}

}  // namespace varve::bench
