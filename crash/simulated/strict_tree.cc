#include "crash/simulated/strict_tree.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace varve::crash {
namespace {

constexpr std::uint64_t kEverything = ~std::uint64_t{0};

// Visits every node that a crash could leave reachable, once, in a fixed order.
class TreeWalk final {
 public:
  using FileVisitor = std::function<void(const StrictInode&)>;
  explicit TreeWalk(std::vector<std::uint64_t>& sequences, FileVisitor visit_file = nullptr)
      : sequences_(sequences), visit_file_(std::move(visit_file)) {}

  void Visit(const StrictNodePtr& node) {
    if (!seen_.insert(node.get()).second) return;
    if (node->file.has_value()) {
      node->file->AddSequences(sequences_);
      if (visit_file_) visit_file_(*node->file);
      return;
    }
    for (const auto& [name, child] : node->folder->durable) Visit(child);
    for (const auto& [name, child] : node->folder->current) Visit(child);
    for (const FolderChange& change : node->folder->pending) {
      sequences_.push_back(change.sequence);
      if (change.node != nullptr) Visit(change.node);
    }
  }

 private:
  std::vector<std::uint64_t>& sequences_;
  const FileVisitor visit_file_;
  std::set<const StrictNode*> seen_;
};

// Copies a tree as a crash leaves it. One inode under two names stays one inode.
class CrashedCopy final {
 public:
  CrashedCopy(const CrashChoice& choice, std::uint64_t sequence_max)
      : choice_(choice), sequence_max_(sequence_max), dice_(choice.seed) {}

  StrictNodePtr Copy(const StrictNodePtr& node) {
    if (node == nullptr) return nullptr;
    const auto [found, is_new] = copies_.try_emplace(node.get());
    if (!is_new) return found->second;
    auto copy = std::make_shared<StrictNode>();
    found->second = copy;
    if (node->file.has_value()) {
      copy->file = CopyFile(*node->file);
    } else {
      copy->folder = CopyFolder(*node->folder);
    }
    return copy;
  }

 private:
  using Mode = CrashChoice::Mode;

  StrictInode CopyFile(const StrictInode& file) {
    if (choice_.mode == Mode::kKilled) return file;
    if (choice_.mode == Mode::kRandom) {
      return StrictInode::Durable(file.RandomContent(dice_, choice_.sector_bytes));
    }
    if (choice_.mode == Mode::kSectorMissing || choice_.mode == Mode::kSectorAlone) {
      return CopySectors(file);
    }
    return StrictInode::Durable(file.ContentUpTo(sequence_max_));
  }

  StrictInode CopySectors(const StrictInode& file) {
    const bool missing = choice_.mode == Mode::kSectorMissing;
    const std::uint64_t first = sectors_;
    sectors_ += file.PendingSectors(choice_.sector_bytes).size();
    const auto kept = [&](std::size_t i) { return (first + i == choice_.sector) != missing; };
    return StrictInode::Durable(file.ContentOfSectors(choice_.sector_bytes, kept, missing));
  }

  StrictFolder CopyFolder(const StrictFolder& folder) {
    StrictFolder copy;
    if (choice_.mode == Mode::kKilled) {
      copy.durable = CopyEntries(folder.durable);
      copy.current = CopyEntries(folder.current);
      for (FolderChange change : folder.pending) {
        change.node = Copy(change.node);
        copy.pending.push_back(std::move(change));
      }
      return copy;
    }
    StrictEntries entries = folder.durable;
    for (const FolderChange& change : ChangesKept(folder)) change.ApplyTo(entries);
    copy.durable = CopyEntries(entries);
    copy.current = copy.durable;
    return copy;
  }

  StrictEntries CopyEntries(const StrictEntries& entries) {
    StrictEntries copy;
    for (const auto& [name, node] : entries) copy.emplace(name, Copy(node));
    return copy;
  }

  std::vector<FolderChange> ChangesKept(const StrictFolder& folder) {
    std::vector<FolderChange> kept = folder.pending;
    if (choice_.mode != Mode::kRandom) {
      std::erase_if(kept, [&](const FolderChange& c) { return c.sequence > sequence_max_; });
    } else if (dice_.Chance(50)) {
      kept.resize(dice_.Below(kept.size() + 1));  // a journal keeps the order
    } else {
      std::erase_if(kept, [&](const FolderChange&) { return dice_.Chance(50); });
    }
    return kept;
  }

