#!/usr/bin/env python3
"""Checks the habits of this tree that no compiler checks. Usage: tidy.py [ROOT] [--rule NAME].

Prints one line per finding (file, line, rule, what, remedy); exits 1 when there is any.
"""

import argparse
import pathlib
import sys
import time

import layer_rules
import promise_rules
import text_rules
from source_tree import SourceTree

RULES = {
    "layers": layer_rules.check_layers,
    "budgets": text_rules.check_budgets,
    "ascii": text_rules.check_ascii,
    "words": text_rules.check_words,
    "names": text_rules.check_names,
    "header-guards": text_rules.check_header_guards,
    "formatted": text_rules.check_formatted,
    "numbered-rules": promise_rules.check_numbered_rules,
    "mirrored-tests": promise_rules.check_mirrored_tests,
    "limits-table": promise_rules.check_limits_table,
    "error-codes": promise_rules.check_error_codes,
    "links": promise_rules.check_links,
    "indexed": promise_rules.check_indexed,
    "quoted-code": promise_rules.check_quoted_code,
    "quoted-messages": promise_rules.check_quoted_messages,
    "nameless-kernel": promise_rules.check_nameless_kernel,
    "claimed-numbers": promise_rules.check_claimed_numbers,
}


def findings_of(tree, names=()):
    """All findings of the named rules (every rule where none is named), in order."""
    found = set()
    for name, rule in RULES.items():
        if not names or name in names:
            found.update(rule(tree))
    return sorted(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", nargs="?", default=pathlib.Path(__file__).parents[2])
    parser.add_argument("--rule", action="append", default=[], choices=sorted(RULES))
    arguments = parser.parse_args()
    started = time.monotonic()
    tree = SourceTree(arguments.root)
    found = findings_of(tree, arguments.rule)
    for finding in found:
        print(finding)
    count = len(list(tree.paths()))
    print(f"tidy: {len(found)} findings in {count} files, {time.monotonic() - started:.1f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
