"""How many requests were served, under the real server's metric name, and by which client."""

from collections import Counter
from dataclasses import dataclass

from sluice.apiserver.messages import requests

_VERBS = {"get": "GET", "list": "LIST", "watch": "WATCH", "create": "POST", "update": "PUT", "patch": "PATCH"}
_WRITES = frozenset({"POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"})


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is counted of a request; `client` is the user agent up to its first slash."""

    verb: str
    group: str
    version: str
    resource: str
    subresource: str
    code: int
    client: str

    @property
    def writes(self) -> bool:
        """Whether it meant to change something."""
        return self.verb in _WRITES


class Metrics:
    """Counters of one server."""

    def __init__(self) -> None:
        self.calls: Counter[Call] = Counter()
        self.watchers = 0
        """Watch requests being served right now."""

    def count(self, target: requests.Target, *, code: int, client: str, apply: bool) -> None:
        """One request done (a watch: begun)."""
        verb = "APPLY" if apply else _VERBS.get(target.verb, target.verb.upper())
        self.calls[
            Call(
                verb=verb,
                group=target.group,
                version=target.version,
                resource=target.plural,
                subresource=target.subresource,
                code=code,
                client=client.split("/", 1)[0],
            )
        ] += 1

    def exposition(self) -> str:
        """In Prometheus' text format."""
        totals: Counter[tuple[tuple[str, str], ...]] = Counter()
        clients: Counter[tuple[tuple[str, str], ...]] = Counter()
        for call, count in self.calls.items():
            labels = (
                ("verb", call.verb),
                ("group", call.group),
                ("version", call.version),
                ("resource", call.resource),
                ("subresource", call.subresource),
                ("code", str(call.code)),
            )
            totals[labels] += count
            clients[(("client", call.client), *labels)] += count
        return "".join(
            (
                _family(
                    "apiserver_request_total", "counter", "Requests by what they asked for and how they ended.", totals
                ),
                _family("sluice_apiserver_client_request_total", "counter", "The same, by client as well.", clients),
                _family("apiserver_longrunning_requests", "gauge", "Watches being served.", {(): self.watchers}),
            )
        )


def _family(name: str, kind: str, about: str, values: "dict[tuple[tuple[str, str], ...], int]") -> str:
    lines = [f"# HELP {name} {about}\n", f"# TYPE {name} {kind}\n"]
    for labels, value in values.items():
        shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
        lines.append(f"{name}{{{shown}}} {value}\n" if shown else f"{name} {value}\n")
    return "".join(lines)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