  const CrashChoice choice_;
  const std::uint64_t sequence_max_;
  Dice dice_;
  std::uint64_t sectors_ = 0;  // pending ones of the files copied so far
  std::map<const StrictNode*, StrictNodePtr> copies_;
};

std::uint64_t LastSequenceKept(const StrictNodePtr& root, const CrashChoice& choice) {
  using Mode = CrashChoice::Mode;
  if (choice.mode == Mode::kNothing || choice.mode == Mode::kSectorAlone) return 0;
  if (choice.mode != CrashChoice::Mode::kPrefix) return kEverything;
  const std::vector<std::uint64_t> sequences = PendingSequences(root);
  if (choice.pending_count == 0 || sequences.empty()) return 0;
  return sequences[std::min<std::size_t>(choice.pending_count, sequences.size()) - 1];
}

std::string NamesText(const StrictFolder& folder) {
  std::string text = "names not durable:";
  for (const FolderChange& change : folder.pending) {
    switch (change.kind) {
      case FolderChange::Kind::kLink:
        text += " +" + change.name;
        break;
      case FolderChange::Kind::kUnlink:
        text += " -" + change.name;
        break;
      case FolderChange::Kind::kRename:
        text += " " + change.name + "->" + change.new_name;
        break;
    }
  }
  return text;
}

std::string FileText(const StrictInode& file) {
  std::string text = std::to_string(file.durable().size()) + " bytes durable";
  if (!file.has_pending()) return text;
  text += ", " + std::to_string(file.content().size()) + " written; pending";
  for (const auto& [offset, length] : file.PendingRanges()) {
    text += " " + std::to_string(offset) + "+" + std::to_string(length);
  }
  return text;
}

void DescribeBelow(const StrictNodePtr& node, const std::string& path,
                   std::vector<PendingPart>& to) {
  if (node->file.has_value()) {
    to.push_back({path, FileText(*node->file)});
    return;
  }
  if (!node->folder->pending.empty()) to.push_back({path + "/", NamesText(*node->folder)});
  for (const auto& [name, child] : node->folder->current) {
    DescribeBelow(child, path.empty() ? name : path + "/" + name, to);
  }
}

}  // namespace

void FolderChange::ApplyTo(StrictEntries& entries) const {
  switch (kind) {
    case Kind::kLink:
      entries[name] = node;
      return;
    case Kind::kUnlink:
      entries.erase(name);
      return;
    case Kind::kRename:
      entries.erase(name);
      entries[new_name] = node;
      return;
  }
}

void StrictFolder::Change(FolderChange change) {
  change.ApplyTo(current);
  pending.push_back(std::move(change));
}

void StrictFolder::PersistAll() {
  for (const FolderChange& change : pending) change.ApplyTo(durable);
  pending.clear();
}

StrictNodePtr NewFileNode() {
  auto node = std::make_shared<StrictNode>();
  node->file.emplace();
  return node;
}

StrictNodePtr NewFolderNode() {
  auto node = std::make_shared<StrictNode>();
  node->folder.emplace();
  return node;
}

std::string CrashChoice::ToString() const {
  switch (mode) {
    case Mode::kNothing:
      return "power cut, only what was durable";
    case Mode::kAll:
      return "power cut, everything written";
    case Mode::kPrefix:
      return "power cut, the oldest " + std::to_string(pending_count) + " changes";
    case Mode::kRandom:
      return "power cut, random, seed " + std::to_string(seed) + ", sectors of " +
             std::to_string(sector_bytes);
    case Mode::kSectorMissing:
    case Mode::kSectorAlone:
      return std::string("power cut, ") + (mode == Mode::kSectorAlone ? "nothing but" : "all but") +
             " pending sector " + std::to_string(sector) + " of " + std::to_string(sector_bytes) +
             " bytes";
    case Mode::kKilled:
      return "process killed";
  }
  return "";
}

StrictNodePtr CrashedTree(const StrictNodePtr& root, const CrashChoice& choice) {
  return CrashedCopy(choice, LastSequenceKept(root, choice)).Copy(root);
}

std::uint64_t PendingSectorCount(const StrictNodePtr& root, std::size_t sector_bytes) {
  std::uint64_t count = 0;
  std::vector<std::uint64_t> sequences;
  TreeWalk(sequences, [&](const StrictInode& file) {
    count += file.PendingSectors(sector_bytes).size();
  }).Visit(root);
  return count;
}

std::vector<PendingPart> DescribePending(const StrictNodePtr& root) {
  std::vector<PendingPart> parts;
  DescribeBelow(root, "", parts);
  return parts;
}

std::vector<std::uint64_t> PendingSequences(const StrictNodePtr& root) {
  std::vector<std::uint64_t> sequences;
  TreeWalk(sequences).Visit(root);
  std::sort(sequences.begin(), sequences.end());
  return sequences;
}

}  // namespace varve::crash
