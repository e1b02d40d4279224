"""Who owns what C gave, and when it is given back.

Invariants:
  H1  A handle is freed once, and never while a call uses it: a store by the finalizer of its one
      owner, which every call keeps alive; everything else under the lock that its calls take, and
      where a callback of such a call ends it, after the call.
  H2  Cursors are freed before their reader. A finalizer takes no lock, since the garbage collector
      may run it inside of a call: it leaves the cursor to the reader's next call or end.
  H3  A child of fork() frees nothing and reads nothing: that is the parent's.
"""

import os
import threading
import weakref
from typing import Any, Callable, List, Optional, Set

from varve._api import api
from varve.errors import FailedPrecondition

_process = [os.getpid()]
os.register_at_fork(after_in_child=lambda: _process.__setitem__(0, os.getpid()))


class Owner:
    """A store, which any thread may use, freed when nothing refers to it any more (H1).

    Is itself the argument of calls, so that each keeps it alive.
    """

    __slots__ = ("_as_parameter_", "_free", "_made_in", "_children", "_lock", "_ended")

    def __init__(self, pointer: Optional[int], free: Callable[[Any], None]) -> None:
        self._as_parameter_ = pointer
        self._free = free
        self._made_in = _process[0]
        self._children: "weakref.WeakSet[Locked]" = weakref.WeakSet()
        self._lock = threading.RLock()
        self._ended = ""  # why children end at once

    def own(self, child: "Locked") -> None:
        """`child` is to be ended by `end_children`, now where that was before."""
        with self._lock:
            self._children.add(child)
            ended = self._ended
        if ended:
            child.end(ended)

    def end_children(self, why: str) -> None:
        """Ends what is left of what was made of it, so that nothing but this refers to it in C."""
        with self._lock:
            self._ended = why
            children = list(self._children)
        for child in children:
            child.end(why)

    def __del__(self, process: List[int] = _process) -> None:
        if self._made_in == process[0]:  # H3
            self._free(self._as_parameter_)


class Locked:
    """A handle for one thread at a time: `with locked as pointer:` around every call.

    Threads may share what is built on it; their calls come one after the other.
    """

    __slots__ = ("pointer", "_free", "_lock", "_depth", "_made_in", "_ended", "__weakref__")

    def __init__(self, pointer: Any, free: Optional[Callable[[Any], None]]) -> None:
        self.pointer = pointer
        self._free = free  # None: lent by a call, which frees it
        self._lock = threading.RLock()
        self._depth = 0  # of calls within one another, through callbacks
        self._made_in = _process[0]
        self._ended = ""  # why no new call may begin

    def __enter__(self) -> Any:
        if self._made_in != _process[0]:
            raise FailedPrecondition("opened before fork(), in the parent process: open the store "
                                     "again in this one")
        self._lock.acquire()
        if self._ended:
            self._lock.release()
            raise FailedPrecondition(self._ended)
        self._depth += 1
        return self.pointer

    def __exit__(self, *_: Any) -> None:
        self._depth -= 1
        if self._ended and self._depth == 0:
            self._free_now()
        self._lock.release()

    @property
    def ended(self) -> bool:
        """Whether `end` was called."""
        return bool(self._ended)

    def end(self, why: str) -> None:
        """Frees it, inside of a call: after that. Later calls raise FailedPrecondition with `why`;
        ending again does nothing."""
        if self._made_in != _process[0]:
            return
        with self._lock:
            if self._ended:
                return
            self._ended = why
            if self._depth == 0:
                self._free_now()

    def _free_now(self) -> None:
        pointer, self.pointer = self.pointer, None
        if self._free is not None:
            self._free(pointer)

    def __del__(self) -> None:
        self.end("collected")  # nobody else refers to it, so its lock is free


class ReaderHandle(Locked):
    """A transaction or view, what reads go through, and its open cursors (H2)."""

    __slots__ = ("reader", "store", "_cursors", "_abandoned")

    def __init__(self, pointer: Any, free: Optional[Callable[[Any], None]],
                 reader_of: Callable[[Any], Any], store: Owner) -> None:
        super().__init__(pointer, free)
        self._cursors: Set[int] = set()
        self._abandoned: List[int] = []
        self.store: Any = store  # which is not freed while somebody reads it; None once ended
        self.reader = reader_of(pointer)
        store.own(self)

    def __enter__(self) -> Any:
        pointer = super().__enter__()
        while self._abandoned:
            self.free_cursor(self._abandoned.pop())
        return pointer

    def own_cursor(self, cursor: int) -> None:
        """Takes over a cursor of this reader. Under the lock."""
        self._cursors.add(cursor)

    def free_cursor(self, cursor: int) -> None:
        """Under the lock. A cursor that is freed already is let be."""
        if cursor in self._cursors:
            self._cursors.remove(cursor)
            api.cursor_free(cursor)

    def abandon_cursor(self, cursor: int) -> None:
        """From a finalizer: frees it some time later."""
        self._abandoned.append(cursor)

    def free_cursors(self) -> None:
        """All of them. Under the lock."""
        while self._cursors:
            api.cursor_free(self._cursors.pop())

    def _free_now(self) -> None:
        self.free_cursors()
        super()._free_now()
        self.store = None
