"""What the client wants back: the media type and the transformation that `Accept` names."""

from dataclasses import dataclass

from sluice.apiserver import errors

JSON = "application/json"
YAML = "application/yaml"
_SERVED = (JSON, YAML)


@dataclass(frozen=True)
class Form:
    """How objects are written; `as_kind` is empty for as they are, else `Table`, `PartialObjectMetadata`…"""

    media_type: str = JSON
    as_kind: str = ""
    pretty: bool = False

    @property
    def table(self) -> bool:
        """Rows and cells instead of objects."""
        return self.as_kind == "Table"

    @property
    def metadata_only(self) -> bool:
        """Objects without all but their metadata."""
        return self.as_kind in ("PartialObjectMetadata", "PartialObjectMetadataList")


def negotiate(accept: str, *, pretty: bool = False, lenient: bool = False) -> Form:
    """The first form in the header that is served; when there is none, JSON if `lenient`, else not_acceptable."""
    if not accept:
        return Form(pretty=pretty)
    for media_type, parameters in _clauses(accept):
        form = _form(media_type, parameters, pretty=pretty)
        if form is not None:
            return form
    if lenient:
        return Form(pretty=pretty)
    raise errors.not_acceptable((JSON, YAML))


def _clauses(accept: str) -> list[tuple[str, dict[str, str]]]:
    clauses: list[tuple[float, int, str, dict[str, str]]] = []
    for place, clause in enumerate(accept.split(",")):
        media_type, *rest = (part.strip() for part in clause.split(";"))
        parameters = dict(part.split("=", 1) for part in rest if "=" in part)
        try:
            quality = float(parameters.get("q", "1"))
        except ValueError:
            quality = 1.0
        clauses.append((-quality, place, media_type, parameters))
    return [(media_type, parameters) for _, _, media_type, parameters in sorted(clauses, key=lambda c: c[:2])]


def _form(media_type: str, parameters: dict[str, str], *, pretty: bool) -> Form | None:
    if media_type in ("*/*", "application/*"):
        media_type = JSON
    if media_type not in _SERVED:
        return None
    as_kind = parameters.get("as", "")
    group, version = parameters.get("g", ""), parameters.get("v", "")
    if as_kind in ("Table", "PartialObjectMetadata", "PartialObjectMetadataList"):
        # v1beta1 is what it was called before; a server of today no longer serves it.
        if group != "meta.k8s.io" or version != "v1":
            return None
    elif as_kind and (group != "apidiscovery.k8s.io" or version != "v2"):
        return None
    pretty = pretty or parameters.get("pretty") == "1"
    return Form(media_type, as_kind, pretty)
