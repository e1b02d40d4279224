#!/usr/bin/env python3
"""Seeds every fault that the rules look for into small trees and sees each one reported."""

import pathlib
import tempfile
import unittest

import cpp_text
import layer_rules
import promise_rules
import text_rules
from source_tree import SourceTree


class SeededTree(unittest.TestCase):
    """A test writes files into an empty tree and asks a rule about them."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = pathlib.Path(holder.name)

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(text.encode())

    def findings(self, rule):
        return list(rule(SourceTree(self.root)))

    def expect(self, rule, path, line, kind):
        found = [(each.path, each.line, each.rule) for each in self.findings(rule)]
        self.assertEqual(found, [(path, line, kind)])

    def expect_clean(self, rule):
        self.assertEqual(self.findings(rule), [])


class Layers(SeededTree):
    def test_upward_include_is_found(self):
        self.write("kernel/wal/log.h", "")
        self.write("kernel/io/file.cc", '// c\n#include "kernel/wal/log.h"\n')
        self.expect(layer_rules.check_layers, "kernel/io/file.cc", 2, "layers")

    def test_log_and_tables_do_not_see_each_other(self):
        self.write("kernel/table/row.h", "")
        self.write("kernel/wal/log.h", '#include "kernel/table/row.h"\n')
        self.expect(layer_rules.check_layers, "kernel/wal/log.h", 1, "layers")

    def test_kernel_must_not_see_snapshots(self):
        self.write("snapshot/snapshot.h", "")
        self.write("kernel/internal/store.cc", '#include "snapshot/snapshot.h"\n')
        self.expect(layer_rules.check_layers, "kernel/internal/store.cc", 1, "layers")

    def test_primitives_must_not_see_one_another(self):
        self.write("primitives/kv/kv.h", "")
        self.write("primitives/json/json.h", '#include "primitives/kv/kv.h"\n')
        self.expect(layer_rules.check_layers, "primitives/json/json.h", 1, "layers")

    def test_primitives_must_not_see_the_log(self):
        self.write("kernel/wal/log.h", "")
        self.write("primitives/kv/kv.h", '#include "kernel/wal/log.h"\n')
        self.expect(layer_rules.check_layers, "primitives/kv/kv.h", 1, "layers")

    def test_nothing_includes_tests(self):
        self.write("tests/support/fake.h", "")
        self.write("cli/main.cc", '#include "tests/support/fake.h"\n')
        self.expect(layer_rules.check_layers, "cli/main.cc", 1, "layers")

    def test_include_relative_to_its_folder_is_found(self):
        self.write("kernel/wal/log.h", "")
        self.write("kernel/wal/log.cc", '#include "log.h"\n')
        self.expect(layer_rules.check_layers, "kernel/wal/log.cc", 1, "include-root")

    def test_nothing_of_the_library_includes_bindings(self):
        self.write("bindings/c/varve.h", "")
        self.write("recovery/open.cc", '#include "bindings/c/varve.h"\n')
        self.expect(layer_rules.check_layers, "recovery/open.cc", 1, "layers")

    def test_headers_of_c_find_one_another_and_sources_do_not(self):
        self.write("bindings/c/varve.h", "")
        self.write("bindings/c/varve_kv.h", '#include "varve.h"\n')
        self.write("bindings/c/kv.cc", '#include "varve.h"\n')
        self.expect(layer_rules.check_layers, "bindings/c/kv.cc", 1, "include-root")

    def test_allowed_includes_are_clean(self):
        for header in ("kernel/base/ids.h", "kernel/reader.h", "snapshot/snapshot.h",
                       "primitives/kv/kv.h", "primitives/builtin.h"):
            self.write(header, "")
        self.write("primitives/kv/kv.cc",
                   '#include "primitives/kv/kv.h"\n#include "kernel/reader.h"\n#include <string>\n')
        self.write("primitives/builtin.cc", '#include "primitives/kv/kv.h"\n')
        self.write("recovery/open.cc", '#include "snapshot/snapshot.h"\n')
        self.write("cli/main.cc", '#include "primitives/builtin.h"\n#include <unistd.h>\n')
        self.expect_clean(layer_rules.check_layers)

    def test_vendor_and_system_headers_stay_at_home(self):
        for header in ("lmdb.h", "hwy/highway.h", "zstd.h", "xxhash.h", "isa-l/crc.h",
                       "unistd.h", "fcntl.h", "sys/mman.h", "linux/futex.h", "fstream",
                       "nlohmann/json.hpp"):
            with self.subTest(header=header):
                self.write("recovery/open.cc", f"#include <{header}>\n")
                self.expect(layer_rules.check_layers, "recovery/open.cc", 1, "confined")

    def test_rival_engines_stay_in_the_comparison(self):
        self.write("bench/compare/rocksdb.cc", "#include <rocksdb/db.h>\n")
        self.expect_clean(layer_rules.check_layers)
        self.write("tests/kernel/store_test.cc", "#include <rocksdb/db.h>\n")
        self.expect(layer_rules.check_layers, "tests/kernel/store_test.cc", 1, "confined")


class Budgets(SeededTree):
    def test_long_files_are_found(self):
        for path, lines in (("kernel/a.h", 250), ("kernel/a.cc", 400), ("tests/a_test.cc", 600)):
            with self.subTest(path=path):
                self.write(path, "//\n" * lines)
                self.expect_clean(text_rules.check_budgets)
                self.write(path, "//\n" * (lines + 1))
                self.expect(text_rules.check_budgets, path, lines + 1, "file-length")
                (self.root / path).unlink()

    def test_long_function_is_found_at_the_limit(self):
        def source(lines):
            return "namespace varve {\nvoid F() {\n" + "  G();\n" * (lines - 2) + "}\n}\n"

        self.write("kernel/a.cc", source(70))
        self.expect_clean(text_rules.check_budgets)
        self.write("kernel/a.cc", source(71))
        self.expect(text_rules.check_budgets, "kernel/a.cc", 2, "function-length")

    def test_functions_are_told_from_what_looks_like_them(self):
        text = """
