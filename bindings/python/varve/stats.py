"""What a store counts and measures about itself. The list: docs/metrics.md."""

from ctypes import byref, c_void_p
from typing import Any, Dict, Mapping, NamedTuple

from varve._api import api
from varve._buffers import given_list, take_bytes, text_of
from varve._results import listed
from varve._structures import Bytes
from varve.enums import StatKind, Unit, known


class Stat(NamedTuple):
    """One metric as it was when it was asked for."""

    name: str  # "varve_log_bytes_total"; it never changes
    label: Dict[str, str]  # {"durability": "buffered"} where several have one name; else empty
    help: str  # one sentence
    kind: StatKind
    unit: Unit
    value: int  # of a histogram: how many values it holds
    # The rest is 0 where this is no histogram, or holds no values.
    sum: int  # of all values
    p50: float  # half of all values lie at or below; off by less than a quarter
    p90: float  # likewise nine of ten
    p99: float  # 99 of 100
    p999: float  # 999 of 1000

    @property
    def key(self) -> str:
        """As Prometheus writes it: varve_commits_total{durability="buffered"}."""
        labels = ",".join(f'{name}="{value}"' for name, value in self.label.items())
        return f"{self.name}{{{labels}}}" if labels else self.name


def stats_of(store: Any) -> Dict[str, Stat]:
    """Those of a store, by their key, in the order of docs/metrics.md."""
    result = c_void_p()
    api.store_stats(store, byref(result))
    return {stat.key: stat for stat in listed(result, api.result_stat, _stat) if stat}


def _stat(item: Any) -> Stat:
    key = text_of(item.label_key)
    return Stat(
        text_of(item.name), {key: text_of(item.label_value)} if key else {}, text_of(item.help),
        known(StatKind, item.kind), known(Unit, item.unit), item.value, item.sum, item.p50,
        item.p90, item.p99, item.p999)


def metrics_text(store: Any, labels: Mapping[str, str]) -> str:
    """The same as Prometheus reads it, every line with `labels`."""
    text = Bytes()
    api.store_metrics_text(store, given_list(list(labels)), given_list(list(labels.values())),
                           len(labels), byref(text))
    return take_bytes(text).decode("utf-8")
