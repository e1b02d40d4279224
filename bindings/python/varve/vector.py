"""Vector: collections of vectors, and exact search for those most like a query.

A search looks at every vector of the collection: what it answers is exact, and the same, bit for
bit, on every processor. Higher scores are more alike; the highest come first, equal ones in key
order. Keys are given as str or bytes and come back as bytes; metadata are dicts.

NotFound: there is no such collection. InvalidArgument: a vector of another dimension than the
collection, a component that is NaN or infinite, zeros where the metric is cosine.
"""

from ctypes import byref, c_size_t, c_uint64, c_void_p
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Union

from varve import _structures as c
from varve._api import api
from varve._buffers import BytesLike, bytes_of, field, given, given_list, text_of
from varve._floats import (Vector, address_of, as_rows, floats_at, new_floats, one_vector,
                           query_rows, vector_rows)
from varve._floats import Vectors as VectorRows
from varve._json_text import dumps, loaded_object, optional_object
from varve._primitive import PrimitiveHandle
from varve._results import Page, collect, first, listed
from varve.enums import Metric, known

Keys = Union[BytesLike, Sequence[BytesLike]]
Metadata = Optional[Dict[str, Any]]


class Collection(NamedTuple):
    """What a collection is."""

    name: str
    dimension: int
    metric: Metric
    created: int  # LSN; 0 where this transaction created it
    created_time: int


class VectorRow(NamedTuple):
    """A vector of a collection."""

    key: bytes
    vector: Any  # float32: a NumPy array, or array("f"); None where it was not asked for
    metadata: Dict[str, Any]
    lsn: int
    commit_time: int


class Hit(NamedTuple):
    """What a search found."""

    key: bytes
    score: float
    metadata: Dict[str, Any]
    vector: Any  # None unless asked for


class Nearest(NamedTuple):
    """What many searches found, in arrays: row i is of query i, of which counts[i] places hold."""

    counts: List[int]
    keys: List[List[bytes]]
    scores: Any  # float32: a NumPy array of (queries, k), or array("f") of queries * k


def _collection(info: Any) -> Collection:
    return Collection(text_of(info.name), info.dimension, known(Metric, info.metric), info.created,
                      info.created_time)


def _vector(row: Any) -> Any:
    return floats_at(row.vector, row.dimension) if row.vector else None


def _row(row: Any) -> VectorRow:
    return VectorRow(bytes_of(row.key), _vector(row), loaded_object(row.metadata), row.lsn,
                     row.commit_time)


def _hit(row: Any) -> Hit:
    return Hit(bytes_of(row.key), row.score, loaded_object(row.metadata), _vector(row))


def _key_list(keys: Keys) -> List[BytesLike]:
    return [keys] if isinstance(keys, (str, bytes, bytearray, memoryview)) else list(keys)


def _metadata_list(metadata: Any, count: int) -> Any:
    if metadata is None:
        return None
    every = [metadata] if isinstance(metadata, dict) else list(metadata)
    if len(every) != count:
        raise ValueError(f"{count} metadata are needed, one for each key, not {len(every)}")
    return given_list([optional_object(one) for one in every])


def _options(k: int, threshold: Optional[float], filter: Any, include_vectors: bool,
             metadata: bool, threads: int, guard: bool) -> Any:
    if k < 1:
        raise ValueError("k must be at least 1")
    text = b"" if filter is None else filter if isinstance(filter, (str, bytes)) else dumps(filter)
    return byref(c.SearchOptions(
        k=k, has_threshold=threshold is not None, threshold=threshold or 0.0, filter=field(text),
        include_vectors=include_vectors, omit_metadata=not metadata, threads=threads,
        unguarded=not guard))


