"""Small questions to Helm's engine: they are put as a template of a chart that exists for the occasion only."""

import json
import re

from sluice.helm import native, packing
from sluice.helm.errors import TemplateError

_TEMPLATE = "probe/templates/answer"
_RELEASE = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST_RELEASE = 53


def evaluate(template: str, **values: str) -> str:
    """What `template` gives. Raises TemplateError."""
    with native.loaded(_chart(template)) as chart:
        return chart.render(values, {})[_TEMPLATE]


def is_compatible(wanted: str, version: str) -> bool:
    """Whether the range `wanted` has `version` in it ("": that of Helm's own Kubernetes). What is no range has none."""
    asked = "{{ semverCompare .Values.wanted (.Values.version | default .Capabilities.KubeVersion.Version) }}"
    try:
        return evaluate(asked, wanted=wanted, version=version) == "true"
    except TemplateError:
        return False


def is_release_name(name: str) -> bool:
    """Whether a release may be called that."""
    return len(name) <= _LONGEST_RELEASE and bool(_RELEASE.fullmatch(name))


def _chart(template: str) -> bytes:
    chart = json.dumps({"apiVersion": "v2", "name": "probe", "version": "0.0.0"})
    return packing.packed([("Chart.yaml", chart.encode()), ("templates/answer", template.encode())])
