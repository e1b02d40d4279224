"""JSON: documents under a name, read and changed in part.

Values are what the module json of the standard library makes of them: dict, list, str, int, float,
bool, None; integers of up to 64 bits exactly, doubles bit for bit, members of an object in the
order of their keys. Pointers are JSON Pointers (RFC 6901): "" is the whole document, "/tags/0" the
first element of its member "tags", "/tags/-" the place behind the last.
"""

from ctypes import byref, c_int32, c_uint32
from typing import Any, Callable, Iterable, List, NamedTuple, Optional, Tuple, TypeVar

from varve import _structures as c
from varve._api import api
from varve._buffers import BytesLike, given, given_list, take_bytes, text_of
from varve._json_text import dumps, loads, parsed
from varve._primitive import PrimitiveHandle
from varve._results import Page, collect, first, name_options
from varve.enums import JsonIndexKind, known

Item = TypeVar("Item")


class DocumentInfo(NamedTuple):
    """What a document is, without its content."""

    name: str
    bytes: int  # of its compact encoding
    lsn: int  # its version: of the last transaction that changed it; 0: this one
    commit_time: int


class Match(NamedTuple):
    """What a query selected."""

    pointer: str
    value: Any


class JsonIndex(NamedTuple):
    """An index of the documents of a run."""

    name: str
    pointer: str
    kind: JsonIndexKind


def _info(info: Any) -> DocumentInfo:
    return DocumentInfo(text_of(info.name), info.bytes, info.lsn, info.commit_time)


def _match(match: Any) -> Match:
    return Match(text_of(match.pointer), loads(match.value))


def _index(index: Any) -> JsonIndex:
    return JsonIndex(text_of(index.name), text_of(index.pointer), known(JsonIndexKind, index.kind))


class JsonReader(PrimitiveHandle):
    """Reads documents. `documents[name]` is a whole one, `name in documents` whether there is."""

    __slots__ = ()

    def get(self, name: str, pointer: str = "", default: Any = None) -> Any:
        """The value at `pointer`, or `default` where there is no document or nothing there."""
        value, found, document, place = c.Bytes(), c_int32(), given(name), given(pointer)
        with self._handle:
            api.json_get(self._handle.reader, self._run, document, place, byref(value),
                         byref(found))
        return parsed(take_bytes(value)) if found.value else default

    def get_many(self, places: Iterable[Tuple[str, str]], default: Any = None) -> List[Any]:
        """The values at (name, pointer) pairs, in their order."""
        pairs = list(places)
        names = given_list([name for name, _ in pairs])
        pointers = given_list([pointer for _, pointer in pairs])
        absent = object()
        with self._handle:
            values = collect(
                lambda out: api.json_get_many(self._handle.reader, self._run, names, pointers,
                                              len(pairs), out),
                api.result_text, lambda text: (loads(text), absent))
        return [default if value is None else value[0] for value in values]

    def exists(self, name: str, pointer: str = "") -> bool:
        """Whether there is something at `pointer`."""
        exists, document, place = c_int32(), given(name), given(pointer)
        with self._handle:
            api.json_exists(self._handle.reader, self._run, document, place, byref(exists))
        return bool(exists.value)

    def array_length(self, name: str, pointer: str = "") -> Optional[int]:
        """None where there is no array."""
        length, found, document, place = c_uint32(), c_int32(), given(name), given(pointer)
        with self._handle:
            api.json_array_length(self._handle.reader, self._run, document, place, byref(length),
                                  byref(found))
        return length.value if found.value else None

    def describe(self, name: str) -> Optional[DocumentInfo]:
        """Size and version. Conflicts with every change of the document."""
        document = given(name)
        return first(self._collect(
            lambda out: api.json_describe(self._handle.reader, self._run, document, out),
            api.result_json_info, _info))

    def list(self, prefix: str = "", after: BytesLike = "",
             limit: int = 1000) -> Page[DocumentInfo]:
        """Documents by name: those that begin with `prefix`, behind `after`."""
        options = name_options(prefix, after, limit)
        return self._collect(
            lambda out: api.json_list(self._handle.reader, self._run, options, out),
            api.result_json_info, _info)

    def query(self, name: str, json_path: str) -> Page[Match]:
        """What a JSONPath (RFC 9535) selects in one document."""
        document, path = given(name), given(json_path)
        return self._collect(
            lambda out: api.json_query(self._handle.reader, self._run, document, path, out),
            api.result_json_match, _match)

    def find(self, pointer: str, value: Any, after: BytesLike = "", limit: int = 1000) -> Page[str]:
        """The names of the documents with exactly this value at `pointer`, through an index on it
        where there is one."""
        place, text, options = given(pointer), given(dumps(value)), name_options("", after, limit)
        return self._collect(
            lambda out: api.json_find(self._handle.reader, self._run, place, text, options, out,
                                      None),
            api.result_text, text_of)

    def indexes(self) -> Page[JsonIndex]:
        """Every index of the run."""
        return self._collect(
            lambda out: api.json_indexes(self._handle.reader, self._run, out),
            api.result_json_index, _index)

    def _collect(self, call: Callable[[Any], Any], item: Any,
                 convert: Callable[[Any], Item]) -> Page[Item]:
        with self._handle:
            return collect(call, item, convert)  # type: ignore[return-value]

    def __getitem__(self, name: str) -> Any:
        absent = object()
        value = self.get(name, default=absent)
        if value is absent:
            raise KeyError(name)
        return value

    def __contains__(self, name: str) -> bool:
        return self.exists(name)


