#include "kernel/reader.h"

#include "kernel/table/row.h"

namespace varve {

KeyRange KeyRange::Prefix(std::string_view prefix) {
  return {std::string(prefix), table::PrefixEnd(prefix)};
}

}  // namespace varve
