"""ConfigMaps and Secrets made by `configMapGenerator` and `secretGenerator`."""

import base64

from sluice.kustomize.definition.kustomizations import Generator, GeneratorOptions
from sluice.kustomize.errors import InvalidResource
from sluice.kustomize.generating import keyvalues
from sluice.kustomize.generating.keyvalues import Read
from sluice.kustomize.model.resources import Object, Resource

_BASE64_LINE = 70


def config_map(generator: Generator, common: GeneratorOptions | None, read: Read) -> list[Resource]:
    """Return the ConfigMap; values that are not UTF-8 go to `binaryData`."""
    obj = _base("ConfigMap", generator)
    for key, value in sorted(keyvalues.load(generator, read).items()):
        try:
            obj.setdefault("data", {})[key] = value.decode()
        except UnicodeDecodeError:
            obj.setdefault("binaryData", {})[key] = _encoded(value)
    return [_finished(obj, generator, common)]


def secret(generator: Generator, common: GeneratorOptions | None, read: Read) -> list[Resource]:
    """Return the Secret, of type Opaque unless it says otherwise."""
    obj = _base("Secret", generator)
    obj["type"] = generator.type or "Opaque"
    pairs = keyvalues.load(generator, read, secret=True)
    obj["data"] = {key: _encoded(value) for key, value in sorted(pairs.items())}
    return [_finished(obj, generator, common)]


def _base(kind: str, generator: Generator) -> Object:
    if not generator.name:
        raise InvalidResource("is missing", field="name").saying("a configmap must have a name")
    obj: Object = {"apiVersion": "v1", "kind": kind, "metadata": {"name": generator.name}}
    if generator.namespace:
        obj["metadata"]["namespace"] = generator.namespace
    return obj


def _finished(obj: Object, generator: Generator, common: GeneratorOptions | None) -> Resource:
    options = _merged(generator.options, common)
    for field, values in (("labels", options.labels), ("annotations", options.annotations)):
        if values:
            obj["metadata"][field] = dict(values)
    if options.immutable:
        obj["immutable"] = True
    resource = Resource(obj)
    resource.behavior = generator.behavior if generator.behavior in ("create", "merge", "replace") else "unspecified"
    resource.needs_hash = not options.disable_name_suffix_hash
    return resource


def _merged(own: GeneratorOptions | None, common: GeneratorOptions | None) -> GeneratorOptions:
    """Join both: own labels and annotations win, and either can switch something on."""
    own = own or GeneratorOptions()
    if common is None:
        return own
    return own._replace(
        labels={**common.labels, **own.labels},
        annotations={**common.annotations, **own.annotations},
        disable_name_suffix_hash=own.disable_name_suffix_hash or common.disable_name_suffix_hash,
        immutable=own.immutable or common.immutable,
    )


def _encoded(value: bytes) -> str:
    """Return base64, in lines of 70 once it fills one: part of the value, and of its hash."""
    text = base64.b64encode(value).decode()
    if len(text) < _BASE64_LINE:
        return text
    return "".join(text[at : at + _BASE64_LINE] + "\n" for at in range(0, len(text), _BASE64_LINE))
