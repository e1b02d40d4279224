#include "crash/process/trace.h"

namespace varve::crash {

std::string_view EventName(TraceEvent::Kind kind) {
  switch (kind) {
    case TraceEvent::Kind::kCreate:
      return "create";
    case TraceEvent::Kind::kOpen:
      return "open";
    case TraceEvent::Kind::kClose:
      return "close";
    case TraceEvent::Kind::kWrite:
      return "write";
    case TraceEvent::Kind::kWriteDurably:
      return "write durably";
    case TraceEvent::Kind::kTruncate:
      return "truncate";
    case TraceEvent::Kind::kSync:
      return "sync";
    case TraceEvent::Kind::kMap:
      return "map";
    case TraceEvent::Kind::kCreateFolder:
      return "create folder";
    case TraceEvent::Kind::kRename:
      return "rename";
    case TraceEvent::Kind::kRemove:
      return "remove";
    case TraceEvent::Kind::kSyncFolder:
      return "sync folder";
    case TraceEvent::Kind::kMarker:
      return "marker";
  }
  return "";
}

std::string TraceEvent::ToString() const {
  std::string text(EventName(kind));
  if (!path.empty()) text.append(" ").append(path);
  if (!new_path.empty()) text.append(" to ").append(new_path);
  if (kind == Kind::kTruncate) text.append(" to ").append(std::to_string(offset));
  if (kind == Kind::kWrite || kind == Kind::kWriteDurably) {
    text.append(" [").append(std::to_string(offset)).append(", ");
    text.append(std::to_string(offset + bytes.size())).append(")");
  }
  if (kind == Kind::kMarker) text.append(" of ").append(std::to_string(bytes.size()));
  return text;
}

}  // namespace varve::crash
