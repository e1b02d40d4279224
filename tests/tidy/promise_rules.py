"""What documents promise and what proves it: numbered rules, mirrored tests, tables, links."""

import posixpath
import re

from source_tree import Finding

_RULE_NUMBER = re.compile(r"\b((?:WAL|SNAP|MAN|CORE|KV|JSON|EVENT|CELL|TRACE|RUN|VEC)-[A-Z]{0,2}[0-9]+)\b(?!-)")
_TESTED_FOLDERS = ("kernel", "snapshot", "recovery", "primitives", "crash")
_LIMIT = re.compile(r"inline constexpr std::size_t (k\w+)\s*=\s*([^;]+);")
# Each may speak of those before it. Constants that are no number of things (moments, kinds) are not read.
_LIMIT_HEADERS = (
    "kernel/base/limits.h",
    "primitives/json/json_limits.h",
    "primitives/run/runs.h",
    "primitives/run/run_types.h",
    "primitives/trace/span.h",
    "primitives/vector/vector_types.h",
    "primitives/vector/vector_filter.h",
)
_LIMIT_ROW = re.compile(r"^\|\s*`(k\w+)`\s*\|\s*([0-9][0-9,_ ]*)\|")
_STATUS_CODE = re.compile(r"\babsl::(?:StatusCode::k|(?=\w+Error\())(\w+?)(?:Error\(|\b)")
_INCLUDED = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")

# Documents whose code is compiled by being a quotation, from where they quote, and whether that is true
# of every block or of C++ alone.
_GUIDE_SOURCES = ("examples/ledger", "primitives/template", "tests/primitives/template",
                  "tests/conformance", "tests/install")
_QUOTED_SOURCES = {
    "docs/extension-guide.md": (_GUIDE_SOURCES, True),
    "docs/c-api.md": (("tests/install", "tests/bindings/c"), False),
    "docs/embedding.md": (("tests/docs", "tests/install"), False),
}
_BUILT = (".h", ".cc", ".c", ".sh", "CMakeLists.txt", "Makefile")
_CPP = re.compile(r";$|^ *#include", re.MULTILINE)


def check_numbered_rules(tree):
    """Every rule of docs/format/ is cited by a test, and every citation is of a rule."""
    defined = {}
    for path in tree.paths(".md", under=("docs/format",)):
        for number, line in tree.lines(path):
            for rule in _RULE_NUMBER.findall(line):
                defined.setdefault(rule, (path, number))
    cited = {}
    for path in tree.paths(".cc", ".h", ".py", under=("tests",)):
        if path.startswith("tests/tidy/"):
            continue
        for number, line in tree.lines(path):
            for rule in _RULE_NUMBER.findall(line):
                cited.setdefault(rule, (path, number))
    for rule in sorted(defined.keys() - cited.keys()):
        path, number = defined[rule]
        yield Finding(path, number, "rule-untested", f"no test cites {rule}",
                      f'write a test that would fail without it and note "// {rule}" on it')
    for rule in sorted(cited.keys() - defined.keys()):
        path, number = cited[rule]
        yield Finding(path, number, "rule-unknown", f"no document in docs/format defines {rule}",
                      "correct the number, or write the rule down")


def check_mirrored_tests(tree):
    """Each source of the library is tested: beside its mirrored place, or through its header."""
    claimed = set()
    for path in tree.paths("_test.cc", under=("tests",)):
        claimed.update(re.findall(r"^// Tests: (\S+\.cc)$", tree.text(path), re.MULTILINE))
        claimed.update(_INCLUDED.findall(tree.text(path)))
    for path in tree.paths(".cc", under=_TESTED_FOLDERS):
        mirror = "tests/" + path.replace("/internal/", "/")[: -len(".cc")] + "_test.cc"
        own_header = _INCLUDED.search(tree.text(path))
        through_header = own_header is not None and own_header.group(1) in claimed
        if not tree.has(mirror) and path not in claimed and not through_header:
            yield Finding(path, 1, "test-missing", f"{mirror} does not exist",
                          f'write it, or note "// Tests: {path}" in the test that covers it')


