"""Trace: what an agent did, as a forest of spans.

Ids are unique within a run. No write conflicts: where another transaction commits first and, say,
deletes the parent, the commit raises NotFound and nothing is written. `Store.span` records one
around a block of code.
"""

import uuid
from ctypes import byref, c_uint64
from typing import Any, Dict, Iterable, List, NamedTuple, Optional

from varve import _structures as c
from varve._api import api
from varve._buffers import (BytesLike, RunLike, field, given, given_list, names, take_bytes,
                            text_of, texts_of, uuid_of, uuid_struct)
from varve._json_text import loaded_object, optional_object
from varve._primitive import PrimitiveHandle
from varve._results import Page, collect, first
from varve._time import Moment, moment
from varve.enums import Finished, SpanKind, SpanStatus, known


class Span(NamedTuple):
    """A span."""

    id: int
    parent: int  # 0: a root
    depth: int  # from `tree`: below the root, which has 0
    kind: SpanKind
    status: SpanStatus
    name: str
    status_message: str
    start: int  # microseconds since 1970
    end: Optional[int]  # None: it has not ended
    tags: List[str]  # ascending, each once
    attributes: Dict[str, Any]
    lsn: int  # its version; 0 for this transaction's own write
    commit_time: int


class Exported(NamedTuple):
    """Spans as OpenTelemetry has them."""

    request: bytes  # one ExportTraceServiceRequest as OTLP/JSON, on one line
    spans: int
    cursor: bytes  # for the next request; empty after the last


class Imported(NamedTuple):
    """What an import of spans did."""

    spans: int
    orphans: int  # spans whose parent is not in the run: they became roots
    trace_id: Optional[uuid.UUID]


def _span(span: Any) -> Span:
    return Span(span.id, span.parent, span.depth, known(SpanKind, span.kind),
                known(SpanStatus, span.status),
                text_of(span.name), text_of(span.status_message), span.start,
                span.end if span.finished else None, texts_of(span.tags, span.tag_count),
                loaded_object(span.attributes), span.lsn, span.commit_time)


def _tags(tags: Iterable[str]) -> Any:
    return given_list(names(tags))


def span_query(*, parent: int = 0, roots: bool = False, kind: int = 0, tags: Iterable[str] = (),
               start: Optional[Moment] = None, until: Optional[Moment] = None, name: str = "",
               finished: int = Finished.EITHER, reverse: bool = False, limit: int = 1000,
               cursor: bytes = b"") -> Any:
    """Which spans; everything that is given must hold. The keywords of `find` and `count`.

    parent: its children. roots: without a parent. kind: a SpanKind. tags: those that have every one
    of them. start: started then or later. until: started before. finished: a Finished. reverse: the
    latest start first. cursor: `Page.cursor` of the page before.
    """
    wanted = _tags(tags)
    return c.SpanQuery(
        **{"from": moment(start)}, parent=parent, roots=roots, kind=kind, tag_count=len(wanted),
        tags=wanted, until=moment(until), name=field(name), finished=finished, reverse=reverse,
        limit=limit, cursor=field(cursor))


class TraceReader(PrimitiveHandle):
    """Reads spans."""

    __slots__ = ()

    def get(self, id: int) -> Optional[Span]:
        """One span, or None."""
        with self._handle:
            return first(collect(lambda out: api.trace_get(self._handle.reader, self._run, id, out),
                                 api.result_span, _span))

    def find(self, **query: Any) -> Page[Span]:
        """Spans in the order of their starts; the keywords are those of `span_query`."""
        wanted = byref(span_query(**query))
        with self._handle:
            return collect(lambda out: api.trace_find(self._handle.reader, self._run, wanted, out),
                           api.result_span, _span)  # type: ignore[return-value]

    def count(self, **query: Any) -> int:
        """How many `find` would give without limit and cursor."""
        count, wanted = c_uint64(), byref(span_query(**query))
        with self._handle:
            api.trace_count(self._handle.reader, self._run, wanted, byref(count))
        return count.value

    def tree(self, root: int = 0, *, depth_max: Optional[int] = None, limit: int = 1000,
             cursor: bytes = b"") -> Page[Span]:
        """Each span before its children, from `root` (0: from all roots) down."""
        wanted = byref(c.TreeQuery(root=root, has_depth_max=depth_max is not None,
                                   depth_max=depth_max or 0, limit=limit, cursor=field(cursor)))
        with self._handle:
            return collect(lambda out: api.trace_tree(self._handle.reader, self._run, wanted, out),
                           api.result_span, _span)  # type: ignore[return-value]

    def export_otlp(self, trace_id: Optional[uuid.UUID] = None, service_name: str = "",
                    **query: Any) -> Exported:
        """To OpenTelemetry. `trace_id` None: the run's id (the default run has none)."""
        request, count, cursor = c.Bytes(), c_uint64(), c.Bytes()
        wanted, service = byref(span_query(**query)), given(service_name)
        trace = None if trace_id is None else byref(uuid_struct(trace_id))
        with self._handle:
            api.trace_export_otlp(self._handle.reader, self._run, wanted, trace, service,
                                  byref(request), byref(count), byref(cursor))
        return Exported(take_bytes(request), count.value, take_bytes(cursor))