class Json(JsonReader):
    """Reads and writes documents.

    The writes but compare_and_set, pop and increment_and_get read nothing that is validated, so any
    number of them on one document all commit. They are decided when they commit: where a commit in
    between has made one impossible, the commit raises that error and nothing is written.
    """

    __slots__ = ()

    def create(self, name: str, value: Any) -> None:
        """A new document. AlreadyExists."""
        document, text = given(name), given(dumps(value))
        with self._handle as txn:
            api.json_create(txn, self._run, document, text)

    def set(self, name: str, value: Any, pointer: str = "") -> None:
        """Replaces what is at `pointer`, or puts it there; what is missing on the way is created.

        OutOfRange: an index beyond its array. FailedPrecondition: the path goes through a scalar.
        """
        document, place, text = given(name), given(pointer), given(dumps(value))
        with self._handle as txn:
            api.json_set(txn, self._run, document, place, text)

    def set_many(self, values: Iterable[Tuple[str, str, Any]]) -> None:
        """Sets (name, pointer, value) in their order, all or none of them."""
        triples = list(values)
        names = given_list([name for name, _, _ in triples])
        pointers = given_list([pointer for _, pointer, _ in triples])
        texts = given_list([dumps(value) for _, _, value in triples])
        with self._handle as txn:
            api.json_set_many(txn, self._run, names, pointers, texts, len(triples))

    def delete(self, name: str, pointer: str) -> None:
        """What is at `pointer` (which is not ""), also where there is nothing."""
        document, place = given(name), given(pointer)
        with self._handle as txn:
            api.json_delete(txn, self._run, document, place)

    def destroy(self, name: str) -> None:
        """The whole document, also where there is none."""
        document = given(name)
        with self._handle as txn:
            api.json_destroy(txn, self._run, document)

    def merge_patch(self, name: str, patch: Any) -> None:
        """RFC 7396. NotFound: there is no such document."""
        document, text = given(name), given(dumps(patch))
        with self._handle as txn:
            api.json_merge_patch(txn, self._run, document, text)

    def patch(self, name: str, patch: List[Any]) -> None:
        """RFC 6902, all operations or none. FailedPrecondition: a "test" does not hold."""
        document, text = given(name), given(dumps(patch))
        with self._handle as txn:
            api.json_patch(txn, self._run, document, text)

    def push(self, name: str, pointer: str, value: Any) -> None:
        """A new last element. NotFound, FailedPrecondition: nothing there, or no array."""
        document, place, text = given(name), given(pointer), given(dumps(value))
        with self._handle as txn:
            api.json_push(txn, self._run, document, place, text)

    def insert(self, name: str, pointer: str, index: int, value: Any) -> None:
        """A new element before that at `index`. OutOfRange: above the length."""
        document, place, text = given(name), given(pointer), given(dumps(value))
        with self._handle as txn:
            api.json_insert(txn, self._run, document, place, index, text)

    def pop(self, name: str, pointer: str, default: Any = None) -> Any:
        """Takes the last element out; `default` where the array is empty."""
        value, found, document, place = c.Bytes(), c_int32(), given(name), given(pointer)
        with self._handle as txn:
            api.json_pop(txn, self._run, document, place, byref(value), byref(found))
        return parsed(take_bytes(value)) if found.value else default

    def increment(self, name: str, pointer: str, amount: float = 1) -> None:
        """Adds to a number; nothing there counts as 0. Integers stay integers, exactly."""
        document, place, text = given(name), given(pointer), given(dumps(amount))
        with self._handle as txn:
            api.json_increment(txn, self._run, document, place, text)

    def increment_and_get(self, name: str, pointer: str, amount: float = 1) -> Any:
        """The same, and the sum."""
        document, place, text = given(name), given(pointer), given(dumps(amount))
        total = c.Bytes()
        with self._handle as txn:
            api.json_increment_and_get(txn, self._run, document, place, text, byref(total))
        return parsed(take_bytes(total))

    def compare_and_set(self, name: str, expected: int, value: Any, pointer: str = "") -> bool:
        """Sets only where the document's version (DocumentInfo.lsn) is `expected`."""
        document, place, text = given(name), given(pointer), given(dumps(value))
        written = c_int32()
        with self._handle as txn:
            api.json_compare_and_set(txn, self._run, document, expected, place, text,
                                     byref(written))
        return bool(written.value)

    def create_index(self, index: str, pointer: str, kind: JsonIndexKind) -> None:
        """Looks numbers or strings at `pointer` up by value from now on. AlreadyExists."""
        name, place = given(index), given(pointer)
        with self._handle as txn:
            api.json_create_index(txn, self._run, name, place, kind)

    def drop_index(self, index: str) -> None:
        """Also where there is none."""
        name = given(index)
        with self._handle as txn:
            api.json_drop_index(txn, self._run, name)

    def __setitem__(self, name: str, value: Any) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        if not self.exists(name):
            raise KeyError(name)
        self.destroy(name)
