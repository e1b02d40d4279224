"""The proof of a commit."""

from typing import Any, NamedTuple


class Receipt(NamedTuple):
    """The proof of a commit."""

    lsn: int  # 0 where the transaction wrote nothing
    commit_time: int  # microseconds since 1970, as it stands in the log


def receipt_of(struct: Any) -> Receipt:
    """From C."""
    return Receipt(struct.lsn, struct.commit_time)
