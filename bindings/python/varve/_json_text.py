"""Python values to JSON text and back."""

import json
from typing import Any, Optional

from varve._buffers import bytes_of


def dumps(value: Any) -> bytes:
    """Compact UTF-8. ValueError for NaN and infinities, which JSON does not have."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False,
                      separators=(",", ":")).encode("utf-8")


def parsed(text: bytes) -> Any:
    """The value of a JSON text."""
    return json.loads(text)


def loads(slice_: Any) -> Any:
    """Of a slice that Varve gave."""
    return parsed(bytes_of(slice_))


def optional_object(value: Optional[Any]) -> bytes:
    """The text of a dict, or nothing for None."""
    return b"" if value is None else dumps(value)


def loaded_object(slice_: Any) -> Any:
    """A dict; an empty one where there is nothing."""
    return loads(slice_) if slice_.size else {}