namespace varve::wal {
// void Comment() {
constexpr int kTable[] = {1, 2};
struct Point { int x = 0; };
class Log final : public Base<int(int)> {
 public:
  explicit Log(int a) : a_(a), b_{a} {}
  int a() const { return a_; }
 private:
  int b_{0};
};
Log::Log(const std::string& text, std::function<void(int)> f)
    : a_(Parse(text)) {
  const char* brace = "{{{";
  auto inner = [&](int x) { return x; };
  for (int i = 0; i < 3; ++i) {
    if (i) { f(i); }
  }
}
TEST(Log, HoldsBraces) { const char c = '{'; }
}  // namespace
"""
        names = [function.name for function in cpp_text.functions(text)]
        self.assertEqual(names, ["Log", "a", "Log::Log", "TEST(Log, HoldsBraces)"])


class Manners(SeededTree):
    def test_non_ascii_is_found(self):
        self.write("docs/a.md", "ok\nna\u00efve\n")
        self.expect(text_rules.check_ascii, "docs/a.md", 2, "ascii")

    def test_unfinished_work_is_found(self):
        for word in ("TO" "DO", "FIX" "ME", "XX" "X"):
            with self.subTest(word=word):
                self.write("kernel/a.cc", f"// {word}: later\n")
                self.expect(text_rules.check_words, "kernel/a.cc", 1, "unfinished")

    def test_paths_of_one_machine_are_found(self):
        self.write("docs/a.md", "see /wo" "rk/main\n")
        self.expect(text_rules.check_words, "docs/a.md", 1, "workplace")

    def test_vague_names_are_found(self):
        self.write("kernel/string_utils.h", "")
        self.expect(text_rules.check_names, "kernel/string_utils.h", 1, "vague-name")
        (self.root / "kernel/string_utils.h").unlink()
        self.write("kernel/a.cc", "// a helper\nclass LogManager {};\n")
        self.expect(text_rules.check_names, "kernel/a.cc", 2, "vague-name")

    def test_header_guard_must_follow_the_path(self):
        guard = "VARVE_KERNEL_A_H_"
        self.write("kernel/a.h", f"// A.\n#ifndef {guard}\n#define {guard}\n\n#endif  // {guard}\n")
        self.expect_clean(text_rules.check_header_guards)
        self.write("kernel/a.h", "#pragma once\n")
        self.expect(text_rules.check_header_guards, "kernel/a.h", 1, "header-guard")

    def test_unformatted_code_is_found(self):
        self.write(".clang-format", "BasedOnStyle: Google\n")
        self.write("kernel/a.cc", "int a;\nint  b ;\n")
        self.expect(text_rules.check_formatted, "kernel/a.cc", 2, "format")


class Promises(SeededTree):
    def test_rule_without_a_test_is_found(self):
        self.write("docs/format/wal.md", "# Log\n**WAL-R1** ...\n**SNAP-2** ...\n")
        self.write("tests/kernel/wal/reader_test.cc", "// WAL-R1\n")
        self.expect(promise_rules.check_numbered_rules, "docs/format/wal.md", 3, "rule-untested")

    def test_citation_of_no_rule_is_found(self):
        self.write("tests/kernel/wal/reader_test.cc", "//\n// WAL-R99\n")
        self.expect(promise_rules.check_numbered_rules, "tests/kernel/wal/reader_test.cc", 2,
                    "rule-unknown")

    def test_source_without_a_test_is_found(self):
        self.write("kernel/wal/writer.cc", "")
        self.expect(promise_rules.check_mirrored_tests, "kernel/wal/writer.cc", 1, "test-missing")
        self.write("tests/kernel/wal/writer_test.cc", "")
        self.expect_clean(promise_rules.check_mirrored_tests)

    def test_source_may_be_tested_through_its_own_header(self):
        source = '#include "kernel/wal/log.h"\n\n#include "kernel/base/ids.h"\n'
        self.write("kernel/wal/log_close.cc", source)
        self.write("tests/kernel/wal/log_test.cc", '#include "kernel/wal/log.h"\n')
        self.expect_clean(promise_rules.check_mirrored_tests)
        self.write("tests/kernel/wal/log_test.cc", '#include "kernel/base/ids.h"\n')
        self.expect(promise_rules.check_mirrored_tests, "kernel/wal/log_close.cc", 1,
                    "test-missing")

    def test_source_may_be_claimed_by_another_test(self):
        self.write("kernel/internal/layers.cc", "")
        self.write("tests/kernel/store_test.cc", "// Tests: kernel/internal/layers.cc\n")
        self.expect_clean(promise_rules.check_mirrored_tests)

    def test_limits_table_must_agree(self):
        self.write("kernel/base/limits.h",
                   "inline constexpr std::size_t kA = std::size_t{16} << 20;\n"
                   "inline constexpr std::size_t kB = kA + (std::size_t{64} << 10);\n")
        self.write("docs/limits.md", "| `kA` | 16,777,216 | x |\n| `kB` | 16,842,752 | x |\n")
        self.expect_clean(promise_rules.check_limits_table)
        self.write("docs/limits.md", "| `kA` | 16,777,217 | x |\n| `kB` | 16,842,752 | x |\n")
        self.expect(promise_rules.check_limits_table, "docs/limits.md", 1, "limits")
        self.write("docs/limits.md", "| `kA` | 16,777,216 | x |\n")
        self.expect(promise_rules.check_limits_table, "docs/limits.md", 1, "limits")
        self.write("docs/limits.md", "| `kA` | 16,777,216 | x |\n| `kB` | 16,842,752 | x |\n")
        self.write("primitives/json/json_limits.h", "inline constexpr std::size_t kC = 2 * kA;\n")
        self.expect(promise_rules.check_limits_table, "docs/limits.md", 1, "limits")
        self.write("docs/limits.md", "| `kA` | 16,777,216 | x |\n| `kB` | 16,842,752 | x |\n"
                   "| `kC` | 33,554,432 | x |\n")
        self.expect_clean(promise_rules.check_limits_table)

    def test_unexplained_error_code_is_found(self):
        self.write("docs/errors.md", "| `kDataLoss` | damage |\n")
        self.write("kernel/a.cc", "absl::StatusCode::kDataLoss;\nabsl::StatusCode::kCancelled;\n")
        self.expect(promise_rules.check_error_codes, "kernel/a.cc", 2, "error-code")
        self.write("kernel/a.cc", 'return absl::AbortedError("x");\n')
        self.expect(promise_rules.check_error_codes, "kernel/a.cc", 1, "error-code")
        self.write("kernel/a.cc", 'return absl::DataLossError("x");\n')
        self.expect_clean(promise_rules.check_error_codes)

    def test_unlisted_document_is_found(self):
        self.write("docs/README.md", "[a](a.md) [d](decisions/README.md)\n")
        self.write("docs/decisions/README.md", "[1](0001-x.md)\n")
        self.write("docs/a.md", "")
        self.write("docs/decisions/0001-x.md", "")
        self.expect_clean(promise_rules.check_indexed)
        self.write("docs/decisions/0002-y.md", "")
        self.expect(promise_rules.check_indexed, "docs/decisions/0002-y.md", 1, "unlisted")

    def test_quoted_code_that_no_source_has_is_found(self):
        self.write("docs/extension-guide.md", "Text\n\n    int a =\n\n        1;\n\nMore\n")
        self.write("examples/ledger/acme/a.cc", "// c\n  int a = 1;\n")
        self.expect_clean(promise_rules.check_quoted_code)
        self.write("examples/ledger/acme/a.cc", "int a = 2;\n")
        self.expect(promise_rules.check_quoted_code, "docs/extension-guide.md", 3, "quoted-code")

    def test_other_code_in_the_guide_and_fences_are_found(self):
        self.write("examples/ledger/run.sh", "varve --load it.so\n")
        self.write("docs/extension-guide.md", "Text\n\n    varve --load it.so\n\nMore\n")
        self.expect_clean(promise_rules.check_quoted_code)
        self.write("docs/extension-guide.md", "Text\n\n    varve --lead it.so\n\nMore\n")
        self.expect(promise_rules.check_quoted_code, "docs/extension-guide.md", 3, "quoted-code")
        self.write("docs/extension-guide.md", "Text\n```cpp\n")
        self.expect(promise_rules.check_quoted_code, "docs/extension-guide.md", 2, "quoted-code")

    def test_messages_that_nothing_says_are_found(self):
        self.write("docs/extension-guide.md", '| "too late, too" | why |\n| `ld`: x | "y" |\n')
        self.write("kernel/registry.cc", 'return No("came too",\n          " late, too");\n')
        self.expect_clean(promise_rules.check_quoted_messages)
        self.write("kernel/registry.cc", 'return No("came late");\n')
        self.expect(promise_rules.check_quoted_messages, "docs/extension-guide.md", 1,
                    "quoted-message")

    def write_primitive(self, number, entry_range, name):
        self.write(f"primitives/{name}/{name}_primitive.h",
                   f"inline constexpr PrimitiveId k{name}Id{{{number}}};\n"
                   f"inline constexpr EntryType k{name}Range = {entry_range};\n"
                   f"class {name}Primitive final {{}};\n")
        self.write(f"primitives/{name}/{name}_primitive.cc", f'spec_.name = "acme.{name}";\n')

    def test_a_kernel_that_names_a_primitive_is_found(self):
        self.write_primitive(40, "0xB0", "counter")
        self.write("recovery/open.cc", "// as counterPrimitive does\nint acme = counter;\n")
        self.expect_clean(promise_rules.check_nameless_kernel)
        for line in ('if (name == "acme.counter") return;', "counterPrimitive primitive;"):
            with self.subTest(line=line):
                self.write("recovery/open.cc", line + "\n")
                self.expect(promise_rules.check_nameless_kernel, "recovery/open.cc", 1, "nameless")

    def test_numbers_that_nobody_claimed_are_found(self):
        header = "primitives/counter/counter_primitive.h"
        self.write("docs/format/registry.md", "| 40 | `acme.counter` | 0xB0-0xBF | you |\n")
        self.write_primitive(40, "0xB0", "counter")
        self.expect_clean(promise_rules.check_claimed_numbers)
        for number, entry_range in ((41, "0xB0"), (40, "0xC0")):
            self.write_primitive(number, entry_range, "counter")
            self.expect(promise_rules.check_claimed_numbers, header, 1, "claimed")
        self.write_primitive(40, "0xB0", "counter")
        self.write_primitive(40, "0xB0", "other")
        self.assertIn("is of", str(self.findings(promise_rules.check_claimed_numbers)[0]))

    def test_dead_link_is_found(self):
        self.write("docs/a.md", "[b](b.md) [c](c.md#x) [w](https://example.org)\n")
        self.write("docs/b.md", "")
        self.expect(promise_rules.check_links, "docs/a.md", 1, "link")


if __name__ == "__main__":
    unittest.main()
