"""Admission webhooks and aggregated servers."""

from urllib.parse import urlsplit

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names
from sluice.apiserver.validation.builtin.kinds.checks import Errors, items, label_selector, one_of

_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_VERSIONS = ("v1", "v1beta1")
_URL_FORM = "desired format: https://host[/path]"


def validate(obj: Object) -> Errors:
    """A ValidatingWebhookConfiguration or MutatingWebhookConfiguration."""
    found: Errors = []
    for index, webhook in enumerate(obj.get("webhooks") or ()):
        found += _webhook(webhook, f"webhooks[{index}]")
    return found


def _webhook(webhook: Object, path: str) -> Errors:
    found = _name(webhook.get("name") or "", f"{path}.name")
    found += _versions(webhook.get("admissionReviewVersions") or [], f"{path}.admissionReviewVersions")
    for at, rule in items(webhook, "rules", path):
        found += _rule(rule, at)
    found += one_of(f"{path}.failurePolicy", webhook.get("failurePolicy"), ("Fail", "Ignore"))
    found += one_of(f"{path}.matchPolicy", webhook.get("matchPolicy"), ("Equivalent", "Exact"))
    effects = webhook.get("sideEffects")
    if effects is None:
        found.append(fields.required(f"{path}.sideEffects", "must specify one of None, NoneOnDryRun"))
    else:
        found += one_of(f"{path}.sideEffects", effects, ("None", "NoneOnDryRun"))
    timeout = webhook.get("timeoutSeconds")
    if timeout is not None and not 1 <= timeout <= 30:
        detail = "the timeout value must be between 1 and 30 seconds"
        found.append(fields.invalid(f"{path}.timeoutSeconds", timeout, detail))
    found += label_selector(f"{path}.namespaceSelector", webhook.get("namespaceSelector"))
    found += label_selector(f"{path}.objectSelector", webhook.get("objectSelector"))
    if "reinvocationPolicy" in webhook:
        policies = ("IfNeeded", "Never")
        found += one_of(f"{path}.reinvocationPolicy", webhook["reinvocationPolicy"], policies)
    return found + _client(webhook.get("clientConfig") or {}, f"{path}.clientConfig")


def _name(name: str, path: str) -> Errors:
    if not name:
        return [fields.required(path)]
    messages = names.dns_subdomain(name)
    if messages:
        return [fields.invalid(path, name, text) for text in messages]
    if name.count(".") < 2:
        detail = "should be a domain with at least three segments separated by dots"
        return [fields.invalid(path, name, detail)]
    return []


def _versions(versions: list[str], path: str) -> Errors:
    listed = ", ".join(_VERSIONS)
    if not versions:
        return [fields.required(path, f"must specify one of {listed}")]
    if not set(versions) & set(_VERSIONS):
        return [fields.invalid(path, versions, f"must include at least one of {listed}")]
    return []


def _rule(rule: Object, path: str) -> Errors:
    found = _star(
        rule.get("apiGroups") or [], f"{path}.apiGroups", "*", "if '*' is present, must not specify other API groups"
    )
    versions = "if '*' is present, must not specify other API versions"
    found += _star(rule.get("apiVersions") or [], f"{path}.apiVersions", "*", versions)
    resources = "if '*/*' is present, must not specify other resources"
    found += _star(rule.get("resources") or [], f"{path}.resources", "*/*", resources)
    operations = rule.get("operations") or []
    found += _star(operations, f"{path}.operations", "*", "if '*' is present, must not specify other operations")
    for index, operation in enumerate(operations):
        found += one_of(f"{path}.operations[{index}]", operation, _OPERATIONS)
    return found + one_of(f"{path}.scope", rule.get("scope"), ("*", "Cluster", "Namespaced"))


def _star(given: list[str], path: str, star: str, detail: str) -> Errors:
    if not given:
        return [fields.required(path)]
    return [fields.invalid(path, given, detail)] if star in given and len(given) > 1 else []


def _client(config: Object, path: str) -> Errors:
    if ("url" in config) == ("service" in config):
        return [fields.required(path, "exactly one of url or service is required")]
    if "url" in config:
        scheme = urlsplit(config["url"]).scheme
        if scheme == "https":
            return []
        detail = f"'https' is the only allowed URL scheme; {_URL_FORM}"
        return [fields.invalid(f"{path}.url", scheme, detail)]
    return _service(config["service"], f"{path}.service")


def _service(service: Object, path: str) -> Errors:
    found = [fields.required(f"{path}.{field}") for field in ("name", "namespace") if not service.get(field)]
    place = service.get("path")
    if place is not None and not place.startswith("/"):
        found.append(fields.invalid(f"{path}.path", place, "must start with a '/'"))
        found.append(fields.invalid(f"{path}.path", place, "segment[0] may not be empty"))
    port = service.get("port", 443)
    detail = "port is not valid: must be between 1 and 65535, inclusive"
    return found + ([fields.invalid(f"{path}.port", port, detail)] if not 1 <= port <= 65535 else [])


def validate_api_service(obj: Object) -> Errors:
    """An APIService."""
    spec = obj.get("spec") or {}
    wanted = f"{spec.get('version') or ''}.{spec.get('group') or ''}"
    name = obj["metadata"].get("name") or ""
    found: Errors = []
    if name != wanted:
        detail = f'must be `spec.version+"."+spec.group`: {fields.quoted(wanted)}'
        found.append(fields.invalid("metadata.name", name, detail))
    for field, limit in (("groupPriorityMinimum", 20000), ("versionPriority", 1000)):
        value = spec.get(field) or 0
        if not 0 < value <= limit:
            detail = f"must be positive and less than {limit}"
            found.append(fields.invalid(f"spec.{field}", value, detail))
    service = spec.get("service")
    if service is not None:
        found += [fields.required(f"spec.service.{field}") for field in ("namespace", "name") if not service.get(field)]
    if spec.get("insecureSkipTLSVerify") and spec.get("caBundle"):
        detail = "may not be true if caBundle is present"
        found.append(fields.invalid("spec.insecureSkipTLSVerify", True, detail))
    return found
