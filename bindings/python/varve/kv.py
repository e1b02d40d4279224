"""KV: bytes under a key, with a version, a commit time and perhaps an expiry.

Keys of 1 to 1024 bytes, values of up to 16 MiB. Keys are given as str (UTF-8) or bytes and come
back as bytes, as values do. A row reads as absent from its expiry on.
"""

from ctypes import byref, c_int32, c_int64, c_uint64
from typing import (Any, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Tuple, TypeVar,
                    Union, overload)

from varve import _structures as c
from varve._api import api
from varve._buffers import BytesLike, RunLike, bytes_of, field, given, given_list
from varve._cursor import Scan
from varve._handles import ReaderHandle
from varve._primitive import PrimitiveHandle
from varve._results import Page, collect
from varve._time import Duration, Moment, microseconds, moment


Default = TypeVar("Default")


class Row(NamedTuple):
    """One row."""

    key: bytes
    value: bytes
    lsn: int  # its version; 0 for this transaction's own write
    commit_time: int  # microseconds since 1970, of the transaction that wrote it
    expires: Optional[int]  # when it will read as absent


class Version(NamedTuple):
    """What a row was."""

    value: Optional[bytes]  # None: deleted
    lsn: int
    commit_time: int
    expires: Optional[int]


class Swept(NamedTuple):
    """What a sweep of expired keys did."""

    deleted: int
    more: bool  # sweep again, in another transaction


def _row(row: Any) -> Row:
    return Row(bytes_of(row.key), bytes_of(row.value), row.lsn, row.commit_time,
               row.expires or None)


def _version(row: Any) -> Version:
    return Version(None if row.deleted else bytes_of(row.value), row.lsn, row.commit_time,
                   row.expires or None)


def _value(row: Any) -> bytes:
    return bytes_of(row.value)


def _put_options(ttl: Optional[Duration], expires: Optional[Moment]) -> Any:
    if ttl is None and expires is None:
        return None
    options = c.KvPutOptions(ttl_us=0 if ttl is None else microseconds(ttl),
                             expires=moment(expires))
    if (ttl is not None and options.ttl_us == 0) or (expires is not None and options.expires == 0):
        raise ValueError("a row that is to expire needs a ttl, or a moment, above zero")
    return byref(options)


def _scan_options(prefix: Any, begin: Any, end: Any, reverse: bool = False,
                  limit: int = 0, cursor: bytes = b"") -> Any:
    return byref(c.KvScanOptions(prefix=field(prefix), begin=field(begin), end=field(end),
                                 reverse=reverse, limit=limit, cursor=field(cursor)))


class KvReader(PrimitiveHandle):
    """Reads rows. `kv[key]`, `key in kv` and iteration (over keys) are as of a dict."""

    __slots__ = ("_found", "_row", "_row_out", "_found_out")

    def __init__(self, handle: ReaderHandle, run: RunLike = None) -> None:
        super().__init__(handle, run)
        # Used under the lock of the reader, so one of each is enough.
        self._row = c.KvRow()
        self._found = c_int32()
        self._row_out, self._found_out = byref(self._row), byref(self._found)

    @overload
    def get(self, key: BytesLike) -> Optional[bytes]: ...

    @overload
    def get(self, key: BytesLike, default: Default) -> Union[bytes, Default]: ...

    def get(self, key: BytesLike, default: Any = None) -> Any:
        """The value under `key` as bytes, or `default`."""
        wanted = given(key)
        with self._handle:
            api.kv_get(self._handle.reader, self._run, wanted, self._row_out, self._found_out)
            return bytes_of(self._row.value) if self._found.value else default

    def row(self, key: BytesLike) -> Optional[Row]:
        """The whole row."""
        wanted = given(key)
        with self._handle:
            api.kv_get(self._handle.reader, self._run, wanted, self._row_out, self._found_out)
            return _row(self._row) if self._found.value else None

    def get_many(self, keys: Iterable[BytesLike]) -> List[Optional[bytes]]:
        """The values under the keys, in their order; None for those that are absent."""
        wanted = given_list(list(keys))
        with self._handle:
            return collect(lambda out: api.kv_get_many(self._handle.reader, self._run, wanted,
                                                       len(wanted), out),
                           api.result_kv_row, _value)

    def exists(self, key: BytesLike) -> bool:
        """Whether there is such a key."""
        exists, wanted = c_int32(), given(key)
        with self._handle:
            api.kv_exists(self._handle.reader, self._run, wanted, byref(exists))
        return bool(exists.value)

    def scan(self, prefix: BytesLike = b"", begin: BytesLike = b"", end: BytesLike = b"", *,
             reverse: bool = False, limit: int = 0, cursor: bytes = b"") -> Scan[Row]:
        """Rows in key order, from `begin` to before `end`, with `prefix`, at most `limit` (0: all).

        `cursor` of a scan that its limit ended goes on behind it, also in another view.
        """
        options = _scan_options(prefix, begin, end, reverse, limit, cursor)
        return Scan(self._handle,
                    lambda reader, out: api.kv_scan(reader, self._run, options, out),
                    api.cursor_kv_row, _row)

    def count(self, prefix: BytesLike = b"", begin: BytesLike = b"", end: BytesLike = b"") -> int:
        """How many rows the scan would give. Reads them all."""
        count, options = c_uint64(), _scan_options(prefix, begin, end)
        with self._handle:
            api.kv_count(self._handle.reader, self._run, options, byref(count))
        return count.value

    def history(self, key: BytesLike, before: int = 0, limit: int = 100) -> Page[Version]:
        """The versions that are kept and older than `before` (0: all), newest first."""
        wanted = given(key)
        with self._handle:
            return collect(lambda out: api.kv_history(self._handle.reader, self._run, wanted,
                                                      before, limit, out),
                           api.result_kv_row, _version)  # type: ignore[return-value]

    def __getitem__(self, key: BytesLike) -> bytes:
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __contains__(self, key: BytesLike) -> bool:
        return self.exists(key)

    def __iter__(self) -> Iterator[bytes]:
        return (row.key for row in self.scan())

    def keys(self) -> Iterator[bytes]:
        """Every key, in order."""
        return iter(self)

    def items(self) -> Iterator[Tuple[bytes, bytes]]:
        """Every key with its value, in the order of the keys."""
        return ((row.key, row.value) for row in self.scan())


