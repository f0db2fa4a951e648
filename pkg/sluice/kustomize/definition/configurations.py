"""Files of `configurations`: where transformers are to look besides the places that kustomize has built in."""

from sluice import yamlio
from sluice.kustomize.definition import decoding
from sluice.kustomize.definition.decoding import Fields, ListOf
from sluice.kustomize.definition.entries import FIELD_SPEC
from sluice.kustomize.errors import InvalidKustomization
from sluice.kustomize.model import fieldspecs
from sluice.kustomize.model.fieldspecs import Config

_SPECS = ListOf(FIELD_SPEC)
_CONFIGURATION = Fields(
    "TransformerConfig",
    namePrefix=_SPECS,
    nameSuffix=_SPECS,
    namespace=_SPECS,
    commonLabels=_SPECS,
    labels=_SPECS,
    templateLabels=_SPECS,
    commonAnnotations=_SPECS,
    nameReference=ListOf(Fields("NameBackReferences", **{**FIELD_SPEC.fields, "fieldSpecs": _SPECS})),
    varReference=_SPECS,
    images=_SPECS,
    replicas=_SPECS,
)


def parse(content: bytes, *, file: str = "") -> Config:
    """Return the configuration in the first document of `content`; InvalidKustomization names a field that is none."""
    try:
        documents = yamlio.load_all(content, source=file)
        raw = decoding.decode(documents[0] if documents else {}, _CONFIGURATION)
    except yamlio.YAMLError as error:
        raise InvalidKustomization(f"cannot be read as YAML: {error.reason}", file=file, line=error.line).saying(
            str(error)
        ) from error
    except decoding.Mismatch as mismatch:
        line = yamlio.line_of(content, mismatch.path)
        said = f"error unmarshaling JSON: while decoding JSON: {mismatch}"
        raise InvalidKustomization(
            mismatch.reason, file=file, line=line, field=mismatch.field, advice=mismatch.advice
        ).saying(said) from mismatch
    return fieldspecs.of(raw)
