"""Durations in seconds, moments in microseconds since 1970, and waiting that can be interrupted."""

import datetime
import math
import time
from typing import Iterator, Optional, Union

# Seconds, or a timedelta.
Duration = Union[float, datetime.timedelta]
# Microseconds since 1970 UTC, as everything that Varve gives, or a datetime (naive: local time).
Moment = Union[int, datetime.datetime]

FOREVER = math.inf  # for keep_history
_UINT64_MAX = 2**64 - 1
# A wait inside of the library ends this often, so that Python can deliver signals (Ctrl-C).
_SLICE_US = 200_000


def microseconds(duration: Duration) -> int:
    """A duration as the C interface takes it, at least 0. FOREVER is its largest number."""
    if isinstance(duration, datetime.timedelta):
        duration = duration.total_seconds()
    if not duration >= 0:
        raise ValueError(f"a duration cannot be {duration}")
    return _UINT64_MAX if duration == math.inf else min(round(duration * 1e6), _UINT64_MAX - 1)


def milliseconds(duration: Duration) -> int:
    """The same, rounded up."""
    return -(-microseconds(duration) // 1000)


def moment(when: Optional[Moment]) -> int:
    """A moment as the C interface takes it. None: 0, which is none."""
    if when is None:
        return 0
    if isinstance(when, datetime.datetime):
        since = when.astimezone(datetime.timezone.utc) - _EPOCH
        return since // datetime.timedelta(microseconds=1)
    return when


_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def to_datetime(microseconds_since_1970: int) -> datetime.datetime:
    """The datetime (UTC) of a time that Varve gave."""
    return _EPOCH + datetime.timedelta(microseconds=microseconds_since_1970)


def waits(timeout: Optional[Duration]) -> Iterator[int]:
    """How long to wait next, in microseconds, until `timeout` is over (None: for ever).

    Gives at least one, which is 0 where `timeout` is.
    """
    if timeout is None:
        while True:
            yield _SLICE_US
    deadline = time.monotonic() + min(microseconds(timeout), 2**62) / 1e6
    while True:
        left = round((deadline - time.monotonic()) * 1e6)
        yield max(0, min(left, _SLICE_US))
        if deadline <= time.monotonic():
            return