class Kv(KvReader):
    """Reads and writes rows. Put, put_many and delete read nothing, so they never conflict."""

    __slots__ = ()

    def put(self, key: BytesLike, value: BytesLike, *, ttl: Optional[Duration] = None,
            expires: Optional[Moment] = None) -> None:
        """Writes a row, which expires `ttl` after the transaction's beginning or at `expires`, or
        never."""
        options, name, data = _put_options(ttl, expires), given(key), given(value)
        with self._handle as txn:
            api.kv_put(txn, self._run, name, data, options)

    def put_many(self, rows: Union[Mapping[Any, Any], Iterable[Tuple[Any, Any]]], *,
                 ttl: Optional[Duration] = None, expires: Optional[Moment] = None) -> None:
        """Writes all rows of a dict or of (key, value) pairs, or none."""
        pairs = list(rows.items() if isinstance(rows, Mapping) else rows)
        keys = given_list([key for key, _ in pairs])
        values = given_list([value for _, value in pairs])
        options = _put_options(ttl, expires)
        with self._handle as txn:
            api.kv_put_many(txn, self._run, keys, values, len(pairs), options)

    def delete(self, key: BytesLike) -> None:
        """Also where there is no such key. Unlike `del kv[key]` it reads nothing."""
        name = given(key)
        with self._handle as txn:
            api.kv_delete(txn, self._run, name)

    def put_if_absent(self, key: BytesLike, value: BytesLike, *, ttl: Optional[Duration] = None,
                      expires: Optional[Moment] = None) -> bool:
        """False: there is such a key, and nothing was written."""
        written, options = c_int32(), _put_options(ttl, expires)
        name, data = given(key), given(value)
        with self._handle as txn:
            api.kv_put_if_absent(txn, self._run, name, data, options, byref(written))
        return bool(written.value)

    def compare_and_set(self, key: BytesLike, expected: int, value: BytesLike, *,
                        ttl: Optional[Duration] = None, expires: Optional[Moment] = None) -> bool:
        """Writes only where the row has the version (Row.lsn) `expected`."""
        written, options = c_int32(), _put_options(ttl, expires)
        name, data = given(key), given(value)
        with self._handle as txn:
            api.kv_compare_and_set(txn, self._run, name, expected, data, options, byref(written))
        return bool(written.value)

    def compare_value_and_set(self, key: BytesLike, expected: BytesLike, value: BytesLike, *,
                              ttl: Optional[Duration] = None,
                              expires: Optional[Moment] = None) -> bool:
        """Writes only where there is a row with exactly the value `expected`."""
        written, options = c_int32(), _put_options(ttl, expires)
        name, old, new = given(key), given(expected), given(value)
        with self._handle as txn:
            api.kv_compare_value_and_set(txn, self._run, name, old, new, options, byref(written))
        return bool(written.value)

    def increment(self, key: BytesLike, amount: int = 1) -> int:
        """Adds to a number kept as decimal text (absent counts as 0) and gives the sum."""
        total, name = c_int64(), given(key)
        with self._handle as txn:
            api.kv_increment(txn, self._run, name, amount, byref(total))
        return total.value

    def sweep_expired(self, limit: int = 1000) -> Swept:
        """Deletes expired keys of the run, the oldest first: only to give their space back."""
        deleted, more = c_uint64(), c_int32()
        with self._handle as txn:
            api.kv_sweep_expired(txn, self._run, limit, byref(deleted), byref(more))
        return Swept(deleted.value, bool(more.value))

    def __setitem__(self, key: BytesLike, value: BytesLike) -> None:
        self.put(key, value)

    def __delitem__(self, key: BytesLike) -> None:
        if not self.exists(key):
            raise KeyError(key)
        self.delete(key)
