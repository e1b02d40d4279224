"""Budgets and manners of single files."""

import pathlib
import re
import shutil
import subprocess

import cpp_text
from source_tree import Finding

_HEADER_LINES_MAX = 250
_SOURCE_LINES_MAX = 400
_TEST_LINES_MAX = 600
_FUNCTION_LINES_MAX = 70

_CODE_FOLDERS = ("kernel", "snapshot", "recovery", "primitives", "crash", "cli", "tests",
                 "bench", "examples", "bindings")
# Spelled apart so that this file does not break its own rules.
_UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
_WORKPLACE = re.compile(r"/wo" r"rk/|/tmp/br" r"ief")
_VAGUE = {"util", "utils", "common", "helper", "helpers", "manager", "managers", "misc"}
_VAGUE_TYPE = re.compile(
    r"\b(?:class|struct|namespace|enum)\s+(\w*(?:Utils?|Helpers?|Managers?|Misc|Common)|"
    r"utils?|common|helpers?|misc)\b")


def _lines_max(path):
    if path.startswith("tests/"):
        return _TEST_LINES_MAX
    return _HEADER_LINES_MAX if path.endswith(".h") else _SOURCE_LINES_MAX


def check_budgets(tree):
    for path in tree.paths(".h", ".cc", ".py", under=_CODE_FOLDERS):
        count = len(tree.text(path).splitlines())
        if count > _lines_max(path):
            yield Finding(path, count, "file-length", f"{count} lines, at most {_lines_max(path)}",
                          "split it by idea")
    for path in tree.paths(".h", ".cc", under=_CODE_FOLDERS):
        for function in cpp_text.functions(tree.text(path)):
            if function.line_count > _FUNCTION_LINES_MAX:
                yield Finding(path, function.first_line, "function-length",
                              f"{function.name} has {function.line_count} lines, at most "
                              f"{_FUNCTION_LINES_MAX}", "move leaves into functions of their own")


def check_ascii(tree):
    for path in tree.paths():
        for number, line in tree.lines(path):
            if not line.isascii():
                bad = next(letter for letter in line if not letter.isascii())
                yield Finding(path, number, "ascii", f"non-ASCII character U+{ord(bad):04X}",
                              "write it in ASCII, or as an escape inside a literal")


def check_words(tree):
    for path in tree.paths():
        for number, line in tree.lines(path):
            unfinished = _UNFINISHED.search(line)
            if unfinished:
                yield Finding(path, number, "unfinished", f'"{unfinished.group(0)}"',
                              "finish it, or write an issue")
            if _WORKPLACE.search(line):
                yield Finding(path, number, "workplace", "a path of one machine",
                              "take it as an argument")


def check_names(tree):
    for path in tree.paths(under=_CODE_FOLDERS + ("docs", "cmake")):
        for part in pathlib.PurePosixPath(path).parts:
            words = set(re.split(r"[._-]", part.lower()))
            if words & _VAGUE:
                yield Finding(path, 1, "vague-name", f'"{part}" says nothing about what it holds',
                              "name it after its one idea")
    for path in tree.paths(".h", ".cc", under=_CODE_FOLDERS):
        for number, line in enumerate(cpp_text.code_only(tree.text(path)).splitlines(), start=1):
            match = _VAGUE_TYPE.search(line)
            if match:
                yield Finding(path, number, "vague-name", f'type or namespace "{match.group(1)}"',
                              "name it after what it is")


def check_header_guards(tree):
    for path in tree.paths(".h", under=_CODE_FOLDERS):
        guard = "VARVE_" + re.sub(r"[^A-Z0-9]", "_", path.upper()) + "_"
        pattern = rf"^#ifndef {guard}\n#define {guard}\n.*^#endif  // {guard}\s*\Z"
        if not re.search(pattern, tree.text(path), re.MULTILINE | re.DOTALL):
            yield Finding(path, 1, "header-guard", "no include guard by the path",
                          f"#ifndef {guard} / #define {guard} / #endif  // {guard}")


def check_formatted(tree):
    """clang-format agrees with every C++ file."""
    program = shutil.which("clang-format")
    if program is None:
        yield Finding("packages.txt", 1, "format", "clang-format is not installed",
                      "apt-get install clang-format")
        return
    paths = list(tree.paths(".h", ".cc", ".c", under=_CODE_FOLDERS))
    if not paths:
        return
    result = subprocess.run([program, "--dry-run", "--style=file", *paths], cwd=tree.root,
                            capture_output=True, text=True, check=False)
    seen = set()
    for match in re.finditer(r"^(\S+?):(\d+):\d+: warning: code should be clang-formatted",
                             result.stderr, re.MULTILINE):
        if match.group(1) not in seen:
            seen.add(match.group(1))
            yield Finding(match.group(1), int(match.group(2)), "format",
                          "not as clang-format writes it", f"clang-format -i {match.group(1)}")
