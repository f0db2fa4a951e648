from typing import Any

from sluice import kube
from sluice.runtime import Request
from sluice.runtime.records import Records

APP = Request("ns", "app")


def version(number: Any, uid: str = "a") -> kube.Object:
    return {"metadata": {"name": "app", "uid": uid, "resourceVersion": str(number)}}


def test_another_object_of_the_name_starts_with_an_empty_memory() -> None:
    records = Records()
    records.of(APP, "a").memory["seen"] = True
    assert records.of(APP, "a").memory == {"seen": True}
    assert records.of(APP, "b").memory == {}


def test_what_we_wrote_counts_until_the_informer_has_caught_up() -> None:
    records = Records()
    assert records.newest(APP, version(9)) == version(9)
    records.of(APP, "a").written = version(10)  # a number, not a text: 10 is newer than 9
    assert records.newest(APP, version(9)) == version(10)
    assert records.newest(APP, version(11)) == version(11)
    assert records.newest(APP, version(9)) == version(9)


def test_what_we_wrote_is_not_kept_beside_what_the_informer_shows() -> None:
    records = Records()
    records.of(APP, "a").written = version(10)
    records.caught_up(APP, version(9))
    assert records.of(APP, "a").written is not None
    records.caught_up(APP, version(10))
    assert records.of(APP, "a").written is None


def test_what_we_wrote_to_an_earlier_object_of_the_name_does_not_count() -> None:
    records = Records()
    records.of(APP, "a").written = version(10)
    assert records.newest(APP, version(9, uid="b")) == version(9, uid="b")


def test_versions_that_are_no_numbers_leave_it_to_the_informer() -> None:
    records = Records()
    records.of(APP, "a").written = version("zzz")
    assert records.newest(APP, version("aaa")) == version("aaa")


def test_subscriptions_leave_nothing_behind() -> None:
    records = Records()
    other = Request("ns", "other")
    for request, token in ((APP, "x"), (APP, "y"), (other, "x")):
        records.subscribe(request, token)
    assert records.waiting_for("x") == {APP, other}
    assert records.subscriptions() == 3
    records.unsubscribe(APP)
    assert records.waiting_for("x") == {other}
    assert records.waiting_for("y") == frozenset()
    records.forget(other)
    assert records.subscriptions() == 0