def _evaluate(expression, known):
    """The value of a limit's initialiser: integers, braces, shifts, sums, other limits."""
    expression = re.sub(r"std::\w+\{([^}]*)\}", r"(\1)", expression).replace("'", "")
    for name, value in known.items():
        expression = re.sub(rf"\b{name}\b", str(value), expression)
    if not re.fullmatch(r"[0-9a-fx\s()+*<-]+", expression):
        raise ValueError(f"cannot evaluate {expression!r}")
    return int(eval(expression, {"__builtins__": {}}))  # only digits and operators are left


def limits_of(text, known=()):
    """name -> value of every constant in a header of limits; `known`: those of the headers before."""
    known = dict(known)
    for match in _LIMIT.finditer(text):
        known[match.group(1)] = _evaluate(match.group(2), known)
    return known


def check_limits_table(tree):
    """docs/limits.md shows every constant of the headers that hold limits, with its value."""
    table = "docs/limits.md"
    if not tree.has(table):
        return
    known, home = {}, {}
    for header in _LIMIT_HEADERS:
        if tree.has(header):
            known.update(limits_of(tree.text(header), known))
            home.update((name, header) for name in known if name not in home)
    shown = {}
    for number, line in tree.lines(table):
        match = _LIMIT_ROW.match(line)
        if match:
            shown[match.group(1)] = (int(re.sub(r"[, _]", "", match.group(2))), number)
    for name, value in known.items():
        if name not in shown:
            yield Finding(table, 1, "limits", f"{name} = {value} is missing", "add a row")
        elif shown[name][0] != value:
            yield Finding(table, shown[name][1], "limits",
                          f"{name} is {value} in {home[name]}, not {shown[name][0]}",
                          "correct the table (a limit may only grow)")
    for name in sorted(shown.keys() - known.keys()):
        yield Finding(table, shown[name][1], "limits", f"no header of limits has {name}",
                      "drop the row")


def check_error_codes(tree):
    """docs/errors.md explains every status code that the library makes."""
    document = "docs/errors.md"
    if not tree.has(document):
        return
    explained = set(re.findall(r"`(k[A-Z]\w+)`", tree.text(document))) | {"kOk"}
    reported = set()
    for path in tree.paths(".h", ".cc", under=_TESTED_FOLDERS):
        for number, line in tree.lines(path):
            for code in map("k{}".format, _STATUS_CODE.findall(line)):
                if code not in explained | reported:
                    reported.add(code)
                    yield Finding(path, number, "error-code", f"{document} does not explain {code}",
                                  "say there what it means to a caller, or use another code")


def check_links(tree):
    """Relative links in documents lead to files that exist."""
    for path in tree.paths(".md"):
        for number, line in tree.lines(path):
            for target in _LINK.findall(line):
                if "://" in target or target.startswith("mailto:"):
                    continue
                full = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
                if not (tree.root / full).exists():
                    yield Finding(path, number, "link", f"{target} leads nowhere",
                                  "correct the path")


def check_indexed(tree):
    """Every document is listed in the README of its folder or of docs/."""
    listed = {}
    for path in tree.paths("README.md", under=("docs",)):
        folder = posixpath.dirname(path)
        for target in _LINK.findall(tree.text(path)):
            listed.setdefault(posixpath.normpath(posixpath.join(folder, target)), path)
    for path in tree.paths(".md", under=("docs",)):
        if path not in listed and path != "docs/README.md":
            own = posixpath.dirname(path) + "/README.md"
            yield Finding(path, 1, "unlisted", "no README in docs/ links to it",
                          f"list it in {own if tree.has(own) else 'docs/README.md'}")


def _indented_blocks(tree, path):
    """(number of the first line, text) of each run of lines that are indented by four or more."""
    block, begun = [], 0
    for number, line in [*tree.lines(path), (0, "end")]:
        if line.startswith("    "):
            begun = begun if block else number
            block.append(line)
        elif line.strip() and block:
            yield begun, "\n".join(block)
            block = []


