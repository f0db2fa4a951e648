"""Random overlays: objects that refer to each other, below layers of kustomizations with any of the fields set.

Names come from a small set, so that references, targets and merges meet something more often than not.
"""

from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import yaml
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from sluice.testing.kustomize_cases import Case

Tree = dict[str, Any]
Draw = Callable[[SearchStrategy[Any]], Any]

_names = st.sampled_from(["a", "b", "c-d"])
_namespaces = st.sampled_from(["one", "two", "default"])
_keys = st.sampled_from(["app", "team", "example.com/x"])
_texts = st.sampled_from(["web", "x y", "1", "true", "", "a: b", "$(A)", "line\nline\n", "é"])
_images = st.sampled_from(["nginx", "nginx:1.0", "reg.io:5000/team/web:2", "web@sha256:abc", "web:1@sha256:abc"])
_pairs = st.dictionaries(_keys, st.sampled_from(["web", "x", "1"]), min_size=1, max_size=2)


def _maybe(required: Tree, optional: Tree) -> SearchStrategy[Tree]:
    """A mapping of strategies; what is no strategy stands for itself."""
    return st.fixed_dictionaries(
        {key: _strategy(value) for key, value in required.items()},
        optional={key: _strategy(value) for key, value in optional.items()},
    )


def _strategy(value: Any) -> SearchStrategy[Any]:
    if isinstance(value, SearchStrategy):
        return value
    if isinstance(value, dict):
        return _maybe(value, {})
    if isinstance(value, list):
        return st.tuples(*map(_strategy, value)).map(list)
    return st.just(value)


def _named(items: SearchStrategy[Tree], most: int = 2) -> SearchStrategy[list[Tree]]:
    return st.lists(items, min_size=1, max_size=most, unique_by=lambda item: item["name"])


def _object(version: str, kind: str, fields: Tree, *, cluster: bool = False) -> SearchStrategy[Tree]:
    metadata: Tree = {"labels": _pairs, "annotations": st.dictionaries(_keys, _texts, max_size=2)}
    if not cluster:
        metadata["namespace"] = _namespaces
    return _maybe({"apiVersion": version, "kind": kind, "metadata": _maybe({"name": _names}, metadata)}, fields)


# -- objects --------------------------------------------------------------------------------------------------

_variables = _maybe(
    {"name": _names},
    {
        "value": _texts,
        "valueFrom": st.one_of(
            _strategy({"configMapKeyRef": {"name": _names, "key": "k"}}),
            _strategy({"secretKeyRef": {"name": _names, "key": "k"}}),
        ),
    },
)
_container = _maybe(
    {"name": _names, "image": _images},
    {
        "env": _named(_variables),
        "envFrom": st.one_of(
            _strategy([{"configMapRef": {"name": _names}}]), _strategy([{"secretRef": {"name": _names}}])
        ),
        "args": st.lists(_texts, max_size=2),
        "ports": _strategy([_maybe({"containerPort": st.sampled_from([80, 81])}, {"protocol": "UDP", "name": _names})]),
        "volumeMounts": _strategy([{"name": _names, "mountPath": st.sampled_from(["/a", "/b"])}]),
    },
)
_volume = st.one_of(
    _strategy({"name": _names, "configMap": {"name": _names}}),
    _strategy({"name": _names, "secret": {"secretName": _names}}),
    _strategy({"name": _names, "persistentVolumeClaim": {"claimName": _names}}),
    _strategy(
        {"name": _names, "projected": {"sources": [{"configMap": {"name": _names}}, {"secret": {"name": _names}}]}}
    ),
)
_pod_spec = _maybe(
    {"containers": _named(_container)},
    {
        "initContainers": _named(_container, 1),
        "volumes": _named(_volume),
        "serviceAccountName": _names,
        "imagePullSecrets": _strategy([{"name": _names}]),
        "priorityClassName": _names,
    },
)
_template = _maybe({"spec": _pod_spec}, {"metadata": _maybe({}, {"labels": _pairs, "annotations": _pairs})})
_selector = {"matchLabels": _pairs}
_service_ref = _maybe({"name": _names}, {"namespace": _namespaces})
_webhooks = _strategy([{"name": "a.example.com", "clientConfig": {"service": _service_ref}}])
_subject = _maybe(
    {"kind": st.sampled_from(["ServiceAccount", "User"]), "name": st.one_of(_names, st.just("default"))},
    {"namespace": _namespaces},
)


