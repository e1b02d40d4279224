"""The enumerations of Varve, with the numbers of the C interface."""

from enum import IntEnum
from typing import Any, Type


def known(kind: Type[IntEnum], number: int) -> Any:
    """The member of `kind`; the number itself where a later library has one that is new."""
    try:
        return kind(number)
    except ValueError:
        return number


class Code(IntEnum):
    """Why a call failed. What each means: docs/errors.md."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class Durability(IntEnum):
    """What a commit that returned promises.

    DURABLE: it is on stable storage and survives a power cut. BUFFERED: logged in memory, written
    and synced within the bounds of `Tuning`; a crash may take the newest ones, never one without
    all that came after it.
    """

    DURABLE = 0
    BUFFERED = 1


class DamageKind(IntEnum):
    """How bytes on disk are wrong."""

    CORRUPT = 1
    MISSING = 2
    UNREADABLE = 3
    FOREIGN = 4


class Stage(IntEnum):
    """Where an open stands, in `Progress`."""

    PLAN = 0
    LOAD_BASE = 1
    REPLAY = 2
    REBUILD_INDEXES = 3


class Base(IntEnum):
    """What an open started its replay from."""

    CREATED = 0
    MATERIALIZED = 1
    SNAPSHOT = 2
    LOG_START = 3


class JsonIndexKind(IntEnum):
    """What an index of documents looks up."""

    NUMBER = 1
    STRING = 2


class SpanKind(IntEnum):
    """What a span was."""

    TOOL_CALL = 1
    DECISION = 2
    QUERY = 3
    THOUGHT = 4
    ERROR = 5
    CUSTOM = 6


class SpanStatus(IntEnum):
    """How a span went."""

    UNSET = 0
    OK = 1
    ERROR = 2


class Finished(IntEnum):
    """Which spans a query wants: those that have ended, those that have not, or either."""

    EITHER = 0
    YES = 1
    NO = 2


class RunStatus(IntEnum):
    """What became of a run. Completed, failed, cancelled and archived ones refuse writes."""

    ACTIVE = 1
    PAUSED = 2
    COMPLETED = 3
    FAILED = 4
    CANCELLED = 5
    ARCHIVED = 6


class RowChangeKind(IntEnum):
    """How two runs differ in a row."""

    ADDED = 0
    REMOVED = 1
    MODIFIED = 2


class StatKind(IntEnum):
    """What a number of a store's statistics is.

    COUNTER: only grows while the store is open. GAUGE: goes up and down. HISTOGRAM: how values are
    distributed.
    """

    COUNTER = 0
    GAUGE = 1
    HISTOGRAM = 2


class Unit(IntEnum):
    """In what it is counted. FLAG: 1 or 0."""

    COUNT = 0
    BYTES = 1
    NANOSECONDS = 2
    LSN = 3
    FLAG = 4


class Metric(IntEnum):
    """How alike two vectors are: higher scores are more alike.

    COSINE: -1 to 1. DOT: the inner product. L2: 1 / (1 + Euclidean distance).
    """

    COSINE = 1
    DOT = 2
    L2 = 3
