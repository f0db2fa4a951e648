import pickle

import aiohttp
import pytest

from sluice import kube
from sluice.kube import errors, transport


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (400, "BadRequest", kube.BadRequest),
        (401, "Unauthorized", kube.Unauthorized),
        (403, "Forbidden", kube.Forbidden),
        (404, "NotFound", kube.NotFound),
        (409, "AlreadyExists", kube.AlreadyExists),
        (409, "Conflict", kube.Conflict),
        (410, "Expired", kube.Gone),
        (410, "Gone", kube.Gone),
        (422, "Invalid", kube.Invalid),
        (429, "TooManyRequests", kube.TooManyRequests),
        (500, "InternalError", kube.ServerError),
        (504, "Timeout", kube.ServerError),
        (405, "MethodNotAllowed", kube.ApiError),
        (404, "", kube.NotFound),
    ],
)
def test_a_status_becomes_the_error_of_its_reason(code: int, reason: str, expected: type[kube.ApiError]) -> None:
    error = errors.from_status({"code": code, "reason": reason, "message": "why", "details": {"name": "x"}})
    assert type(error) is expected
    assert (str(error), error.status, error.reason, error.details["name"]) == ("why", code, reason, "x")


def test_a_status_without_a_message_still_says_something() -> None:
    assert str(errors.from_status({}, code=418)) == "the server answered 418"


def test_causes_are_read_from_the_details() -> None:
    error = errors.from_status({"code": 422, "details": {"causes": [{"field": "spec.x", "message": "Required value"}]}})
    assert error.causes == ({"field": "spec.x", "message": "Required value"},)


def test_an_api_error_survives_the_way_to_another_process() -> None:
    error = pickle.loads(pickle.dumps(kube.Conflict(409, "Conflict", "changed", {"name": "x"})))
    assert isinstance(error, kube.Conflict)
    assert (error.status, error.reason, str(error), error.details) == (409, "Conflict", "changed", {"name": "x"})


def test_a_missing_kind_is_named_as_kubectl_names_it() -> None:
    assert str(kube.NoKindMatch("apps/v1", "Deploymint")) == 'no matches for kind "Deploymint" in version "apps/v1"'


def _all_of(root: type[BaseException]) -> set[type[BaseException]]:
    return {root}.union(*(_all_of(child) for child in root.__subclasses__()))


@pytest.mark.parametrize("vendor", sorted(_all_of(aiohttp.ClientError), key=str))
def test_no_error_of_the_http_library_gets_through(vendor: type[BaseException]) -> None:
    # Some of them cannot be made, or shown, without a request; what counts is which class they are of.
    error = type(vendor.__name__, (vendor,), {"__init__": lambda _: None, "__str__": lambda _: "boom"})()
    for name in ("os_error", "certificate_error", "_os_error", "_certificate_error"):
        try:
            setattr(error, name, OSError(111, "refused"))
        except AttributeError:
            continue
    with pytest.raises(kube.Unreachable), transport._translated("https://host"):
        raise error