def _binding(kind: str, roles: list[str], *, cluster: bool) -> SearchStrategy[Tree]:
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": st.sampled_from(roles), "name": _names}
    fields = {"roleRef": ref, "subjects": st.lists(_subject, min_size=1, max_size=2)}
    return _object("rbac.authorization.k8s.io/v1", kind, fields, cluster=cluster)


_rules = _strategy([{"apiGroups": [""], "resources": ["configmaps"], "resourceNames": [_names], "verbs": ["get"]}])
_replicas = st.integers(0, 3)
_objects = st.one_of(
    _object(
        "apps/v1",
        "Deployment",
        {"spec": _maybe({"template": _template}, {"replicas": _replicas, "selector": _selector})},
    ),
    _object(
        "apps/v1",
        "StatefulSet",
        {
            "spec": _maybe(
                {"template": _template, "serviceName": _names},
                {"selector": _selector, "volumeClaimTemplates": [{"metadata": {"name": _names}, "spec": {}}]},
            )
        },
    ),
    _object("apps/v1", "DaemonSet", {"spec": {"template": _template, "selector": _selector}}),
    _object("batch/v1", "Job", {"spec": {"template": _template}}),
    _object(
        "batch/v1", "CronJob", {"spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": _template}}}}
    ),
    _object("v1", "Pod", {"spec": _pod_spec}),
    _object("v1", "Service", {"spec": _maybe({"ports": [{"port": 80}]}, {"selector": _pairs})}),
    _object("v1", "ConfigMap", {"data": st.dictionaries(_names, _texts, max_size=2)}),
    _object("v1", "Secret", {"stringData": st.dictionaries(_names, _texts, max_size=2), "type": "Opaque"}),
    _object("v1", "ServiceAccount", {"secrets": [{"name": _names}], "imagePullSecrets": [{"name": _names}]}),
    _object("v1", "PersistentVolumeClaim", {"spec": {"volumeName": _names, "storageClassName": _names}}),
    _object("v1", "PersistentVolume", {"spec": {"storageClassName": _names, "claimRef": _service_ref}}, cluster=True),
    _object("v1", "Namespace", {}, cluster=True),
    _object("storage.k8s.io/v1", "StorageClass", {}, cluster=True),
    _object("scheduling.k8s.io/v1", "PriorityClass", {"value": 1}, cluster=True),
    _object("rbac.authorization.k8s.io/v1", "Role", {"rules": _rules}),
    _object("rbac.authorization.k8s.io/v1", "ClusterRole", {"rules": _rules}, cluster=True),
    _binding("RoleBinding", ["Role", "ClusterRole"], cluster=False),
    _binding("ClusterRoleBinding", ["ClusterRole"], cluster=True),
    _object(
        "networking.k8s.io/v1",
        "Ingress",
        {
            "spec": _maybe(
                {"rules": [{"http": {"paths": [{"path": "/", "backend": {"service": {"name": _names}}}]}}]},
                {"tls": [{"secretName": _names}], "ingressClassName": _names},
            )
        },
    ),
    _object(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        {"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": _names}}},
    ),
    _object("networking.k8s.io/v1", "NetworkPolicy", {"spec": {"podSelector": _selector}}),
    _object("policy/v1", "PodDisruptionBudget", {"spec": {"selector": _selector}}),
    _object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", {"webhooks": _webhooks}, cluster=True),
    _object("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", {"webhooks": _webhooks}, cluster=True),
    _object("apiregistration.k8s.io/v1", "APIService", {"spec": {"service": _service_ref}}, cluster=True),
    _object(
        "example.com/v1",
        "Thing",
        {
            "spec": _maybe(
                {}, {"list": _named(_maybe({"name": _names}, {"value": _texts})), "containers": _named(_container)}
            )
        },
    ),
)
_manifests = st.lists(
    _objects,
    min_size=1,
    max_size=5,
    unique_by=lambda obj: (obj["kind"], obj["metadata"]["name"]),
)

# -- kustomizations -------------------------------------------------------------------------------------------

