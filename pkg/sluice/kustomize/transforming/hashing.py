"""The suffix that names a generated ConfigMap or Secret after its content."""

from sluice import gotext
from sluice.kustomize.model.resources import Object

_SUBSTITUTES = str.maketrans("013ae", "ghkmt")


def suffix(obj: Object) -> str:
    """Return the ten characters that kustomize appends to the name."""
    kind = obj["kind"]
    if kind == "ConfigMap":
        content = {"kind": kind, "name": "", "data": obj.get("data", ""), "binaryData": obj.get("binaryData")}
        optional = "binaryData"
    elif kind == "Secret":
        content = {"kind": kind, "name": "", "type": obj.get("type", ""), "data": obj.get("data", "")}
        content["stringData"] = obj.get("stringData")
        optional = "stringData"
    else:
        content, optional = obj, ""
    if optional and not isinstance(content[optional], dict):
        del content[optional]
    # It loads OpenSSL, which a build without generators does not need.
    import hashlib

    digest = hashlib.sha256(gotext.as_json(content).encode("utf-8", "surrogatepass")).hexdigest()
    return digest[:10].translate(_SUBSTITUTES)
