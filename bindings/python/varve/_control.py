"""Progress of long work: called from inside of it, and stopping it by raising."""

from ctypes import byref
from typing import Any, Callable, NamedTuple, Optional

from varve._structures import CancelledCallback, Control, ProgressCallback
from varve.errors import Cancelled


class Progress(NamedTuple):
    """How far an open, a snapshot, a backup or a verification has come."""

    stage: int  # of an open: a varve.Stage
    done: int  # bytes
    total: int  # bytes; 0 while unknown


class Watched:
    """One piece of long work under the eyes of `progress`. What that raises cancels the work.

        with Watched(progress) as watched:
            api.store_snapshot(store, watched.argument, out)
    """

    def __init__(self, progress: Optional[Callable[[Progress], None]]) -> None:
        self._progress = progress
        self._raised: Optional[BaseException] = None
        self._control = None if progress is None else Control(
            progress=ProgressCallback(self._report), cancelled=CancelledCallback(self._cancelled))

    @property
    def argument(self) -> Any:
        """The varve_control*; lives as long as this."""
        return None if self._control is None else byref(self._control)

    @property
    def struct(self) -> Optional[Control]:
        """For options that point to it."""
        return self._control

    def _report(self, _: Any, progress: Any) -> None:
        if self._raised is not None:
            return
        now = progress.contents
        try:
            self._progress(Progress(now.stage, now.done, now.total))  # type: ignore[misc]
        except BaseException as error:  # also KeyboardInterrupt: raised again by __exit__
            self._raised = error

    def _cancelled(self, _: Any) -> int:
        return 0 if self._raised is None else 1

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, kind: Any, error: Any, _: Any) -> None:
        raised, self._raised = self._raised, None
        self._control = None  # the callbacks refer to this object: a cycle
        if raised is not None and (error is None or isinstance(error, Cancelled)):
            raise raised