_flag = st.booleans()
_label_entry = _maybe({"pairs": _pairs}, {"includeSelectors": _flag, "includeTemplates": _flag})
_image_entry = _maybe(
    {"name": st.sampled_from(["nginx", "web", "reg.io:5000/team/web"])},
    {"newName": st.sampled_from(["web", "reg.io/x"]), "newTag": st.sampled_from(["2", "v3"]), "digest": "sha256:def"},
)
_generator_options = _maybe(
    {}, {"disableNameSuffixHash": _flag, "immutable": _flag, "labels": _pairs, "annotations": _pairs}
)
_generator = _maybe(
    {"name": _names, "literals": st.sampled_from([["k=v"], ["k=w", "l="], ["l='x'"]])},
    {"options": _generator_options, "namespace": _namespaces},
)
_behaviors = st.sampled_from(["create", "merge", "merge", "replace"])
_kinds = st.sampled_from(["Deployment", "ConfigMap", "Secret", "Thing", "Service|Pod", ".*"])
_target = _maybe(
    {"kind": _kinds},
    {
        "name": st.sampled_from(["a", "b|c-d", ".*"]),
        "namespace": _namespaces,
        "labelSelector": st.sampled_from(["app=web", "!team", "app in (web,x)"]),
        "annotationSelector": st.sampled_from(["app", "!app"]),
    },
)
_operations = st.one_of(
    st.just([{"op": "add", "path": "/metadata/annotations", "value": {"patched": "json"}}]),
    st.just([{"op": "add", "path": "/spec", "value": {"list": [{"name": "a", "value": "b"}]}}]),
    st.just(
        [{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}, {"op": "remove", "path": "/metadata/labels/a"}]
    ),
)
_fields = _maybe(
    {},
    {
        "namespace": _namespaces,
        "namePrefix": st.sampled_from(["p-", "q."]),
        "nameSuffix": st.sampled_from(["-s", "-t"]),
        "labels": st.lists(_label_entry, min_size=1, max_size=2),
        "commonLabels": _pairs,
        "commonAnnotations": st.dictionaries(_keys, _texts, min_size=1, max_size=2),
        "images": st.lists(_image_entry, min_size=1, max_size=2),
        "configMapGenerator": _named(_generator),
        "secretGenerator": _named(_generator, 1),
        "generatorOptions": _generator_options,
        "sortOptions": _strategy({"order": st.sampled_from(["fifo", "legacy"])}),
        "buildMetadata": st.lists(
            st.sampled_from(["originAnnotations", "transformerAnnotations", "managedByLabel"]), min_size=1, unique=True
        ),
    },
)
_FIELDS_AT_ONCE = 5
_replaced = st.sampled_from(["metadata.annotations.from", "metadata.labels.app", "spec.list.[name=a].value", "data.a"])
_merged = {
    "Deployment": {"spec": {"replicas": 7, "template": {"spec": {"containers": [{"name": "a", "image": "patched"}]}}}},
    "StatefulSet": {"spec": {"template": {"spec": {"volumes": [{"name": "a", "emptyDir": {}}]}}}},
    "ConfigMap": {"data": {"a": None, "patched": "yes"}},
    "Thing": {"spec": {"list": [{"name": "b"}]}},
    "Service": {"spec": {"ports": [{"port": 80, "name": "http"}, {"port": 81}]}},
}


@st.composite
def overlays(draw: Draw) -> Case:
    """A tree of one to three layers, to be built at its top."""
    files: dict[str, str | bytes] = {}
    seen: list[Tree] = []
    below: list[str] = []
    for at in range(draw(st.integers(1, 3))):
        below = [_layer(draw, files, seen, f"layer{at}", below)]
        if at == 1 and draw(st.integers(0, 4)) == 0:
            below.append(_layer(draw, files, seen, "sibling", ["layer0"]))
    return Case(files=files, build=below[0] if len(below) == 1 else _joined(files, below))


def _joined(files: dict[str, str | bytes], below: list[str]) -> str:
    files["top/kustomization.yaml"] = _dumped({"resources": [f"../{name}" for name in below]})
    return "top"


