"""The real kubectl, end to end: what its users see is what they would see of a real cluster."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sluice.apiserver import EmbeddedServer

pytestmark = pytest.mark.needs("kubectl")

MANIFEST = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  mode: "%s"
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: nginx}]
"""


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


class Kubectl:
    def __init__(self, directory: Path, kubeconfig: Path) -> None:
        self.directory = directory
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "KUBECONFIG": str(kubeconfig),
            "KUBE_EDITOR": "sed -i s/slow/fast/",
        }

    def manifest(self, text: str) -> str:
        path = self.directory / "manifest.yaml"
        path.write_text(text)
        return str(path)

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            "kubectl", *words, env=self.environment, cwd=self.directory, stdout=pipe, stderr=pipe
        )

    async def __call__(self, *words: str) -> Outcome:
        process = await self.start(*words)
        async with asyncio.timeout(30):
            out, err = await process.communicate()
        assert process.returncode is not None
        return Outcome(process.returncode, out.decode(), err.decode())

    async def ok(self, *words: str) -> str:
        outcome = await self(*words)
        assert outcome.code == 0, outcome.err
        return outcome.out

    @asynccontextmanager
    async def running(self, *words: str) -> AsyncIterator[asyncio.StreamReader]:
        process = await self.start(*words)
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.kill()
            await process.communicate()


@pytest.fixture
async def kubectl(tmp_path: Path) -> AsyncIterator[Kubectl]:
    kubeconfig = tmp_path / "config" / "kubeconfig"
    async with EmbeddedServer(kubeconfig_path=kubeconfig):
        assert kubeconfig.stat().st_mode & 0o777 == 0o600
        yield Kubectl(tmp_path, kubeconfig)


async def test_apply_creates_leaves_and_changes(kubectl: Kubectl) -> None:
    path = kubectl.manifest(MANIFEST % "slow")
    assert await kubectl.ok("apply", "-f", path) == "configmap/settings created\ndeployment.apps/web created\n"
    assert await kubectl.ok("apply", "-f", path) == "configmap/settings unchanged\ndeployment.apps/web unchanged\n"
    assert (await kubectl("diff", "-f", path)).code == 0
    path = kubectl.manifest(MANIFEST % "fast")
    assert "configmap/settings configured" in await kubectl.ok("apply", "-f", path)
    assert await kubectl.ok("get", "cm", "settings", "-o", "jsonpath={.data.mode}") == "fast"
    assert await kubectl.ok("delete", "-f", path) == 'configmap "settings" deleted\ndeployment.apps "web" deleted\n'


async def test_server_side_apply_names_the_conflict(kubectl: Kubectl) -> None:
    await kubectl.ok("apply", "--server-side", "-f", kubectl.manifest(MANIFEST % "slow"))
    path = kubectl.manifest(MANIFEST % "fast")
    refused = await kubectl("apply", "--server-side", "--field-manager=other", "-f", path)
    assert refused.code == 1
    assert 'error: Apply failed with 1 conflict: conflict with "kubectl": .data.mode' in refused.err
    forced = await kubectl.ok("apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", path)
    assert "configmap/settings serverside-applied" in forced


async def test_unknown_fields_are_refused_before_they_are_lost(kubectl: Kubectl) -> None:
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndatta: {}\n"
    refused = await kubectl("apply", "-f", kubectl.manifest(manifest))
    assert (
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datta"'
        in refused.err
    )
    warned = await kubectl("apply", "--validate=warn", "-f", kubectl.manifest(manifest))
    assert (warned.code, warned.err) == (0, 'Warning: unknown field "datta"\n')


async def test_create_get_patch_edit_label_and_describe(kubectl: Kubectl) -> None:
    assert await kubectl.ok("create", "configmap", "a", "--from-literal=mode=slow") == "configmap/a created\n"
    assert await kubectl.ok("edit", "configmap", "a") == "configmap/a edited\n"
    assert await kubectl.ok("get", "configmap", "a", "-o", "jsonpath={.data.mode}") == "fast"
    assert await kubectl.ok("label", "configmap", "a", "team=red") == "configmap/a labeled\n"
    assert await kubectl.ok("annotate", "configmap", "a", "why=because") == "configmap/a annotated\n"
    assert await kubectl.ok("patch", "configmap", "a", "-p", '{"data":{"x":"1"}}') == "configmap/a patched\n"
    described = await kubectl.ok("describe", "configmap", "a")
    assert re.search(r"^Labels: +team=red$", described, re.MULTILINE)
    assert await kubectl.ok("get", "configmap", "-l", "team=red", "-o", "name") == "configmap/a\n"
    missing = await kubectl("get", "configmap", "b")
    assert (missing.code, missing.err) == (1, 'Error from server (NotFound): configmaps "b" not found\n')


