#include "crash/simulated/strict_inode.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "kernel/base/check.h"

namespace varve::crash {
namespace {

void Overwrite(std::string& to, std::uint64_t offset, std::string_view bytes) {
  if (to.size() < offset + bytes.size()) to.resize(offset + bytes.size(), '\0');
  std::copy(bytes.begin(), bytes.end(), to.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

void StrictInode::Apply(const Piece& piece, std::string& to) {
  Overwrite(to, piece.offset, piece.bytes);
}

void StrictInode::Write(std::uint64_t sequence, std::uint64_t offset, std::string_view bytes) {
  if (bytes.empty()) return;
  Change change;
  change.sequence = sequence;
  const std::uint64_t end = offset + bytes.size();
  if (end > content_.size()) change.size = end;
  change.pieces.push_back({offset, std::string(bytes)});
  Overwrite(content_, offset, bytes);
  pending_.push_back(std::move(change));
}

void StrictInode::Truncate(std::uint64_t sequence, std::uint64_t size) {
  if (size == content_.size()) return;
  Change change;
  change.sequence = sequence;
  change.size = size;
  if (size < content_.size()) {
    // What is cut must read as zeros should the file grow again.
    change.pieces.push_back({size, std::string(content_.size() - size, '\0')});
  }
  content_.resize(size, '\0');
  pending_.push_back(std::move(change));
}

void StrictInode::PersistRange(std::uint64_t offset, std::string_view bytes) {
  const std::uint64_t end = offset + bytes.size();
  for (Change& change : pending_) {
    if (change.size.has_value()) change.size = std::max(*change.size, end);
    std::vector<Piece> kept;
    for (const Piece& piece : change.pieces) {  // I2
      const std::uint64_t piece_end = piece.offset + piece.bytes.size();
      if (piece.offset < offset) {
        kept.push_back({piece.offset, piece.bytes.substr(0, offset - piece.offset)});
      }
      if (piece_end > end) {
        const std::uint64_t from = std::max(end, piece.offset);
        kept.push_back({from, piece.bytes.substr(from - piece.offset)});
      }
    }
    change.pieces = std::move(kept);
  }
  Overwrite(durable_, offset, bytes);
  std::erase_if(pending_, [&](const Change& change) {
    return change.pieces.empty() && (!change.size.has_value() || *change.size == durable_.size());
  });
}

void StrictInode::PersistAll() {
  durable_ = ContentUpTo(~std::uint64_t{0});
  pending_.clear();
}

void StrictInode::DropPending() { pending_.clear(); }

void StrictInode::RevertPending() {
  content_ = durable_;
  pending_.clear();
}

void StrictInode::AddSequences(std::vector<std::uint64_t>& to) const {
  for (const Change& change : pending_) to.push_back(change.sequence);
}

std::string StrictInode::ContentUpTo(std::uint64_t sequence_max) const {
  std::string content = durable_;
  for (const Change& change : pending_) {
    if (change.sequence > sequence_max) break;
    for (const Piece& piece : change.pieces) Apply(piece, content);
    if (change.size.has_value()) content.resize(*change.size, '\0');
  }
  return content;
}

std::string StrictInode::RandomContent(Dice& dice, std::size_t sector_bytes) const {
  if (pending_.empty()) return durable_;
  std::vector<std::uint64_t> sizes = {durable_.size()};
  std::map<std::uint64_t, std::vector<Piece>> sectors;  // versions of each, oldest first
  for (const Change& change : pending_) {
    if (change.size.has_value()) sizes.push_back(*change.size);
    for (const Piece& piece : change.pieces) {
      const std::uint64_t piece_end = piece.offset + piece.bytes.size();
      for (std::uint64_t at = piece.offset; at < piece_end;) {
        const std::uint64_t sector = at / sector_bytes;
        const std::uint64_t stop = std::min(piece_end, (sector + 1) * sector_bytes);
        sectors[sector].push_back({at, piece.bytes.substr(at - piece.offset, stop - at)});
        at = stop;
      }
    }
  }
  // How much of what was pending made it: from hardly anything to nearly all.
  const std::uint64_t newest_percent = std::array<std::uint64_t, 4>{5, 30, 70, 97}[dice.Below(4)];
  const auto version_of = [&](std::size_t count) {
    return dice.Chance(newest_percent) ? count : dice.Below(count + 1);
  };
  std::string content = durable_;
  for (const auto& [sector, versions] : sectors) {
    const std::size_t kept = version_of(versions.size());
    for (std::size_t i = 0; i < kept; ++i) Apply(versions[i], content);
  }
  content.resize(sizes[version_of(sizes.size() - 1)], '\0');
  return content;
}

std::vector<std::uint64_t> StrictInode::PendingSectors(std::size_t sector_bytes) const {
  std::set<std::uint64_t> sectors;
  for (const auto& [offset, length] : PendingRanges()) {
    for (std::uint64_t at = offset / sector_bytes; at * sector_bytes < offset + length; ++at) {
      sectors.insert(at);
    }
  }
  return {sectors.begin(), sectors.end()};
}

std::string StrictInode::ContentOfSectors(std::size_t sector_bytes,
                                          const std::function<bool(std::size_t)>& kept,
                                          bool grown) const {
  std::string content = durable_;
  if (grown) content.resize(content_.size(), '\0');
  const std::vector<std::uint64_t> sectors = PendingSectors(sector_bytes);
  for (std::size_t i = 0; i < sectors.size(); ++i) {
    if (!kept(i)) continue;
    const std::uint64_t offset = sectors[i] * sector_bytes;
    if (offset >= content_.size()) continue;  // written, and cut off again
    Overwrite(content, offset, std::string_view(content_).substr(offset, sector_bytes));
  }
  return content;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> StrictInode::PendingRanges() const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (const Change& change : pending_) {
    for (const Piece& piece : change.pieces) ranges.emplace_back(piece.offset, piece.bytes.size());
  }
  return ranges;
}

StrictInode StrictInode::Durable(std::string bytes) {
  StrictInode inode;
  inode.content_ = bytes;
  inode.durable_ = std::move(bytes);
  return inode;
}

void StrictInode::Corrupt(std::uint64_t offset, std::uint8_t mask) {
  VARVE_CHECK(pending_.empty());
  VARVE_CHECK(offset < content_.size());
  content_[offset] = static_cast<char>(content_[offset] ^ mask);
  durable_ = content_;
}

}  // namespace varve::crash