def _layer(draw: Draw, files: dict[str, str | bytes], seen: list[Tree], name: str, below: list[str]) -> str:
    """Write a kustomization over those below, with objects of its own, and return its directory."""
    kustomization: Tree = {"resources": [f"../{other}" for other in below]}
    taken = {(obj["kind"], obj["metadata"]["name"]) for obj in seen}
    found = draw(_manifests) if not below or draw(st.integers(0, 3)) == 0 else []
    if found := [obj for obj in found if (obj["kind"], obj["metadata"]["name"]) not in taken]:
        files[f"{name}/all.yaml"] = "---\n".join(_dumped(obj) for obj in found)
        kustomization["resources"].append("all.yaml")
        seen += found
    kustomization |= _changes(draw, seen, first=not below)
    if draw(st.integers(0, 4)) == 0 and (changes := _changes(draw, seen, first=False)):
        component = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
        files[f"{name}-component/kustomization.yaml"] = _dumped(component | changes)
        kustomization["components"] = [f"../{name}-component"]
    files[f"{name}/kustomization.yaml"] = _dumped(kustomization)
    return name


def _changes(draw: Draw, seen: list[Tree], *, first: bool) -> Tree:
    """Return some of the fields of a kustomization; most refer to what there is."""
    fields: Tree = draw(_fields)
    kept = draw(st.lists(st.sampled_from(sorted(fields)), max_size=_FIELDS_AT_ONCE, unique=True)) if fields else []
    fields = {key: fields[key] for key in kept}
    for generators in ("configMapGenerator", "secretGenerator"):
        for generator in fields.get(generators, ()):
            if not first and draw(_flag):
                generator["behavior"] = draw(_behaviors)
    scaled = [obj["metadata"]["name"] for obj in seen if obj["kind"] in ("Deployment", "StatefulSet")]
    if scaled and draw(st.integers(0, 4)) == 0:
        fields["replicas"] = [{"name": draw(st.sampled_from(scaled)), "count": 4}]
    if draw(_flag):
        fields["patches"] = [_patch(draw, seen)]
    if seen and draw(st.integers(0, 4)) == 0:
        fields["replacements"] = [_replacement(draw, seen)]
    return fields


def _replacement(draw: Draw, seen: list[Tree]) -> Tree:
    source, target = draw(st.sampled_from(seen)), draw(st.sampled_from(seen))
    options = draw(_maybe({"create": True}, {"delimiter": "-", "index": st.integers(-1, 2)}))
    select = draw(_maybe({"kind": target["kind"]}, {"name": target["metadata"]["name"]}))
    return {
        "source": {"kind": source["kind"], "name": source["metadata"]["name"], "fieldPath": "metadata.name"},
        "targets": [{"select": select, "fieldPaths": [draw(_replaced)], "options": options}],
    }


def _patch(draw: Draw, seen: list[Tree]) -> Tree:
    mergeable = [obj for obj in seen if obj["kind"] in _merged]
    if not mergeable or draw(_flag):
        return {"target": draw(_target), "patch": _dumped(draw(_operations))}
    patched = draw(st.sampled_from(mergeable))
    body = {
        "apiVersion": patched["apiVersion"],
        "kind": patched["kind"],
        "metadata": {"name": patched["metadata"]["name"]},
    }
    body |= draw(st.sampled_from([_merged[patched["kind"]], {"$patch": "delete"}, _merged[patched["kind"]]]))
    if namespace := patched["metadata"].get("namespace"):
        body["metadata"]["namespace"] = namespace
    if draw(st.integers(0, 3)) == 0:
        return {"patch": _dumped(body), "target": draw(_target) | {"kind": patched["kind"]}}
    return {"patch": _dumped(body)}


def _dumped(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, default_flow_style=None, width=110)


_CHUNK = 250
"""How many overlays are tried before a difference is made as small as it gets: one is found for each so many."""


def search(check: Callable[[Case], str], *, count: int, seed: int) -> Iterator[tuple[Case, str]]:
    """Try `count` overlays, and yield small ones of those that `check` has something to say of, with what it says."""
    found: list[tuple[Case, str]] = []
    for start in range(0, count, _CHUNK):

        @hypothesis.seed(seed + start)
        @hypothesis.settings(
            max_examples=min(_CHUNK, count - start),
            phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
            suppress_health_check=list(hypothesis.HealthCheck),
            deadline=None,
            database=None,
        )
        @hypothesis.given(overlays())
        def tried(case: Case) -> None:
            if said := check(case):
                found.append((case, said))
                raise AssertionError(said)

        try:
            tried()
        except AssertionError:
            yield found[-1]
