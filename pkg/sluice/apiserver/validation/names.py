"""What names, labels and keys may look like; each check returns messages, none when the text is fine."""

import re
from collections.abc import Callable

Check = Callable[[str], list[str]]

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_DNS1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_WILDCARD = rf"\*\.{_SUBDOMAIN}"
_KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = f"({_KEY})?"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"
_ENV_NAME = "[-._a-zA-Z][-._a-zA-Z0-9]*"
_PORT_NAME = re.compile("[-a-z0-9]+")

_ENDS = "and must start and end with an alphanumeric character"
_LABEL_RULE = f"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', {_ENDS}"
_SUBDOMAIN_RULE = (
    f"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', {_ENDS}"
)
_DNS1035_RULE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character"
)
_WILDCARD_RULE = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
    "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"
)
_KEY_RULE = f"must consist of alphanumeric characters, '-', '_' or '.', {_ENDS}"
_VALUE_RULE = f"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', {_ENDS}"
_CONFIG_KEY_RULE = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"


def longer_than(limit: int, unit: str = "characters") -> str:
    """The message for text that is too long; labels and their keys count in bytes."""
    return f"must be no more than {limit} {unit}"


def regex(rule: str, pattern: str, *examples: str) -> str:
    """The message for text that does not match."""
    # The doubled blank between examples is Go's.
    shown = "e.g. " + " or ".join(f"'{example}', " for example in examples) if examples else ""
    return f"{rule} ({shown}regex used for validation is '{pattern}')"


def dns_label(text: str) -> list[str]:
    """An RFC 1123 label: `my-name`."""
    found = _length(text, 63)
    if not re.fullmatch(_LABEL, text):
        dotted = re.fullmatch(_SUBDOMAIN, text)
        found.append("must not contain dots" if dotted else regex(_LABEL_RULE, _LABEL, "my-name", "123-abc"))
    return found


def dns_subdomain(text: str) -> list[str]:
    """An RFC 1123 subdomain: `example.com`; the name of nearly everything."""
    return _subdomain(text, "characters")


def dns1035_label(text: str) -> list[str]:
    """A label that starts with a letter: the name of a Service."""
    return _length(text, 63) + _match(text, _DNS1035, _DNS1035_RULE, "my-name", "abc-123")


def wildcard_subdomain(text: str) -> list[str]:
    """`*.example.com`."""
    return _length(text, 253) + _match(text, _WILDCARD, _WILDCARD_RULE, "*.example.com")


def path_segment(text: str) -> list[str]:
    """What may stand between two slashes of a URL: the name of RBAC objects."""
    if text in {".", ".."}:
        return [f"may not be '{text}'"]
    return [f"may not contain '{part}'" for part in ("/", "%") if part in text]


def anything(text: str) -> list[str]:
    """No rule: the name of an event."""
    return []


def label_key(text: str) -> list[str]:
    """A label's or an annotation's key: `example.com/my.name`."""
    prefix, slash, name = text.rpartition("/")
    if "/" in prefix:
        rule = f"a valid label key {regex(_KEY_RULE, _KEY, 'MyName', 'my.name', '123-abc')}"
        return [f"{rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    found = []
    if slash:
        messages = _subdomain(prefix, "bytes") if prefix else ["must be non-empty"]
        found += [f"prefix part {message}" for message in messages]
    if not name:
        found.append("name part must be non-empty")
    elif len(name.encode()) > 63:
        found.append(f"name part {longer_than(63, 'bytes')}")
    return found + [f"name part {text}" for text in _match(name, _KEY, _KEY_RULE, "MyName", "my.name", "123-abc")]


def label_value(text: str) -> list[str]:
    """A label's value."""
    return _length(text, 63, "bytes") + _match(text, _VALUE, _VALUE_RULE, "MyValue", "my_value", "12345")


def config_key(text: str) -> list[str]:
    """A key of a ConfigMap or Secret."""
    found = _length(text, 253) + _match(text, _CONFIG_KEY, _CONFIG_KEY_RULE, "key.name", "KEY_NAME", "key-name")
    if text in {".", ".."}:
        found.append(f"must not be '{text}'")
    elif text.startswith(".."):
        found.append("must not start with '..'")
    return found


def env_name(text: str) -> list[str]:
    """The name of an environment variable, which may be anything printable but `=`."""
    if not text:
        return ["environment variable name must be non-empty"]
    if any(not " " <= char <= "~" or char == "=" for char in text):
        return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
    return []


def port_name(text: str) -> list[str]:
    """The name of a container's port."""
    found = []
    if len(text) > 15:
        found.append(longer_than(15))
    if not _PORT_NAME.fullmatch(text):
        found.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", text):
        found.append("must contain at least one letter (a-z)")
    if "--" in text:
        found.append("must not contain consecutive hyphens")
    if text and (text[0] == "-" or text[-1] == "-"):
        found.append("must not begin or end with a hyphen")
    return found


def port_number(port: int) -> list[str]:
    """A port of TCP, UDP or SCTP."""
    return [] if 1 <= port <= 65535 else ["must be between 1 and 65535, inclusive"]


def of_prefix(check: Check) -> Check:
    """The check of a generateName: a name will be put behind it, so it may end in a dash."""
    return lambda text: check(text[:-2] + "a" if text.endswith("-") and len(text) > 1 else text)


def _subdomain(text: str, unit: str) -> list[str]:
    return _length(text, 253, unit) + _match(text, _SUBDOMAIN, _SUBDOMAIN_RULE, "example.com")


def _length(text: str, limit: int, unit: str = "characters") -> list[str]:
    return [longer_than(limit, unit)] if len(text.encode()) > limit else []


def _match(text: str, pattern: str, rule: str, *examples: str) -> list[str]:
    return [] if re.fullmatch(pattern, text) else [regex(rule, pattern, *examples)]
