"""In which part of the reference a header stands: by its folder."""

_GROUPS = (
    ("bindings/c/", "c"),
    ("primitives/kv/", "kv"),
    ("primitives/json/", "json"),
    ("primitives/event/", "event"),
    ("primitives/state/", "state"),
    ("primitives/trace/", "trace"),
    ("primitives/run/", "run"),
    ("primitives/vector/", "vector"),
    ("primitives/template/", "extend"),
    ("primitives/", "store"),
    ("recovery/", "store"),
    ("snapshot/", "store"),
    ("kernel/primitive.h", "extend"),
    ("kernel/section.h", "extend"),
    ("kernel/registry.h", "extend"),
    ("kernel/row_walk.h", "extend"),
    ("crash/", "extend"),
    ("cli/", "extend"),
    ("kernel/base/", "base"),
    ("kernel/io/", "base"),
    ("kernel/table/", "base"),
    ("kernel/wal/", "base"),
    ("kernel/", "store"),
)


def group_of(path):
    return next(group for prefix, group in _GROUPS if path.startswith(prefix))
