"""What calls raise: one `Error`, with a class for each status code."""

from typing import Dict, NamedTuple, Optional, Type

from varve.enums import Code, DamageKind


class Damage(NamedTuple):
    """Why bytes on disk were refused."""

    kind: DamageKind
    file: str  # path as opened
    offset: int  # of the first bad structure, in bytes
    lsn: int  # the record expected or concerned; 0 where none is
    found: str  # what is wrong there
    evidence: str  # what proves that it is damage and not a torn tail; may be empty


class Error(Exception):
    """A call failed. `message` says what was wrong, where, and what to do."""

    code = Code.UNKNOWN

    def __init__(self, message: str, code: Optional[int] = None,
                 damage: Optional[Damage] = None) -> None:
        super().__init__(message)
        self.message = message
        self.damage = damage  # of a DataLoss, where the facts are known
        if code is not None:
            self.code = Code(code) if code in list(Code) else Code.UNKNOWN


class Cancelled(Error):
    """The caller stopped it."""

    code = Code.CANCELLED


class Unknown(Error):
    """The disk failed during a commit: after a reopen it is there in whole or not at all."""

    code = Code.UNKNOWN


class InvalidArgument(Error, ValueError):
    """The request is wrong whatever the state."""

    code = Code.INVALID_ARGUMENT


class DeadlineExceeded(Error):
    """The time given ran out."""

    code = Code.DEADLINE_EXCEEDED


class NotFound(Error, LookupError):
    """What was named does not exist."""

    code = Code.NOT_FOUND


class AlreadyExists(Error):
    """What was to be made exists."""

    code = Code.ALREADY_EXISTS


class PermissionDenied(Error):
    """The medium or the folder cannot be written."""

    code = Code.PERMISSION_DENIED


class ResourceExhausted(Error):
    """A documented limit, the disk, or memory. The commit is absent."""

    code = Code.RESOURCE_EXHAUSTED


class FailedPrecondition(Error):
    """Closed, ended, read-only, poisoned, or used in a forked child."""

    code = Code.FAILED_PRECONDITION


class LeaseLost(FailedPrecondition):
    """A lease is not held under its token any more."""


class Aborted(Error):
    """A conflict: something that the transaction read was changed since. Begin again."""

    code = Code.ABORTED


class OutOfRange(Error):
    """An LSN, a time or a number beyond what there is or is kept."""

    code = Code.OUT_OF_RANGE


class Unimplemented(Error):
    """A newer format, an unknown primitive, or a call that the library in use does not have."""

    code = Code.UNIMPLEMENTED


class Internal(Error):
    """Varve broke its own rules. Report it."""

    code = Code.INTERNAL


class Unavailable(Error):
    """Another process, or this one, holds the store."""

    code = Code.UNAVAILABLE


class DataLoss(Error):
    """Damage is proven; not one byte was changed. `damage` has the facts."""

    code = Code.DATA_LOSS


class Unauthenticated(Error):
    """Reserved."""

    code = Code.UNAUTHENTICATED


_BY_CODE: Dict[int, Type[Error]] = {
    kind.code: kind
    for kind in (Cancelled, Unknown, InvalidArgument, DeadlineExceeded, NotFound, AlreadyExists,
                 PermissionDenied, ResourceExhausted, FailedPrecondition, Aborted, OutOfRange,
                 Unimplemented, Internal, Unavailable, DataLoss, Unauthenticated)
}


def error_for(code: int, message: str, damage: Optional[Damage] = None) -> Error:
    """The error of the class that `code` has; an unknown code counts as Unknown."""
    return _BY_CODE.get(code, Unknown)(message, code, damage)
