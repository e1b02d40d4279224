#!/usr/bin/env python3
"""What docs/reference/doxygen_filter.py makes of comments. Usage: doxygen_filter_test.py"""

import pathlib
import sys
import unittest

_ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_ROOT / "docs" / "reference"))

from doxygen_filter import Header


def filtered(text, path="primitives/kv/kv.h"):
    lines = Header(path, text.strip("\n")).filtered().split("\n")
    assert len(lines) == len(text.strip("\n").split("\n")), "a line was won or lost"
    return lines


class DoxygenFilterTest(unittest.TestCase):
    def test_no_line_of_any_public_header_is_won_or_lost(self):
        for folder in ("kernel", "primitives", "recovery", "snapshot", "crash", "cli", "bindings"):
            for header in sorted((_ROOT / folder).rglob("*.h")):
                path = str(header.relative_to(_ROOT))
                text = header.read_text(encoding="ascii")
                self.assertEqual(Header(path, text).filtered().count("\n"), text.count("\n"), path)

    def test_comments_above_and_behind_declarations_are_theirs(self):
        self.assertEqual(filtered("""
// On top.
int above;
// What it is.
int a;
int b;  // in bytes
int c;  // the first line
        // and the second
"""), ["/** On top. @file */", "int above;", "/// What it is.", "int a;", "int b;  ///< in bytes",
       "int c;  ///< the first line", "        ///< and the second"])

    def test_an_example_is_code_and_errors_are_a_list(self):
        self.assertEqual(filtered("""
// Top.
//
//   kv.Put("a<b>", 1);
//
// kNotFound and more:
//   kNotFound  there is none
//              of it
// Behind.
"""), ["/** Top.", "@code{.cpp}", 'kv.Put("a<b>", 1);', "", "@endcode kNotFound and more:",
       "<ul><li><b>kNotFound</b>: there is none", "of it", "</ul>Behind. @file */"])

    def test_nothing_in_a_text_is_a_command_but_names_are_references(self):
        self.assertEqual(filtered("""
// Top.
int a;
// An @ and a \\n, 1 < 2, `std::string&`, Store::Update() and #7.
int b;
""")[2], "/// An \\@ and a \\\\n, 1 \\< 2, `std::string&`, @ref Store::Update \"Store::Update\" and \\#7.")

    def test_a_comment_that_stands_alone_in_a_class_heads_the_members_below_it(self):
        self.assertEqual(filtered("""
// Top.
class Kv {
 public:
  // Writes. Each can fail
  // in two ways.

  int Put();

 private:
  int a_;
};
""")[3:8], ["  /** @name Writes", "Each can fail in two ways. */ /**@{*/", "", "  int Put();", " /**@}*/"])


if __name__ == "__main__":
    unittest.main()
