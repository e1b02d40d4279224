"""The functions of the library, to be called: `api.kv_get(...)` is varve_kv_get.

Those that can fail raise what they answer (varve.errors) and take one argument less than in C, the
varve_error** at the end.
"""

from ctypes import ArgumentError, byref, c_void_p, string_at
from typing import Any, Callable

from varve._functions import FUNCTIONS
from varve._library import load
from varve._structures import Damage as DamageStruct
from varve._structures import Error as ErrorOut
from varve._structures import Slice
from varve.enums import DamageKind, known
from varve.errors import Damage, Error, InvalidArgument, Unimplemented, error_for

_library = load()


class Api:
    """Binds each function at its first use, so that an import costs little."""

    def __getattr__(self, name: str) -> Any:
        function = _bind("varve_" + name)
        setattr(self, name, function)
        return function


def _bind(name: str) -> Callable[..., Any]:
    signature = FUNCTIONS[name]
    function: Any
    try:
        function = _library[name]
    except AttributeError:
        raise Unimplemented(f"the libvarve in use has no {name}: it is older than this package. "
                            "Install those of one release.") from None
    function.restype, function.argtypes = signature[0], signature[1:]
    bound: Callable[..., Any] = _raising(function) if signature[-1] is ErrorOut else function
    return bound


def _raising(function: Any) -> Callable[..., None]:
    def call(*arguments: Any) -> None:
        error = c_void_p()
        try:
            failed = function(*arguments, byref(error))
        except ArgumentError as why:  # of a number that does not fit, or is none
            raise InvalidArgument(str(why)) from why.__cause__
        if failed:
            raise taken(error)

    return call


api: Any = Api()


def taken(error: c_void_p) -> Error:
    """What a call answered, as an exception; frees the error of C."""
    try:
        return borrowed(error)
    finally:
        api.error_free(error)


def borrowed(error: Any) -> Error:
    """The same for an error that somebody else frees."""
    message = api.error_message(error).decode("utf-8", "replace")
    return error_for(api.error_status(error), message, _damage(error))


def _damage(error: Any) -> Any:
    damage = DamageStruct()
    if not api.error_damage(error, byref(damage)):
        return None
    return Damage(known(DamageKind, damage.kind), _text(damage.file), damage.offset, damage.lsn,
                  _text(damage.found), _text(damage.evidence))


def _text(part: Slice) -> str:
    return string_at(part.data, part.size).decode("utf-8", "surrogateescape")
