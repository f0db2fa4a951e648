"""Security contexts of pods and containers."""

import re
from typing import Any

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation.builtin.kinds.checks import Errors, items, one_of, user_id

_SYSCTL = r"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
# As Go shows an internal value: the fields of its struct.
_SHOWN = (
    *("capabilities", "privileged", "seLinuxOptions", "windowsOptions", "runAsUser", "runAsGroup", "runAsNonRoot"),
    *("readOnlyRootFilesystem", "allowPrivilegeEscalation", "procMount", "seccompProfile", "appArmorProfile"),
)
_CAPABILITY_FIELDS = ("add", "drop")


def validate_pod(context: Object, spec: Object, path: str) -> Errors:
    """The pod's context, and what it says of the host's namespaces."""
    found: Errors = []
    for field in ("fsGroup", "runAsUser", "runAsGroup"):
        found += user_id(f"{path}.{field}", context.get(field))
    for index, group in enumerate(context.get("supplementalGroups") or ()):
        found += user_id(f"{path}.supplementalGroups[{index}]", group)
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        detail = "ShareProcessNamespace and HostPID cannot both be enabled"
        found.append(fields.invalid(f"{path}.shareProcessNamespace", True, detail))
    for at, sysctl in items(context, "sysctls", path):
        name = sysctl.get("name") or ""
        if not name:
            found.append(fields.required(f"{at}.name"))
        elif len(name) > 253 or not re.fullmatch(_SYSCTL, name):
            detail = f"must have at most 253 characters and match regex {_SYSCTL}"
            found.append(fields.invalid(f"{at}.name", name, detail))
    if "fsGroupChangePolicy" in context:
        policies = ("Always", "OnRootMismatch")
        found += one_of(f"{path}.fsGroupChangePolicy", context["fsGroupChangePolicy"], policies)
    return found + _seccomp(context.get("seccompProfile"), f"{path}.seccompProfile")


def validate_container(context: Object, path: str) -> Errors:
    """A container's context."""
    found = user_id(f"{path}.runAsUser", context.get("runAsUser"))
    found += user_id(f"{path}.runAsGroup", context.get("runAsGroup"))
    if "procMount" in context:
        found += one_of(f"{path}.procMount", context["procMount"], ("Default", "Unmasked"))
    found += _seccomp(context.get("seccompProfile"), f"{path}.seccompProfile")
    if context.get("allowPrivilegeEscalation") is False:
        if context.get("privileged"):
            detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            found.append(fields.invalid(path, _shown(context), detail))
        for capability in (context.get("capabilities") or {}).get("add") or ():
            if capability == "CAP_SYS_ADMIN":
                detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
                found.append(fields.invalid(path, _shown(context), detail))
    return found


def _shown(context: Object) -> Any:
    shown = {_upper(name): context.get(name) for name in _SHOWN}
    if "capabilities" in context:
        shown["Capabilities"] = {_upper(name): context["capabilities"].get(name) for name in _CAPABILITY_FIELDS}
    return fields.InOrder(shown)


def _upper(name: str) -> str:
    return "SELinuxOptions" if name == "seLinuxOptions" else name[0].upper() + name[1:]


def _seccomp(profile: Object | None, path: str) -> Errors:
    if profile is None:
        return []
    kind = profile.get("type") or ""
    if not kind:
        return [fields.required(f"{path}.type", "type is required when seccompProfile is set")]
    found = one_of(f"{path}.type", kind, ("Localhost", "RuntimeDefault", "Unconfined"))
    if kind == "Localhost" and not profile.get("localhostProfile"):
        found.append(fields.required(f"{path}.localhostProfile", "must be set when seccomp type is Localhost"))
    return found
