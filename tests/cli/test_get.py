import asyncio
import json
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import click
import pytest

from sluice.testing import scripted

KUSTOMIZATIONS = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/{}/kustomizations"
COMMIT = "5f0b3a0c7d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a"


def resource(plural: str, group: str, kind: str) -> dict[str, Any]:
    return {
        "metadata": {"name": group},
        "versions": [
            {
                "version": "v1",
                "resources": [
                    {
                        "resource": plural,
                        "responseKind": {"group": group, "version": "v1", "kind": kind},
                        "scope": "Namespaced",
                    }
                ],
            }
        ],
    }


def kustomization(name: str, namespace: str = "apps", *, ready: str = "True", **more: Any) -> dict[str, Any]:
    message = f"Applied revision: main@sha1:{COMMIT}" if ready == "True" else "kustomize build failed:\n  no such file"
    return {
        "metadata": {"name": name, "namespace": namespace, "resourceVersion": "7"},
        "spec": more,
        "status": {
            "lastAppliedRevision": f"main@sha1:{COMMIT}",
            "conditions": [{"type": "Ready", "status": ready, "message": message}],
        },
    }


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[scripted.Scripted]:
    groups = [
        resource("kustomizations", "kustomize.toolkit.fluxcd.io", "Kustomization"),
        resource("gitrepositories", "source.toolkit.fluxcd.io", "GitRepository"),
    ]
    async with scripted.serve() as server:
        (tmp_path / ".kube").mkdir()
        (tmp_path / ".kube" / "config").write_text(json.dumps(server.kubeconfig()))
        server.on("GET", "/api", scripted.json({"kind": "APIGroupDiscoveryList", "items": []}))
        server.on("GET", "/apis", scripted.json({"kind": "APIGroupDiscoveryList", "items": groups}))
        yield server


def serve(cluster: scripted.Scripted, namespace: str, *found: dict[str, Any]) -> None:
    document = {"metadata": {"resourceVersion": "9"}, "items": list(found)}
    cluster.on("GET", KUSTOMIZATIONS.format(namespace), scripted.json(document))


@pytest.mark.parametrize(
    ("command", "plural", "kind"),
    [
        ("git", "gitrepositories", "GitRepository"),
        ("oci", "ocirepositories", "OCIRepository"),
        ("helm", "helmrepositories", "HelmRepository"),
        ("chart", "helmcharts", "HelmChart"),
        ("bucket", "buckets", "Bucket"),
        ("external", "externalartifacts", "ExternalArtifact"),
    ],
)
async def test_sources_of_every_kind_are_shown(
    cluster: scripted.Scripted, sluice: Any, command: str, plural: str, kind: str
) -> None:
    group = "source.toolkit.fluxcd.io"
    groups = {"kind": "APIGroupDiscoveryList", "items": [resource(plural, group, kind)]}
    cluster.on("GET", "/apis", scripted.json(groups))
    found = kustomization("web")
    found["status"]["artifact"] = {"revision": "1.2.3"}
    document = {"metadata": {"resourceVersion": "9"}, "items": [found]}
    cluster.on("GET", f"/apis/{group}/v1/namespaces/apps/{plural}", scripted.json(document))
    one = await sluice("get", "sources", command, "web", "-n", "apps")
    assert one.out.splitlines()[1].split()[:4] == ["web", "1.2.3", "False", "True"]
    among_all = await sluice("get", "sources", "all", "-n", "apps")
    assert among_all.out.splitlines()[1].split()[0] == f"{kind.lower()}/web"


async def test_kustomizations_are_shown_as_flux_shows_them(cluster: scripted.Scripted, sluice: Any) -> None:
    new = {"metadata": {"name": "new", "namespace": "apps"}, "spec": {}}
    serve(cluster, "apps", kustomization("web"), kustomization("db", ready="False", suspend=True), new)
    ran = await sluice("get", "kustomizations", "-n", "apps")
    assert ran.out.splitlines() == [
        "NAME  REVISION            SUSPENDED  READY  MESSAGE",
        "web   main@sha1:5f0b3a0c  False      True   Applied revision: main@sha1:5f0b3a0c",
        "db    main@sha1:5f0b3a0c  True       False  kustomize build failed: no such file",
        "new                       False      False  waiting to be reconciled",
    ]
    assert (ran.status, ran.err) == (0, "")


async def test_the_namespace_is_flux_system_unless_said(cluster: scripted.Scripted, sluice: Any) -> None:
    serve(cluster, "flux-system")
    ran = await sluice("get", "ks")
    assert (ran.status, ran.out) == (0, "")
    assert ran.err.splitlines() == [
        '✗ no Kustomization objects found in "flux-system" namespace',
        "  Look in another with -n, or everywhere with -A.",
    ]