class Trace(TraceReader):
    """Reads and records spans."""

    __slots__ = ()

    def record(self, name: str, *, kind: SpanKind = SpanKind.CUSTOM, parent: int = 0, id: int = 0,
               status: int = 0, status_message: str = "", start: Optional[Moment] = None,
               end: Optional[Moment] = None, tags: Iterable[str] = (),
               attributes: Optional[Dict[str, Any]] = None) -> int:
        """A new span; gives its id (one is drawn where `id` is 0). It starts now, unless told
        otherwise, and ends with `finish` where `end` is None. NotFound: there is no such parent."""
        wanted, drawn = _tags(tags), c_uint64()
        record = c.SpanRecord(
            id=id, parent=parent, kind=kind, status=status, name=field(name),
            status_message=field(status_message), start=moment(start), end=moment(end),
            tag_count=len(wanted), tags=wanted, attributes=field(optional_object(attributes)))
        with self._handle as txn:
            api.trace_record(txn, self._run, byref(record), byref(drawn))
        return drawn.value

    def finish(self, id: int, status: Optional[SpanStatus] = None, status_message: str = "", *,
               end: Optional[Moment] = None) -> None:
        """The span has ended. FailedPrecondition: it has ended before."""
        how = c.SpanFinish(end=moment(end), has_status=status is not None, status=status or 0,
                           status_message=field(status_message))
        with self._handle as txn:
            api.trace_finish(txn, self._run, id, byref(how))

    def annotate(self, id: int, *, add_tags: Iterable[str] = (), remove_tags: Iterable[str] = (),
                 attributes: Optional[Dict[str, Any]] = None) -> None:
        """Members of `attributes` are set, one that is None is removed, others stay."""
        added, removed = _tags(add_tags), _tags(remove_tags)
        change = c.SpanAnnotation(
            add_count=len(added), add_tags=added, remove_count=len(removed), remove_tags=removed,
            attributes=field(optional_object(attributes)))
        with self._handle as txn:
            api.trace_annotate(txn, self._run, id, byref(change))

    def delete_tree(self, id: int) -> None:
        """The span and everything below it, also where there is none."""
        with self._handle as txn:
            api.trace_delete_tree(txn, self._run, id)

    def import_otlp(self, request: BytesLike, trace_id: Optional[uuid.UUID] = None) -> Imported:
        """Records the spans of one request. After an error abandon the transaction."""
        count, orphans, imported, text = c_uint64(), c_uint64(), c.Uuid(), given(request)
        trace = None if trace_id is None else byref(uuid_struct(trace_id))
        with self._handle as txn:
            api.trace_import_otlp(txn, self._run, text, trace, byref(count), byref(orphans),
                                  byref(imported))
        return Imported(count.value, orphans.value, uuid_of(imported))


class ActiveSpan:
    """What Store.span gives: a span from the beginning of a block to its end.

    Its start and its end are transactions of their own, so a span whose process died is there and
    has no end. A block that raises ends it with the status ERROR and what was raised.
    """

    def __init__(self, store: Any, run: RunLike, durability: Any, name: str,
                 record: Dict[str, Any]) -> None:
        self._store = store
        self._run = run
        self._durability = durability
        self.id: int = self._write(lambda trace: trace.record(name, **record))

    def _write(self, body: Any) -> Any:
        return self._store.update(lambda txn: body(txn.trace(self._run)),
                                  durability=self._durability)

    def annotate(self, **changes: Any) -> None:
        """As Trace.annotate."""
        self._write(lambda trace: trace.annotate(self.id, **changes))

    def span(self, name: str, **record: Any) -> "ActiveSpan":
        """A child of it."""
        return ActiveSpan(self._store, self._run, self._durability, name,
                          dict(record, parent=self.id))

    def __enter__(self) -> "ActiveSpan":
        return self

    def __exit__(self, kind: Any, error: Any, _: Any) -> None:
        if error is None:
            self._write(lambda trace: trace.finish(self.id, SpanStatus.OK))
        else:
            message = f"{kind.__name__}: {error}"
            self._write(lambda trace: trace.finish(self.id, SpanStatus.ERROR, message))
