"""The charts that recorded scenarios of HelmReleases are about."""

from sluice.testing.charts import packed

_VALUES = "v: one\nreplicas: 0\nfail: false\n"
_CONFIG_MAP = """apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-cm
{{- if .Values.fail }}{{ fail "asked to fail" }}{{ end }}
data:
  v: {{ .Values.v | quote }}
  chart: {{ .Chart.Version | quote }}
  "n": {{ .Release.Namespace | quote }}
  r: {{ .Release.Revision | quote }}
"""
_DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: &labels
      app: {{ .Release.Name }}
EXTRA  template:
    metadata:
      labels: *labels
    spec:
      containers:
      - name: main
        image: example.com/demo:1
"""
_SCHEMA = '{"type": "object", "properties": {"replicas": {"type": "integer", "minimum": 0}}}\n'
_DEFINITION = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.demo.example.com
spec:
  group: demo.example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
_WIDGET = "apiVersion: demo.example.com/v1\nkind: Widget\nmetadata:\n  name: {{ .Release.Name }}\n"


def packages() -> dict[str, bytes]:
    """All of them, by `name-version`."""
    return {
        **{f"demo-{version}": _demo(version) for version in ("1.0.0", "1.1.0", "2.0.0")},
        "broken-1.0.0": _chart("broken", {"templates/cm.yaml": _CONFIG_MAP.replace(".Values.v ", ".Values.none.v ")}),
        "crds-1.0.0": _chart("crds", {"crds/widgets.yaml": _DEFINITION, "templates/widget.yaml": _WIDGET}),
    }


def _demo(version: str) -> bytes:
    """Its Deployment selects by one label more from 2.0.0 on, which none that is there can be changed to."""
    extra = "      extra: x\n" if version == "2.0.0" else ""
    files = {
        "values.yaml": _VALUES,
        "values.schema.json": _SCHEMA,
        "templates/cm.yaml": _CONFIG_MAP,
        "templates/deployment.yaml": _DEPLOYMENT.replace("EXTRA", extra),
    }
    return _chart("demo", files, version)


def _chart(name: str, files: dict[str, str], version: str = "1.0.0") -> bytes:
    head = f"apiVersion: v2\nname: {name}\nversion: {version}\nappVersion: {version}\n"
    return packed({"Chart.yaml": head, **files}, f"{name}/")
