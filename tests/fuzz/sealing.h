// Puts right checksums over hostile bytes. A mutation of a checksummed file is refused at its
// checksum, and nothing behind that is ever tried; what a faulty writer leaves has right checksums.
#ifndef VARVE_TESTS_FUZZ_SEALING_H_
#define VARVE_TESTS_FUZZ_SEALING_H_

#include <cstdint>
#include <string>

namespace varve::fuzz {

// `page` has wal::kSegmentHeaderBytes.
void SealSegmentPage(std::string& page);

// Every record of the area behind a segment's header, as far as one follows the other by the
// lengths they state (cut to what is there): body and header checksums and the chain. With
// `number`, also LSNs in sequence from 1, and fixed fields as a writer sets them.
void SealRecords(std::string& area, std::uint64_t salt, bool number);

// `slot` has snapshot::kManifestSlotBytes.
void SealManifestSlot(std::string& slot);

// Header, section headers, chunks, digest and footer of a snapshot file, as far as its lengths
// lead from one to the next. Lengths themselves stay as they are.
void SealSnapshot(std::string& file);

}  // namespace varve::fuzz

#endif  // VARVE_TESTS_FUZZ_SEALING_H_
