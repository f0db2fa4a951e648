"""JSON that strangers wrote, read into models: bounded by what the models have room for."""

from typing import TypeVar

import pydantic

from sluice.signatures.errors import SignatureError

_LONGEST = 200
"""Characters of an error's text: some quote what they are about."""


class Model(pydantic.BaseModel):
    """A document, or a part of one; what the model does not name is passed over."""

    model_config = pydantic.ConfigDict(frozen=True, extra="ignore")


M = TypeVar("M", bound=Model)


def read(model: type[M], data: bytes, what: str) -> M:
    """The document; SignatureError names `what` and the first fault, and quotes nothing."""
    try:
        return model.model_validate_json(data)
    except pydantic.ValidationError as error:
        fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        text = f"{place}: {fault['msg']}" if place else fault["msg"]
        raise SignatureError(f"{what} cannot be read: {text[:_LONGEST]}") from None
