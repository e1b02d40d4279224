"""What the handles of all primitives have: a reader, and a run."""

from typing import Any

from varve._buffers import RunLike, run_argument
from varve._handles import ReaderHandle


class PrimitiveHandle:
    """One primitive, in one run, as one transaction or view sees it. Ends with that."""

    __slots__ = ("_handle", "_run")

    def __init__(self, handle: ReaderHandle, run: RunLike = None) -> None:
        self._handle = handle
        self._run: Any = run_argument(run)
