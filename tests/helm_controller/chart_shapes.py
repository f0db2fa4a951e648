"""Charts of all shapes, each with values to install it with."""

from __future__ import annotations

from typing import Any

from sluice.testing.charts import packed

CHART = """apiVersion: v2
name: web
version: 0.1.0
appVersion: '1.10'
keywords: [a, b]
maintainers: [{name: a, email: b@c.d}]
annotations: {b: '1', a: '2'}
unknown: to Helm
"""
SUB = "apiVersion: v2\nname: sub\nversion: 1.2.3\n"
NEEDS = CHART + "dependencies: [{name: sub, version: 1.x.x, repository: ''%s}]\n"
ALIASES = ", alias: one}, {name: sub, version: 1.2.3, repository: '', alias: two"
IMPORTS = ", condition: sub.enabled, tags: [t], import-values: [data, {child: ch, parent: mine}]"
Files = dict[str, str | bytes]


def cm(name: str, value: str = "x") -> str:
    metadata = f'metadata: {{name: "{{{{ .Release.Name }}}}-{name}"}}'
    return f'apiVersion: v1\nkind: ConfigMap\n{metadata}\ndata: {{a: "{value}"}}\n'


def hook(name: str, **annotations: str) -> str:
    written = "".join(f"    helm.sh/{key.replace('_', '-')}: {value}\n" for key, value in annotations.items())
    metadata = f"metadata:\n  name: '{{{{ .Release.Name }}}}-{name}'\n  annotations:\n{written}"
    return f"apiVersion: v1\nkind: ConfigMap\n{metadata}"


