"""Event: streams of events that only grow, each event with a sequence, a time and a hash.

Sequences count from 0 in each stream, without gaps, and are given at commit: any number of writers
append to one stream, and none conflicts. A payload is a JSON object (a dict, or its text as bytes,
which is kept byte for byte).
"""

import json
from ctypes import byref, c_int32, c_uint64
from typing import Any, Iterable, Iterator, NamedTuple, Optional, Tuple

from varve import _structures as c
from varve._api import api
from varve._buffers import (BytesLike, RunLike, bytes_of, field, given, given_list, run_argument,
                            take_bytes, text_of)
from varve._cursor import Scan
from varve._json_text import dumps
from varve._primitive import PrimitiveHandle
from varve._results import Page, collect, first, name_options
from varve._time import Duration, Moment, moment, waits


class Event(NamedTuple):
    """One event."""

    sequence: int
    type: str
    text: bytes  # the payload as it was appended
    time: int  # microseconds since 1970, of the commit that appended it
    hash: bytes  # SHA-256 of the chain up to and including it
    lsn: int  # of the transaction that wrote it; 0 for this one

    @property
    def payload(self) -> Any:
        """The payload as a dict."""
        return json.loads(self.text)


class Stream(NamedTuple):
    """What a stream is."""

    name: str
    length: int  # events; the next sequence
    first_time: int
    last_time: int
    payload_bytes: int
    head: bytes  # hash of the last event


class Appended(NamedTuple):
    """What one transaction appended to a stream."""

    first: int
    events: int


class Consumer(NamedTuple):
    """How far somebody has read a stream."""

    name: str
    position: int  # the sequence wanted next


class Verified(NamedTuple):
    """What computing every hash again showed."""

    intact: bool
    events: int  # from the first on, as they were appended
    fault: str  # what is wrong with the next; empty where nothing is


def _event(event: Any) -> Event:
    return Event(event.sequence, text_of(event.type), bytes_of(event.payload), event.time,
                 bytes(event.hash), event.lsn)


def _stream(stream: Any) -> Stream:
    return Stream(text_of(stream.name), stream.length, stream.first_time, stream.last_time,
                  stream.payload_bytes, bytes(stream.head))


def _consumer(consumer: Any) -> Consumer:
    return Consumer(text_of(consumer.name), consumer.position)


def _payload(payload: Any) -> Any:
    return given(dumps(payload) if isinstance(payload, dict) else payload)


class EventsReader(PrimitiveHandle):
    """Reads streams."""

    __slots__ = ()

    def get(self, stream: str, sequence: int) -> Optional[Event]:
        """One event, or None."""
        event, found, name = c.Event(), c_int32(), given(stream)
        with self._handle:
            api.event_get(self._handle.reader, self._run, name, sequence, byref(event),
                          byref(found))
            return _event(event) if found.value else None

    def last(self, stream: str) -> Optional[Event]:
        """The newest event, or None."""
        event, found, name = c.Event(), c_int32(), given(stream)
        with self._handle:
            api.event_last(self._handle.reader, self._run, name, byref(event), byref(found))
            return _event(event) if found.value else None

    def scan(self, stream: str, start: int = 0, stop: int = 0, *, type: str = "",
             since: Optional[Moment] = None, until: Optional[Moment] = None,
             reverse: bool = False, limit: int = 0) -> Scan[Event]:
        """Events from sequence `start` to before `stop` (0: to the end), of one type, from `since`
        to before `until`, at most `limit` (0: all). `position` of the scan then says from where (in
        reverse: to where) to go on."""
        name = given(stream)
        options = byref(c.EventScanOptions(
            **{"from": start}, to=stop, type=field(type), since=moment(since),
            until=moment(until), reverse=reverse, limit=limit))
        return Scan(self._handle,
                    lambda reader, out: api.event_scan(reader, self._run, name, options, out),
                    api.cursor_event, _event)

    def length(self, stream: str) -> int:
        """Events in it; 0 where there is no such stream."""
        length, name = c_uint64(), given(stream)
        with self._handle:
            api.event_length(self._handle.reader, self._run, name, byref(length))
        return length.value

    def first_since(self, stream: str, time: Moment) -> int:
        """The first event at or after `time`; the length where there is none."""
        sequence, name, since = c_uint64(), given(stream), moment(time)
        with self._handle:
            api.event_first_since(self._handle.reader, self._run, name, since, byref(sequence))
        return sequence.value

    def appended(self, stream: str, lsn: int) -> Appended:
        """What the transaction that committed at `lsn` appended."""
        start, count, name = c_uint64(), c_uint64(), given(stream)
        with self._handle:
            api.event_appended(self._handle.reader, self._run, name, lsn, byref(start),
                               byref(count))
        return Appended(start.value, count.value)

    def describe(self, stream: str) -> Optional[Stream]:
        """Length, times and head, or None."""
        name = given(stream)
        with self._handle:
            return first(collect(lambda out: api.event_describe(self._handle.reader, self._run,
                                                                name, out),
                                 api.result_stream, _stream))

    def streams(self, prefix: str = "", after: BytesLike = "", limit: int = 1000) -> Page[Stream]:
        """By name: those that begin with `prefix`, behind `after`."""
        options = name_options(prefix, after, limit)
        with self._handle:
            return collect(lambda out: api.event_list_streams(self._handle.reader, self._run,
                                                              options, out),
                           api.result_stream, _stream)  # type: ignore[return-value]

    def position(self, stream: str, consumer: str) -> Optional[int]:
        """The sequence that a consumer wants next; None where there is no such consumer."""
        position, found, name, reader = c_uint64(), c_int32(), given(stream), given(consumer)
        with self._handle:
            api.event_position(self._handle.reader, self._run, name, reader, byref(position),
                               byref(found))
        return position.value if found.value else None

    def consumers(self, stream: str, prefix: str = "", after: BytesLike = "",
                  limit: int = 1000) -> Page[Consumer]:
        """By name."""
        name, options = given(stream), name_options(prefix, after, limit)
        with self._handle:
            return collect(lambda out: api.event_list_consumers(self._handle.reader, self._run,
                                                                name, options, out),
                           api.result_consumer, _consumer)  # type: ignore[return-value]

    def verify(self, stream: str) -> Verified:
        """Computes every hash again and compares. Reads the whole stream."""
        intact, count, fault, name = c_int32(), c_uint64(), c.Bytes(), given(stream)
        with self._handle:
            api.event_verify(self._handle.reader, self._run, name, byref(intact), byref(count),
                             byref(fault))
        return Verified(bool(intact.value), count.value, take_bytes(fault).decode("utf-8"))