async def test_get_shows_the_columns_of_each_kind(kubectl: Kubectl) -> None:
    await kubectl.ok("create", "deployment", "web", "--image=nginx", "--replicas=2")
    await kubectl.ok("create", "service", "nodeport", "web", "--tcp=80:8080")
    headings = {
        "deployments": "NAME READY UP-TO-DATE AVAILABLE AGE CONTAINERS IMAGES SELECTOR",
        "services": "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE SELECTOR",
        "namespaces": "NAME STATUS AGE",
        "configmaps": "NAME DATA AGE",
        "serviceaccounts": "NAME AGE",
        "crds": "",
    }
    for kind, heading in headings.items():
        shown = await kubectl.ok("get", kind, "-o", "wide")
        assert " ".join(shown.split("\n")[0].split()) == heading
    service = (await kubectl.ok("get", "service", "web", "--no-headers")).split()
    assert service[1] == "NodePort"
    assert re.fullmatch(r"80:3\d{4}/TCP", service[4])


async def test_get_watches_rows_as_they_change(kubectl: Kubectl) -> None:
    async with kubectl.running("get", "configmaps", "-w", "--no-headers") as rows, asyncio.timeout(20):
        assert (await rows.readline()).startswith(b"kube-root-ca.crt")
        await kubectl.ok("create", "configmap", "a")
        assert (await rows.readline()).split()[:2] == [b"a", b"0"]
        await kubectl.ok("patch", "configmap", "a", "-p", '{"data":{"x":"1"}}')
        assert (await rows.readline()).split()[:2] == [b"a", b"1"]


async def test_wait_sees_conditions_and_deletions(kubectl: Kubectl) -> None:
    crd = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: toys.example.test}
spec:
  group: example.test
  scope: Namespaced
  names: {kind: Toy, plural: toys, shortNames: [ty]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns:
    - {name: Color, type: string, jsonPath: .spec.color}
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, description: What to build., properties: {color: {type: string}}}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""
    await kubectl.ok("apply", "-f", kubectl.manifest(crd))
    await kubectl.ok("wait", "--for=condition=Established", "crd/toys.example.test", "--timeout=5s")
    toy = "apiVersion: example.test/v1\nkind: Toy\nmetadata: {name: t}\nspec: {color: red}\n"
    await kubectl.ok("apply", "-f", kubectl.manifest(toy))
    explained = await kubectl.ok("explain", "toys.spec")
    assert "What to build." in explained
    assert "color\t<string>" in explained
    status = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'
    waiting = asyncio.create_task(kubectl("wait", "--for=condition=Ready", "ty/t", "--timeout=20s"))
    await kubectl.ok("patch", "toy", "t", "--subresource=status", "--type=merge", "-p", status)
    assert (await waiting).out == "toy.example.test/t condition met\n"
    assert (await kubectl.ok("get", "ty", "--no-headers")).split() == ["t", "red", "True"]
    deleting = asyncio.create_task(kubectl("wait", "--for=delete", "toy/t", "--timeout=20s"))
    await kubectl.ok("delete", "toy", "t")
    assert (await deleting).code == 0


async def test_discovery_knows_short_names_and_categories(kubectl: Kubectl) -> None:
    listed = await kubectl.ok("api-resources", "--no-headers")
    assert re.search(r"^deployments +deploy +apps/v1 +true +Deployment$", listed, re.MULTILINE)
    assert "apps/v1\n" in await kubectl.ok("api-versions")
    await kubectl.ok("create", "deployment", "web", "--image=nginx")
    assert "deployment.apps/web" in await kubectl.ok("get", "all", "-o", "name")
    assert "+sluice" in await kubectl.ok("version")


async def test_rights_can_be_asked_for_and_lent(kubectl: Kubectl) -> None:
    assert await kubectl.ok("auth", "can-i", "delete", "nodes") == "yes\n"
    await kubectl.ok("create", "serviceaccount", "robot")
    asked = ("auth", "can-i", "list", "pods", "--as=system:serviceaccount:default:robot")
    assert (await kubectl(*asked)).out == "no\n"
    await kubectl.ok("create", "rolebinding", "robot", "--clusterrole=view", "--serviceaccount=default:robot")
    assert (await kubectl(*asked)).out == "yes\n"
    refused = await kubectl("get", "secrets", "--as=system:serviceaccount:default:robot")
    assert refused.err == (
        'Error from server (Forbidden): secrets is forbidden: User "system:serviceaccount:default:robot" cannot list '
        'resource "secrets" in API group "" in the namespace "default"\n'
    )


async def test_a_namespace_goes_with_all_it_holds(kubectl: Kubectl) -> None:
    await kubectl.ok("create", "namespace", "demo")
    await kubectl.ok("-n", "demo", "create", "configmap", "a")
    assert await kubectl.ok("delete", "namespace", "demo", "--timeout=20s") == 'namespace "demo" deleted\n'
    assert (await kubectl("get", "namespace", "demo")).code == 1