BASE: Files = {"Chart.yaml": CHART, "values.yaml": "a: 1\nb: {c: null, d: 1.5}\n", "templates/cm.yaml": cm("x")}
WITH_SUB: Files = {
    **BASE,
    "charts/sub/Chart.yaml": SUB,
    "charts/sub/values.yaml": "exports: {data: {imported: 1}}\nch: {q: 2}\n",
    "charts/sub/templates/cm.yaml": cm("{{ .Chart.Name }}", "{{ .Values | toJson | b64enc }}"),
    "charts/sub/templates/NOTES.txt": "of the subchart",
}
HOOKS = (
    hook("pre", hook="pre-install", hook_delete_policy="before-hook-creation"),
    hook(
        "two", hook="'post-install, Pre-Upgrade'", hook_weight='"-5"', hook_delete_policy="hook-succeeded,Hook-Failed"
    ),
    hook("logs", hook="post-delete", hook_output_log_policy="hook-failed, hook-succeeded"),
    hook("old", hook="test-success", hook_weight='"x"'),
    hook("unknown", hook="pre-install,nope"),
    hook("none", hook="''"),
    hook("later", hook="pre-rollback,post-rollback,pre-delete,post-upgrade", hook_weight='"+3"'),
)
KINDS = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: '{{ .Release.Name }}'}\nspec: {ports: [{port: 80}]}\n",
    "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: '{{ .Release.Name }}'}\n",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: '{{ .Release.Name }}'}\n",
    "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: '{{ .Release.Name }}-b'}\n",
    "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: '{{ .Release.Name }}-a'}\n",
)
SHAPES: dict[str, tuple[Files, dict[str, Any]]] = {
    "plain": (BASE, {"z": 1, "b": {"d": None}}),
    "notes and files": (
        {**BASE, "templates/NOTES.txt": "Hello {{ .Release.Name }}\n", "README.md": "x", "bin": bytes(range(256)),
         "templates/sub/NOTES.txt": "not me"}, {},
    ),
    "subchart": ({**WITH_SUB, "Chart.yaml": NEEDS % IMPORTS}, {}),
    "condition off": ({**WITH_SUB, "Chart.yaml": NEEDS % IMPORTS}, {"sub": {"enabled": False}}),
    "tag off": ({**WITH_SUB, "Chart.yaml": NEEDS % IMPORTS}, {"tags": {"t": False}}),
    "tag off, condition on": (
        {**WITH_SUB, "Chart.yaml": NEEDS % IMPORTS}, {"tags": {"t": False}, "sub": {"enabled": True}},
    ),
    "aliases": ({**WITH_SUB, "Chart.yaml": NEEDS % ALIASES}, {"one": {"q": 1}}),
    "subchart nobody names": (WITH_SUB, {}),
    "packed subchart": (
        {**BASE, "charts/sub-1.2.3.tgz": packed({"Chart.yaml": SUB, "templates/a.yaml": cm("s")}, "sub/"),
         "charts/sub-1.2.3.tgz.prov": "p"}, {},
    ),
    "library": (
        {**BASE, "Chart.yaml": NEEDS % "", "charts/sub/Chart.yaml": SUB + "type: library\n",
         "charts/sub/templates/_x.tpl": "{{ define `sub.x` }}from it{{ end }}",
         "templates/l.yaml": cm("l", "{{ include `sub.x` . }}")}, {},
    ),
    "nothing but a library": ({**BASE, "Chart.yaml": CHART + "type: library\n"}, {}),
    "version 1": (
        {**WITH_SUB, "Chart.yaml": "name: web\nversion: 0.1.0\n",
         "requirements.yaml": "dependencies: [{name: sub, version: 1.x.x, repository: ''}]\n",
         "requirements.lock": "dependencies: []\ndigest: x\ngenerated: 2024-01-02T03:04:05Z\n"}, {},
    ),
    "lock": (
        {**BASE, "Chart.lock": "generated: '2024-01-02T03:04:05.120Z'\ndigest: sha256:x\n"
         "dependencies:\n- {name: a, version: 1.0.0, repository: ''}\n"}, {},
    ),
    "hooks": ({**BASE, "templates/hooks.yaml": "\n---\n".join(HOOKS)}, {}),
    "order of kinds": ({**BASE, "templates/kinds.yaml": "---\n".join(KINDS)}, {}),
    "odd separators": (
        {**BASE, "templates/lead.yaml": f"\n\n---\n{cm('4')}\n...\n",
         "templates/odd.yaml": f"# a comment\n---\n{cm('1')}---   \n{cm('2')}\n\n--- # hm\n{cm('3')}\n---\n---\n\n",
         "templates/empty.yaml": "{{ if false }}x{{ end }}\n\n", "templates/tight.yaml": f"---{cm('5')}",
         "templates/crlf.yaml": f"{cm('6')}---\n{cm('7')}".replace("\n", "\r\n"),
         "templates/block.yaml": cm("8").replace('{a: "x"}', "\n  a: |\n    b\n    ---\n    c\n  d: e")}, {},
    ),
    "a key twice": ({**BASE, "templates/twice.yaml": cm("t") + "kind: ConfigMap\n"}, {}),
    "names of files": (
        {**BASE, "templates/a/b/c.yaml": cm("c", "{{ .Template.Name }}"), "templates/x.txt": cm("t"),
         "templates/_partial.yaml": "{{ fail `not rendered` }}"}, {},
    ),
    "schema": ({**BASE, "values.schema.json": '{"properties": {"a": {"type": "integer"}}}'}, {}),
    "numbers": (
        {**BASE, "values.yaml": "a: 9007199254740993\nb: 1e21\nc: 1.0\nd: 0x1F\ne: on\nf: 2020-01-01\ni: [null, {}]\n"},
        {"x": 9007199254740993, "y": 1.0, "b": None},
    ),
    "capabilities": (
        {**BASE, "templates/c.yaml": cm(
            "c", "{{ .Capabilities.APIVersions.Has `extensions/v1beta1` }} "
            "{{ .Capabilities.APIVersions.Has `apps/v1` }} {{ .Capabilities.APIVersions.Has `apps/v1/Deployment` }} "
            "{{ len $.Capabilities.APIVersions }} {{ .Capabilities.KubeVersion.GitVersion }} "
            "{{ .Capabilities.HelmVersion.Version }}",
        )}, {},
    ),
}  # fmt: skip