class Events(EventsReader):
    """Reads and appends."""

    __slots__ = ()

    def append(self, stream: str, type: str, payload: Any) -> int:
        """The sequence that it has in this transaction. Others may append before it commits, and it
        then stands behind theirs: see `appended`."""
        sequence = c_uint64()
        name, kind, text = given(stream), given(type), _payload(payload)
        with self._handle as txn:
            api.event_append(txn, self._run, name, kind, text, byref(sequence))
        return sequence.value

    def append_many(self, stream: str, events: Iterable[Tuple[str, Any]]) -> int:
        """(type, payload) pairs, one behind the other, or none; gives the first sequence."""
        pairs, start, name = list(events), c_uint64(), given(stream)
        types = given_list([type_ for type_, _ in pairs])
        payloads = given_list([dumps(payload) if isinstance(payload, dict) else payload
                               for _, payload in pairs])
        with self._handle as txn:
            api.event_append_many(txn, self._run, name, types, payloads, len(pairs), byref(start))
        return start.value

    def commit_position(self, stream: str, consumer: str, position: int) -> None:
        """A consumer wants `position` next. Only goes forward; never conflicts."""
        name, reader = given(stream), given(consumer)
        with self._handle as txn:
            api.event_commit_position(txn, self._run, name, reader, position)

    def reset_position(self, stream: str, consumer: str, position: int) -> None:
        """The same, also back."""
        name, reader = given(stream), given(consumer)
        with self._handle as txn:
            api.event_reset_position(txn, self._run, name, reader, position)

    def forget_consumer(self, stream: str, consumer: str) -> None:
        """Also where there is no such consumer."""
        name, reader = given(stream), given(consumer)
        with self._handle as txn:
            api.event_forget_consumer(txn, self._run, name, reader)


def tail(store: Any, stream: str, run: RunLike, start: int, timeout: Optional[Duration],
         batch: int) -> Iterator[Event]:
    """The generator behind Store.tail."""
    name, inside = given(stream), run_argument(run)
    while True:
        events = _next_events(store, name, inside, start, timeout, batch)
        if not events:
            return
        for event in events:
            start = event.sequence + 1
            yield event


def _next_events(store: Any, name: Any, run: Any, start: int, timeout: Optional[Duration],
                 batch: int) -> Any:
    events: Any = []
    for wait_us in waits(timeout):
        events = collect(
            lambda out: api.event_tail(store._handle, run, name, start, batch, wait_us, out),
            api.result_event, _event)
        if events:
            break
    return events
