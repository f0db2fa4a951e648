"""Defaults of what extends the API: definitions, webhooks, other servers."""

from sluice.apiserver.storage.entries import Object


def default_definition(obj: Object) -> None:
    """A CustomResourceDefinition."""
    spec = obj.setdefault("spec", {})
    names = spec.setdefault("names", {})
    kind = names.get("kind", "")
    if kind:
        names.setdefault("singular", kind.lower())
        names.setdefault("listKind", f"{kind}List")
    spec.setdefault("conversion", {}).setdefault("strategy", "None")


def default_validating_webhooks(obj: Object) -> None:
    """A ValidatingWebhookConfiguration."""
    for webhook in obj.get("webhooks") or ():
        _default_webhook(webhook)


def default_mutating_webhooks(obj: Object) -> None:
    """A MutatingWebhookConfiguration."""
    for webhook in obj.get("webhooks") or ():
        _default_webhook(webhook)
        webhook.setdefault("reinvocationPolicy", "Never")


def _default_webhook(webhook: Object) -> None:
    webhook.setdefault("failurePolicy", "Fail")
    webhook.setdefault("matchPolicy", "Equivalent")
    webhook.setdefault("namespaceSelector", {})
    webhook.setdefault("objectSelector", {})
    webhook.setdefault("timeoutSeconds", 10)
    _default_port((webhook.get("clientConfig") or {}).get("service"))
    for rule in webhook.get("rules") or ():
        rule.setdefault("scope", "*")


def default_admission_policy(obj: Object) -> None:
    """A ValidatingAdmissionPolicy or MutatingAdmissionPolicy."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("failurePolicy", "Fail")
    _default_match(spec.get("matchConstraints"))


def default_admission_binding(obj: Object) -> None:
    """A binding of an admission policy."""
    _default_match((obj.get("spec") or {}).get("matchResources"))


def _default_match(match: Object | None) -> None:
    if match is None:
        return
    match.setdefault("matchPolicy", "Equivalent")
    match.setdefault("namespaceSelector", {})
    match.setdefault("objectSelector", {})
    for field in ("resourceRules", "excludeResourceRules"):
        for rule in match.get(field) or ():
            rule.setdefault("scope", "*")


def default_api_service(obj: Object) -> None:
    """An APIService."""
    _default_port((obj.get("spec") or {}).get("service"))


def _default_port(service: Object | None) -> None:
    if service is not None:
        service.setdefault("port", 443)
