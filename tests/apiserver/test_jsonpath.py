from typing import Any

import pytest

from sluice.apiserver.selecting import jsonpath

DOCUMENT: dict[str, Any] = {
    "spec": {"replicas": 3, "list": [1, 2, 3], "a.b": "dotted"},
    "metadata": {"labels": {"app.kubernetes.io/name": "web"}},
    "status": {"conditions": [{"type": "A", "ok": True}, {"type": "Ready", "status": "True", "n": 2}]},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".spec.replicas", [3]),
        ("{.spec.replicas}", [3]),
        (".spec.missing.deeper", []),
        (".spec.list[1]", [2]),
        (".spec.list[-1]", [3]),
        (".spec.list[9]", []),
        (".spec.list[*]", [1, 2, 3]),
        (".spec.list[0:2]", [1, 2]),
        (".spec['a.b']", ["dotted"]),
        (r".metadata.labels.app\.kubernetes\.io/name", ["web"]),
        ('.status.conditions[?(@.type=="Ready")].status', ["True"]),
        (".status.conditions[?(@.type != 'Ready')].type", ["A"]),
        (".status.conditions[?(@.ok==true)].type", ["A"]),
        (".status.conditions[?(@.n==2)].type", ["Ready"]),
        (".status.conditions[?(@.status)].type", ["Ready"]),
        (".", [DOCUMENT]),
    ],
)
def test_paths_find_what_kubernetes_finds(path: str, found: list[Any]) -> None:
    assert jsonpath.compile_path(path)(DOCUMENT) == found


@pytest.mark.parametrize("path", [".a[", ".a[?(x)]", ".a[?(@.b==oops)]"])
def test_what_is_not_understood_is_no_path(path: str) -> None:
    with pytest.raises(jsonpath.PathError):
        jsonpath.compile_path(path)
