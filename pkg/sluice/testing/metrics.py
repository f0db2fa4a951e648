"""Reading Prometheus metrics, to count in tests what a server or a controller did."""

import aiohttp
from prometheus_client import parser

Sample = tuple[str, tuple[tuple[str, str], ...]]
Counts = dict[Sample, float]


async def scrape(url: str, *, headers: dict[str, str] | None = None) -> Counts:
    """Every sample that the address serves, by name and sorted labels."""
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as response:
        response.raise_for_status()
        return parse(await response.text())


def parse(text: str) -> Counts:
    """The samples of a metrics page."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }


def growth(before: Counts, after: Counts, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    """By how much each series of a counter grew; series that did not are left out."""
    return {
        labels: value - before.get((found, labels), 0.0)
        for (found, labels), value in after.items()
        if found == name and value != before.get((found, labels), 0.0)
    }