def check_quoted_code(tree):
    """Code in documents for embedders stands in a source that is built, but for its white space."""
    for document, (sources, every_block) in _QUOTED_SOURCES.items():
        if not tree.has(document):
            continue
        built = ["".join(tree.text(path).split()) for path in tree.paths(*_BUILT, under=sources)]
        for number, block in _indented_blocks(tree, document):
            code = "".join(block.split())
            if not any(code in text for text in built) and (every_block or _CPP.search(block)):
                yield Finding(document, number, "quoted-code", "no source has this code",
                              f"quote one of {' or '.join(sources)} as it is")
        for number, line in tree.lines(document):
            if line.lstrip().startswith("```"):
                yield Finding(document, number, "quoted-code", "a fence hides code from this rule",
                              "indent the code by four instead")


_MESSAGE_SOURCES = ("kernel", "recovery", "snapshot", "cli", "tests/conformance")
_MESSAGE = re.compile(r'"([^"]+)"')
_JOINTS = re.compile(r'[\s",]')


def check_quoted_messages(tree):
    """What the guide says that a reader sees, between quotes, is what the code says."""
    document = "docs/extension-guide.md"
    if not tree.has(document):
        return
    said = [_JOINTS.sub("", tree.text(path)) for path in tree.paths(".cc", under=_MESSAGE_SOURCES)]
    for number, line in tree.lines(document):
        seen = line.split("|")[1] if line.startswith("|") else ""
        for message in _MESSAGE.findall(seen):
            if not any(_JOINTS.sub("", message) in text for text in said):
                yield Finding(document, number, "quoted-message", f'nothing says "{message}"',
                              "quote the message as it is, or put the words of others in backticks")


_SPEC_NAME = re.compile(r'spec_\.name = "([^"]+)"')
_PRIMITIVE_CLASS = re.compile(r"^class (\w+Primitive) final", re.MULTILINE)
_PRIMITIVE_ID = re.compile(r"PrimitiveId k\w+Id\{(\d+)\}")
_ENTRY_RANGE = re.compile(r"EntryType k\w+Range = (0x[0-9A-F]{2});")
_PRIMITIVE_FOLDERS = ("primitives", "examples")
_NAMELESS_FOLDERS = ("kernel", "snapshot", "recovery")


def check_nameless_kernel(tree):
    """Kernel, snapshot and recovery name no primitive, so that adding one changes none of them."""
    names = {}
    for path in tree.paths(".h", ".cc", under=_PRIMITIVE_FOLDERS):
        for pattern in (_SPEC_NAME, _PRIMITIVE_CLASS):
            names.update((name, path) for name in pattern.findall(tree.text(path)))
    any_name = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, names)) or '(?!)'})(?![\w.])")
    for path in tree.paths(".h", ".cc", under=_NAMELESS_FOLDERS):
        for number, line in tree.lines(path):
            if line.lstrip().startswith("//"):
                continue
            for name in any_name.findall(line):
                yield Finding(path, number, "nameless", f"{name} is of {names[name]}",
                              "dispatch by number, through the registry")


def check_claimed_numbers(tree):
    """The registry's document lists id, name and range of every primitive of this tree, each id once."""
    document = "docs/format/registry.md"
    if not tree.has(document):
        return
    rows = [[cell.strip(" `") for cell in line.split("|")] for _, line in tree.lines(document)]
    owners = {}
    for path in tree.paths(".cc", under=_PRIMITIVE_FOLDERS):
        name = _SPEC_NAME.search(tree.text(path))
        header = path[: -len(".cc")] + ".h"
        if not name or not tree.has(header):
            continue
        number = _PRIMITIVE_ID.search(tree.text(header))
        entry_range = _ENTRY_RANGE.search(tree.text(header))
        if not number:
            yield Finding(header, 1, "claimed", "declares no id",
                          "inline constexpr PrimitiveId k...Id{...}")
            continue
        if number.group(1) in owners:
            yield Finding(header, 1, "claimed", f"id {number.group(1)} is of {owners[number.group(1)]}",
                          f"claim another in {document}")
        owners[number.group(1)] = header
        claim = [number.group(1), name.group(1)] + ([entry_range.group(1)] if entry_range else [])
        if not any(all(any(cell.split("-")[0] == part for cell in row) for part in claim)
                   for row in rows):
            yield Finding(header, 1, "claimed", f"{document} has no row of {', '.join(claim)}",
                          "claim the numbers there")
