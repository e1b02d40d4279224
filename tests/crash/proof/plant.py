#!/usr/bin/env python3
"""Copies sources of the product into the build folder with known bugs planted in them.

A bug is a record in bugs/*.toml: where it stands (file, find: text that occurs exactly once) and what
stands there instead (plant), written so that it does as before while Planted("<id>") is false. The
product itself has no switch of any kind: what is planted is a copy, linked into one test only.

In the copies of some folders each early return of an error and each call that changes the disk is
numbered, too, so that a test can tell which of them no fault and no crash has ever met.

    plant.py --list SOURCE        the files to be copied, one a line
    plant.py SOURCE OUT           writes the copies and bug_list.cc to OUT, where they changed
"""
import pathlib
import re
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
COUNTED = ["kernel/wal", "kernel/table", "snapshot", "recovery"]
COUNTED_FILES = ["kernel/io/file_system.cc"]
HEADER = '#include "tests/crash/proof/planted.h"\n'
SITE = re.compile(
    r"\bVARVE_(?P<macro>RETURN_IF_ERROR|ASSIGN_OR_RETURN)\(|"
    r"(?<![\w.>)\]])(?P<object>(?:\(\*\w+\)|\w+(?:\(\))?)(?:(?:\.|->)\w+(?:\(\))?)*?)"
    r"(?P<arrow>\.|->)(?P<call>WriteAt|WriteDurablyAt|Truncate|Sync|CreateDirectory|Rename|Remove|"
    r"SyncDirectory|Open|Lock)\(")
# Calls of the same names on something that is no file and no file system.
FILES = re.compile(r"(files?_?|PosixFileSystem\(\)|environment\.files|\(\*file\))$")


def fail(message):
    sys.exit(f"plant.py: {message}")


def read_bugs():
    bugs = []
    for path in sorted((HERE / "bugs").glob("*.toml")):
        with path.open("rb") as file:
            for bug in tomllib.load(file)["bug"]:
                missing = {"id", "title", "origin", "driver", "oracle", "edit"} - bug.keys()
                if missing:
                    fail(f"{path.name}: {bug.get('id', '?')}: no {', '.join(sorted(missing))}")
                bugs.append(bug)
    ids = [bug["id"] for bug in bugs]
    for name in ids:
        if ids.count(name) > 1:
            fail(f"two bugs are called {name}")
    return sorted(bugs, key=lambda bug: bug["id"])


def read_small():
    with (HERE / "small.toml").open("rb") as file:
        return tomllib.load(file)["small"]


def make_small(text, name, small):
    for size in small:
        if size["file"] != name:
            continue
        if text.count(size["find"]) != 1:
            fail(f"small.toml: what is to be smaller does not stand in {name} once: {size['find']}")
        text = text.replace(size["find"], size["to"])
    return text


def counted_files(root):
    found = [str(path.relative_to(root)) for folder in COUNTED for path in (root / folder).glob("*.cc")]
    return sorted(found + COUNTED_FILES)


def all_files(root, bugs, small):
    planted = {edit["file"] for bug in bugs for edit in bug["edit"]}
    return sorted(set(counted_files(root)) | planted | {size["file"] for size in small})


def plant(text, name, bugs):
    for bug in bugs:
        for edit in bug["edit"]:
            if edit["file"] != name:
                continue
            times = text.count(edit["find"])
            if times != 1:
                fail(f"{bug['id']}: the text to find stands {times} times in {name}; it must stand "
                     "there once. The source has changed, or another bug has taken it: adapt "
                     f"{bug['id']}.\n{edit['find']}")
            if f'Planted("{bug["id"]}")' not in edit["plant"]:
                fail(f"{bug['id']}: its text for {name} does not ask Planted(\"{bug['id']}\")")
            text = text.replace(edit["find"], edit["plant"])
    return text


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def excerpt(text, at):
    return " ".join(text[at:text.find(";", at)].split())[:90].rstrip()