class VectorsReader(PrimitiveHandle):
    """Reads and searches collections."""

    __slots__ = ()

    def describe(self, collection: str) -> Optional[Collection]:
        """Dimension and metric, or None."""
        name = given(collection)
        with self._handle:
            return first(collect(lambda out: api.vector_describe(self._handle.reader, self._run,
                                                                 name, out),
                                 api.result_collection, _collection))

    def list(self, after: BytesLike = "", limit: int = 1000) -> Page[Collection]:
        """Collections by name."""
        behind = given(after)
        with self._handle:
            return collect(lambda out: api.vector_list(self._handle.reader, self._run, behind,
                                                       limit, out),
                           api.result_collection, _collection)  # type: ignore[return-value]

    def get(self, collection: str, keys: Iterable[BytesLike]) -> List[Optional[VectorRow]]:
        """The rows of the keys, in their order; None for those that are absent."""
        name, wanted = given(collection), given_list(_key_list(keys))
        with self._handle:
            return collect(lambda out: api.vector_get(self._handle.reader, self._run, name, wanted,
                                                      len(wanted), out),
                           api.result_vector_row, _row)

    def scan(self, collection: str, prefix: BytesLike = b"", after: BytesLike = b"",
             limit: int = 1000, include_vectors: bool = False) -> Page[VectorRow]:
        """Rows in key order, behind the key `after`."""
        name = given(collection)
        options = byref(c.VectorScanOptions(prefix=field(prefix), after=field(after), limit=limit,
                                            include_vectors=include_vectors))
        with self._handle:
            return collect(lambda out: api.vector_scan(self._handle.reader, self._run, name,
                                                       options, out),
                           api.result_vector_row, _row)  # type: ignore[return-value]

    def count(self, collection: str) -> int:
        """Walks over the rows."""
        count, name = c_uint64(), given(collection)
        with self._handle:
            api.vector_count(self._handle.reader, self._run, name, byref(count))
        return count.value

    def search(self, collection: str, query: Vector, k: int = 10, *,
               threshold: Optional[float] = None, filter: Any = None,
               include_vectors: bool = False, metadata: bool = True, threads: int = 0,
               guard: bool = True) -> Page[Hit]:
        """The `k` rows most like `query`.

        threshold: only scores of at least this. filter: only rows whose metadata match, as
        {"and": [{"eq": ["lang", "en"]}, {"ge": ["year", 2020]}]} (primitives/vector/README.md has
        them all). guard, in a transaction: the commit raises Aborted where another has changed
        anything in the collection since, which costs a walk over its rows; False guards only what
        was found.
        """
        name, floats = given(collection), one_vector(query)
        options = _options(k, threshold, filter, include_vectors, metadata, threads, guard)
        with self._handle:
            return collect(lambda out: api.vector_search(self._handle.reader, self._run, name,
                                                         floats.address, floats.dimension, options,
                                                         out),
                           api.result_vector_row, _hit)  # type: ignore[return-value]

    def search_many(self, collection: str, queries: VectorRows, k: int = 10, *,
                    threshold: Optional[float] = None, filter: Any = None, threads: int = 0,
                    guard: bool = True) -> Nearest:
        """For up to 4096 queries at once: far less than one search each."""
        name, floats = given(collection), query_rows(queries)
        options = _options(k, threshold, filter, False, False, threads, guard)
        places = floats.rows * k
        counts, keys, hits = (c_size_t * floats.rows)(), (c.Slice * places)(), c_void_p()
        scores = new_floats(places)
        with self._handle:
            api.vector_search_many(self._handle.reader, self._run, name, floats.address,
                                   floats.dimension, floats.rows, options, counts, keys,
                                   address_of(scores), byref(hits))
        try:
            found = [[bytes_of(keys[query * k + place]) for place in range(counts[query])]
                     for query in range(floats.rows)]
        finally:
            api.result_free(hits)
        return Nearest(list(counts), found, as_rows(scores, floats.rows, k))


class Vectors(VectorsReader):
    """Reads, searches and writes collections.

    `keys` is one key with one vector and its metadata, or a list with as many of both; all are
    written, or none.
    """

    __slots__ = ()

    def create(self, collection: str, dimension: int, metric: Metric = Metric.COSINE) -> None:
        """AlreadyExists. Its shape can never be changed."""
        name = given(collection)
        with self._handle as txn:
            api.vector_create(txn, self._run, name, dimension, metric)

    def drop(self, collection: str) -> None:
        """Deletes it and all its vectors."""
        name = given(collection)
        with self._handle as txn:
            api.vector_drop(txn, self._run, name)

    def insert(self, collection: str, keys: Keys, vectors: VectorRows,
               metadata: Any = None) -> None:
        """New ones. AlreadyExists: a key is taken."""
        self._write(api.vector_insert, collection, keys, vectors, metadata)

    def upsert(self, collection: str, keys: Keys, vectors: VectorRows,
               metadata: Any = None) -> None:
        """New ones, or in place of those that are there, metadata included. Never conflicts."""
        self._write(api.vector_upsert, collection, keys, vectors, metadata)

    def _write(self, function: Any, collection: str, keys: Keys, vectors: VectorRows,
               metadata: Any) -> None:
        name, wanted = given(collection), given_list(_key_list(keys))
        floats = vector_rows(vectors, len(wanted))
        texts = _metadata_list(metadata, len(wanted))
        with self._handle as txn:
            function(txn, self._run, name, wanted, floats.address, floats.dimension, texts,
                     len(wanted))

    def update(self, collection: str, keys: Keys, vectors: VectorRows) -> None:
        """Other components, the same metadata. NotFound: there is no such key."""
        name, wanted = given(collection), given_list(_key_list(keys))
        floats = vector_rows(vectors, len(wanted))
        with self._handle as txn:
            api.vector_update(txn, self._run, name, wanted, floats.address, floats.dimension,
                              len(wanted))

    def set_metadata(self, collection: str, key: BytesLike, metadata: Metadata) -> None:
        """Other metadata (None: none), the same components. NotFound: there is no such key."""
        name, wanted, text = given(collection), given(key), given(optional_object(metadata))
        with self._handle as txn:
            api.vector_set_metadata(txn, self._run, name, wanted, text)

    def delete(self, collection: str, keys: Keys) -> int:
        """How many there were."""
        count, name, wanted = c_uint64(), given(collection), given_list(_key_list(keys))
        with self._handle as txn:
            api.vector_delete(txn, self._run, name, wanted, len(wanted), byref(count))
        return count.value
