"""Who may include whom: the table of docs/architecture.md, and where vendor headers live."""

import re

from source_tree import Finding

_INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')

_LIBRARY = ("kernel", "snapshot", "recovery", "primitives", "crash")
_BASE = {"kernel/base"}
_IO = _BASE | {"kernel/io"}
_WAL = _IO | {"kernel/wal"}
_TABLE = _IO | {"kernel/table"}
_KERNEL = _WAL | _TABLE | {"kernel"}
_SNAPSHOT = _KERNEL | {"snapshot"}
_RECOVERY = _SNAPSHOT | {"recovery"}
# What a primitive may see of the kernel: the contract and the types in it, not the log.
_FOR_PRIMITIVES = {"kernel", "kernel/base", "kernel/table", "primitives/payload"}

_ALLOWED = {
    "kernel/base": _BASE,
    "kernel/io": _IO,
    "kernel/wal": _WAL,
    "kernel/table": _TABLE,
    "kernel": _KERNEL,
    "snapshot": _SNAPSHOT,
    "recovery": _RECOVERY,
    "crash/allocations": {"crash/allocations"},
    "crash/simulated": _IO | {"crash/simulated", "crash/allocations"},
}
_TOPMOST = {"cli", "tests", "bench", "examples", "bindings"}
# The ledger is tested by the conformance suite, and has the command with its own primitive in it.
# What the command imports, and what C hands over, is fuzzed in the process.
_TOPMOST_PAIRS = {("bench", "tests"), ("examples", "tests"), ("examples", "cli"), ("tests", "cli"),
                  ("tests", "bindings")}

# The headers of C are installed side by side under another name, so each finds the others beside it.
_BESIDE_EACH_OTHER = "bindings/c"

_SYSTEM = re.compile(
    r"^(unistd|fcntl|dirent|poll|signal|spawn|dlfcn|pthread|mntent|syscall)\.h$"
    r"|^(sys|linux|asm)/|^filesystem$|^fstream$"
)
# header pattern -> (folders that may include it, what to do instead)
_CONFINED = (
    (re.compile(r"^lmdb\.h$"), ("kernel/table",), "go through kernel/table/materialized_store.h"),
    (re.compile(r"^hwy/"), ("primitives/vector",), "vector kernels live in primitives/vector"),
    (re.compile(r"^zstd"), ("snapshot",), "compression belongs to the snapshot container"),
    (re.compile(r"^xxhash|^xxh3"), ("snapshot", "primitives/run"),
     "digests belong to snapshot/digest.h and run_replay.h"),
    (re.compile(r"^(isa-l|crc\.h)"), ("kernel/base",), "use kernel/base/crc32c.h"),
    (re.compile(r"^(nlohmann|simdjson)"), ("primitives", "crash"), "JSON belongs to primitives and cli"),
    (re.compile(r"^(capnp|kj)/"), ("primitives",), "Cap'n Proto belongs to payload codecs"),
    (_SYSTEM, ("kernel/io", "crash"), "go through kernel/io/file_system.h, clock.h or futex.h"),
)
_PEERS = re.compile(r"^(rocksdb|leveldb)/|^sqlite3\.h$")


def module_of(path):
    """The layer that a path belongs to: "kernel/wal", "kernel", "primitives/kv", "cli"."""
    parts = path.split("/")
    if parts[0] == "kernel" and len(parts) > 2 and parts[1] != "internal":
        return f"kernel/{parts[1]}"
    if parts[0] in ("primitives", "crash"):
        return f"{parts[0]}/{parts[1]}" if len(parts) > 2 else parts[0]
    return parts[0]


def _may_include(module, target):
    if module in _TOPMOST:
        return target not in _TOPMOST or target == module or (module, target) in _TOPMOST_PAIRS
    if module == "primitives":
        return target in _FOR_PRIMITIVES or target.startswith("primitives")
    if module.startswith("primitives/"):
        return target in _FOR_PRIMITIVES or target == module
    if module in _ALLOWED:
        return target in _ALLOWED[module]
    # What remains is the crash harness, which runs whole stores.
    return target in _RECOVERY or target.startswith(("primitives", "crash"))


def check_layers(tree):
    for path in tree.paths(".h", ".cc", under=_LIBRARY + tuple(_TOPMOST)):
        module = module_of(path)
        for number, line in tree.lines(path):
            match = _INCLUDE.match(line)
            if match and match.group(1) == '"':
                yield from _check_own(tree, path, number, module, match.group(2))
            if match:
                yield from _check_confined(path, number, module, match.group(2))


def _check_own(tree, path, number, module, header):
    known = header.split("/")[0] in set(_LIBRARY) | _TOPMOST
    if known and not tree.has(header):
        return  # generated, or the compiler will say so
    if not known:
        folder = path.rsplit("/", 1)[0]
        beside = folder == _BESIDE_EACH_OTHER and path.endswith(".h")
        if not beside and tree.has(f"{folder}/{header}"):
            yield Finding(path, number, "include-root", f'"{header}" is relative to its own folder',
                          "write the path from the root of the tree")
        return
    target = module_of(header)
    if not _may_include(module, target):
        yield Finding(path, number, "layers", f'{module} must not include "{header}" ({target})',
                      "see the table in docs/architecture.md; move the code or invert the call")


def _check_confined(path, number, module, header):
    if module in _TOPMOST:
        if _PEERS.match(header) and not path.startswith("bench/compare/"):
            yield Finding(path, number, "confined", f"<{header}> is a rival engine's header",
                          "only bench/compare may include it")
        return
    for pattern, homes, remedy in _CONFINED:
        inside = any(module == home or module.startswith(home + "/") for home in homes)
        if pattern.match(header) and not inside:
            yield Finding(path, number, "confined",
                          f"<{header}> may only be included in {', '.join(homes)}", remedy)
