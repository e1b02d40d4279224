"""A lease that is held for a block of code."""

from typing import Any, Optional, Tuple

from varve._buffers import RunLike
from varve._time import Duration, waits
from varve.errors import DeadlineExceeded, LeaseLost
from varve.state import LeaseInfo


class Lease:
    """What Store.lease gives: held until its expiry, its release, or the end of the block.

    `token` is larger than every one before it for that name. Hand it to
    `State.set_with_lease`, or to whatever the lease protects, which then refuses smaller ones: a
    holder that was stopped for longer than the expiry cannot do harm.
    """

    def __init__(self, store: Any, name: str, run: RunLike, ttl: Duration, held: LeaseInfo) -> None:
        self._store = store
        self._run = run
        self._ttl = ttl
        self.name = name
        self.owner = held.owner
        self.token = held.token
        self.expires = held.expires  # microseconds since 1970

    def renew(self, ttl: Optional[Duration] = None) -> None:
        """Holds it for `ttl` (as at first, where that is None) from now on. LeaseLost."""
        wanted = self._ttl if ttl is None else ttl
        held = self._store.update(
            lambda txn: txn.state(self._run).renew_lease(self.name, self.token, wanted))
        if held is None:
            raise LeaseLost(f'the lease "{self.name}" is not held under token {self.token} any '
                            "more: it ran out, or was released")
        self.expires = held.expires

    def release(self) -> bool:
        """Gives it back. False: it was not held any more."""
        return bool(self._store.update(
            lambda txn: txn.state(self._run).release_lease(self.name, self.token)))

    def __enter__(self) -> "Lease":
        return self

    def __exit__(self, *_: Any) -> None:
        self.release()


def acquire(store: Any, name: str, owner: str, ttl: Duration, timeout: Optional[Duration],
            run: RunLike) -> Lease:
    """The call behind Store.lease. Waiting wakes on commits and on the holder's expiry."""
    blocker: Optional[LeaseInfo] = None
    for wait_us in waits(timeout):
        held, blocker, lsn, left_us = store.update(lambda txn: _attempt(txn, name, owner, ttl, run))
        if held is not None:
            return Lease(store, name, run, ttl, held)
        store._wait_visible_us(lsn, min(wait_us, left_us))
    holder = f'"{blocker.owner}" holds it' if blocker else "somebody held it"
    raise DeadlineExceeded(f'the lease "{name}" was not to be had in time: {holder}')


def _attempt(txn: Any, name: str, owner: str, ttl: Duration,
             run: RunLike) -> Tuple[Optional[LeaseInfo], Optional[LeaseInfo], int, int]:
    state = txn.state(run)
    held = state.acquire_lease(name, owner, ttl)
    blocker = None if held is not None else state.lease(name)
    left_us = max(0, blocker.expires - txn.now) + 1 if blocker else 0
    return held, blocker, txn.lsn, left_us
