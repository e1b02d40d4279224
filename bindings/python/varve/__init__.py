"""Varve: an embeddable, durable storage kernel. Several kinds of data in one transaction.

    import varve

    with varve.open("agent.varve") as store:
        with store.transaction() as txn:
            txn.kv()["greeting"] = b"hello"
            txn.events().append("log", "greeted", {"whom": "world"})
        # all of it durable and visible now, or none of it
        with store.view() as view:
            print(view.kv()["greeting"])

What a commit promises: docs/what-survives-what.md. Errors: varve.errors. The guide: docs/python.md.
"""

from varve._api import api as _api
from varve._control import Progress
from varve._results import Page
from varve._time import FOREVER, to_datetime
from varve.backup import backup, restore, restore_snapshot, salvage, verify_snapshot
from varve.changes import Change, ChangeFeed, Committed
from varve.enums import (Base, Code, DamageKind, Durability, Finished, JsonIndexKind, Metric,
                         RowChangeKind, RunStatus, SpanKind, SpanStatus, Stage, StatKind, Unit)
from varve.errors import (Aborted, AlreadyExists, Cancelled, Damage, DataLoss, DeadlineExceeded,
                          Error, FailedPrecondition, Internal, InvalidArgument, LeaseLost, NotFound,
                          OutOfRange, PermissionDenied, ResourceExhausted, Unauthenticated,
                          Unavailable, Unimplemented, Unknown)
from varve.lease import Lease
from varve.options import Tuning
from varve.receipt import Receipt
from varve.run import ActiveRun
from varve.stats import Stat
from varve.store import Store, open, open_in_memory
from varve.ticket import Ticket
from varve.trace import ActiveSpan
from varve.transaction import Transaction, View

DURABLE = Durability.DURABLE
BUFFERED = Durability.BUFFERED

__version__ = "0.1.0"

__all__ = [
    "Aborted", "ActiveRun", "ActiveSpan", "AlreadyExists", "BUFFERED", "Base", "Cancelled",
    "Change", "ChangeFeed", "Code", "Committed", "DURABLE", "Damage", "DamageKind", "DataLoss",
    "DeadlineExceeded", "Durability", "Error", "FOREVER", "FailedPrecondition", "Finished",
    "Internal", "InvalidArgument", "JsonIndexKind", "Lease", "LeaseLost", "Metric", "NotFound",
    "OutOfRange", "Page", "PermissionDenied", "Progress", "Receipt", "ResourceExhausted",
    "RowChangeKind", "RunStatus", "SpanKind", "SpanStatus", "Stage", "Stat", "StatKind",
    "Store", "Ticket", "Transaction", "Tuning", "Unauthenticated", "Unavailable",
    "Unimplemented", "Unit", "Unknown", "View", "backup", "library_version", "open",
    "open_in_memory", "restore", "restore_snapshot", "salvage", "to_datetime", "verify_snapshot"]


def library_version() -> str:
    """Of the libvarve in use: "major.minor.patch"."""
    return str(_api.version().decode("ascii"))
