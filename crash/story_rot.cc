#include "crash/story_rot.h"

namespace varve::crash {
namespace {

constexpr std::uint64_t kSectorBytes = 512;

// What stood there before: zeros in a file that was not there.
std::string SectorBefore(const std::map<std::string, std::string>& before, const std::string& path,
                         std::uint64_t from, std::size_t size) {
  const auto old = before.find(path);
  std::string sector;
  if (old != before.end() && old->second.size() > from) sector = old->second.substr(from, size);
  sector.resize(size, '\0');
  return sector;
}

void Replace(const std::string& path, const std::string& whole, std::uint64_t offset,
             const std::string& bytes, StrictFileSystem& files) {
  for (std::size_t i = 0; i < bytes.size() && offset + i < whole.size(); ++i) {
    const auto mask = static_cast<std::uint8_t>(whole[offset + i] ^ bytes[i]);
    if (mask != 0) files.Corrupt(path, offset + i, mask);
  }
}

}  // namespace

void Spoil(const Rot& rot, const std::string& path, std::uint64_t offset,
           const std::map<std::string, std::string>& before, StrictFileSystem& files) {
  const std::string whole = files.Contents().at(path);
  const std::uint64_t from = offset / kSectorBytes * kSectorBytes;
  const std::string sector = whole.substr(from, kSectorBytes);
  switch (rot.kind) {
    case Rot::Kind::kFlip:
      return files.Corrupt(path, offset, rot.mask);
    case Rot::Kind::kZero:
      return Replace(path, whole, from, std::string(sector.size(), '\0'), files);
    case Rot::Kind::kMisplaced:
      return Replace(path, whole, 0, sector, files);
    case Rot::Kind::kStale:
      return Replace(path, whole, from, SectorBefore(before, path, from, sector.size()), files);
  }
}

}  // namespace varve::crash