def base_of(name):
    """The variable with the number of the file's first site: so a change to one file leaves the
    copies of the others as they are."""
    return "site_base_" + re.sub(r"\W", "_", name)


def count_sites(text, original, name, sites):
    """Numbers the early returns and the calls of the disk in `text` that `original` has, too, and
    no planted bug. Keeps its lines."""
    times = {}

    def is_planted(match):
        return text[match.start():text.find(";", match.start())] not in original

    def number(kind, match):
        what = excerpt(text, match.start())
        times[what] = times.get(what, 0) + 1
        nth = "" if times[what] == 1 else f" #{times[what]}"  # of those that look alike
        sites.append((kind, name, line_of(text, match.start()), what + nth))
        return f"::varve::crash::{base_of(name)} + {len(sites) - 1}"

    def counted(match):
        if is_planted(match):
            return match.group(0)
        if match.group("macro"):
            return f"VARVE_PROOF_{match.group('macro')}({number('kReturn', match)}, "
        whole, call = match.group("object"), match.group("call")
        arguments = text[match.end():match.end() + 160].split(";")[0]
        creates = call != "Open" or "OpenMode::kCreate" in arguments
        if not FILES.search(whole) or not creates:
            return match.group(0)
        place = f"(::varve::crash::AtCall({number('kCall', match)}), {whole})"
        return f"{place}{match.group('arrow')}{call}("

    return SITE.sub(counted, text)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def list_source(bugs, sites, bases):
    lines = [HEADER, "namespace varve::crash {\n\n",
             "const std::vector<SeededBug>& SeededBugs() {\n",
             "  static const auto* const bugs = new std::vector<SeededBug>{\n"]
    for bug in bugs:
        files = ", ".join(sorted({edit["file"] for edit in bug["edit"]}))
        fields = [bug["id"], bug["title"], bug["origin"], bug["driver"], bug["oracle"], files]
        lines.append("      {" + ", ".join(quoted(field) for field in fields) + "},\n")
    lines += ["  };\n  return *bugs;\n}\n\n", "const std::vector<Site>& Sites() {\n",
              "  static const auto* const sites = new std::vector<Site>{\n"]
    for kind, name, line, what in sites:
        lines.append(f"      {{Site::Kind::{kind}, {quoted(name)}, {line}, {quoted(what)}}},\n")
    lines.append("  };\n  return *sites;\n}\n\n")
    for name, base in bases.items():
        lines.append(f"extern const int {base_of(name)};\nconst int {base_of(name)} = {base};\n")
    lines.append("\nvoid PlantedCodeEnds() {}\n\n}  // namespace varve::crash\n")
    return "".join(lines)


def write_if_changed(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != content:
        path.write_text(content)


def main():
    bugs = read_bugs()
    small = read_small()
    if sys.argv[1] == "--list":
        print("\n".join(all_files(pathlib.Path(sys.argv[2]), bugs, small)))
        return
    root, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    counted = set(counted_files(root))
    sites, bases = [], {}
    begun = False  # the first copy, which is the first to be linked
    for name in all_files(root, bugs, small):
        original = make_small((root / name).read_text(), name, small)
        text = plant(original, name, bugs)
        head = HEADER
        if name in counted:
            bases[name] = len(sites)
            in_file = []
            text = count_sites(text, original, name, in_file)
            sites += in_file
            head += f"namespace varve::crash {{\nextern const int {base_of(name)};\n}}\n"
        if name.endswith(".h"):  # behind what the copies that include it begin with
            head = ""
        elif not begun:
            head += "namespace varve::crash {\nvoid PlantedCodeBegins() {}\n}\n"
            begun = True
        write_if_changed(out / name, f'{head}#line 1 "{root / name}"\n{text}')
    write_if_changed(out / "bug_list.cc", list_source(bugs, sites, bases))


if __name__ == "__main__":
    main()