async def test_everything_is_shown_kind_by_kind(cluster: scripted.Scripted, sluice: Any) -> None:
    repository = {
        "metadata": {"name": "web", "namespace": "apps"},
        "spec": {},
        "status": {"artifact": {"revision": f"main@sha1:{COMMIT}"}},
    }
    cluster.on("GET", "/apis/source.toolkit.fluxcd.io/v1/gitrepositories", scripted.json({"items": [repository]}))
    items = [kustomization("web"), kustomization("db", "data")]
    cluster.on("GET", "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations", scripted.json({"items": items}))
    ran = await sluice("get", "all", "-A", "--no-header")
    assert [line.split()[:3] for line in ran.out.splitlines()] == [
        ["apps", "gitrepository/web", "main@sha1:5f0b3a0c"],
        [],
        ["apps", "kustomization/web", "main@sha1:5f0b3a0c"],
        ["data", "kustomization/db", "main@sha1:5f0b3a0c"],
    ]


async def test_one_can_be_asked_for_by_name_status_and_label(cluster: scripted.Scripted, sluice: Any) -> None:
    serve(cluster, "apps", kustomization("web"), kustomization("db", ready="False"))
    by_name, by_status, missing = await asyncio.gather(
        sluice("get", "ks", "web", "-n", "apps", "--no-header"),
        sluice("get", "ks", "-n", "apps", "--no-header", "--status-selector", "ready=false", "-l", "team=a"),
        sluice("get", "ks", "nobody", "-n", "apps"),
    )
    assert by_name.out.split()[0] == "web"
    assert [line.split()[0] for line in by_status.out.splitlines()] == ["db"]
    assert any(request.query.get("labelSelector") == "team=a" for request in cluster.requests)
    assert (missing.status, missing.err.splitlines()[0]) == (
        1,
        "✗ Kustomization 'nobody' not found in \"apps\" namespace",
    )


async def test_watching_shows_changes_as_they_come(cluster: scripted.Scripted, sluice: Any) -> None:
    changed = kustomization("web", ready="False")
    changed["metadata"]["resourceVersion"] = "10"
    document = {"metadata": {"resourceVersion": "9"}, "items": [kustomization("web")]}
    gone = scripted.failure(500, "InternalError", "the end of this test")
    cluster.on(
        "GET",
        KUSTOMIZATIONS.format("apps"),
        scripted.json(document),
        scripted.stream(scripted.line("MODIFIED", changed)),
        gone,
    )
    ran = await sluice("get", "ks", "-n", "apps", "--watch")
    assert [line.split()[3] for line in ran.out.splitlines()] == ["READY", "True", "False"]
    assert "the end of this test" in ran.err


async def test_a_narrow_window_cuts_the_message(cluster: scripted.Scripted, tmp_path: Path) -> None:
    serve(cluster, "apps", kustomization("web"))
    ours, theirs = pty.openpty()
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sluice_cli", "get", "ks", "-n", "apps"),
            stdout=theirs,
            env={"HOME": str(tmp_path), "COLUMNS": "70", "TERM": "xterm"},
        )
        assert await asyncio.wait_for(process.wait(), 30) == 0
        shown = os.read(ours, 4096).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    row = click.unstyle(shown).splitlines()[1]
    assert (len(row), row[-1]) == (70, "…")
    assert "\x1b[32mTrue" in shown


async def test_no_kubeconfig_at_all_says_what_to_do(sluice: Any, tmp_path: Path) -> None:
    ran = await sluice("get", "all")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.splitlines()[0] == f"✗ kubeconfig {tmp_path}/.kube/config: No such file or directory"
    assert "sluice dev up" in ran.err


async def test_refused_connections_and_missing_kinds_say_what_to_do(
    cluster: scripted.Scripted, sluice: Any, tmp_path: Path
) -> None:
    absent = scripted.Scripted()
    absent.url = "http://127.0.0.1:9"
    (tmp_path / "absent").write_text(json.dumps(absent.kubeconfig()))
    cluster.on("GET", "/apis", scripted.json({"kind": "APIGroupDiscoveryList", "items": []}))
    refused, without = await asyncio.gather(
        sluice("get", "all", "--kubeconfig", str(tmp_path / "absent")), sluice("get", "ks")
    )
    assert refused.err.startswith("✗ cannot reach the cluster: http://127.0.0.1:9: Connection refused\n")
    assert without.err.splitlines() == [
        '✗ no matches for kind "Kustomization" in version "kustomize.toolkit.fluxcd.io/v1"',
        "  The cluster does not have Sluice's CRDs: kubectl apply -f manifests/crds",
    ]


async def test_a_status_selector_that_is_none_is_refused(sluice: Any) -> None:
    ran = await sluice("get", "ks", "--status-selector", "ready")
    assert ran.status == 2
    assert "say TYPE=STATUS" in ran.err


async def test_ctrl_c_ends_a_watch_without_a_word(cluster: scripted.Scripted, tmp_path: Path) -> None:
    async def forever() -> None:
        await asyncio.sleep(60)

    document = {"metadata": {"resourceVersion": "9"}, "items": [kustomization("web")]}
    cluster.on("GET", KUSTOMIZATIONS.format("apps"), scripted.json(document), scripted.stream(then=forever))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sluice_cli", "get", "ks", "-n", "apps", "-w", "--no-header"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"HOME": str(tmp_path)},
        # Whoever runs the tests in the background has shells ignore it, for all that they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    assert b"web" in await asyncio.wait_for(process.stdout.readline(), 20)
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.communicate(), 20) == (b"", b"")
    assert process.returncode == 130
