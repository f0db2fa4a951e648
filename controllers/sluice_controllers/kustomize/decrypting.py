"""What is encrypted with SOPS, opened in a worker process while it builds: plaintext is in memory and nowhere else."""

from __future__ import annotations

import base64
import binascii
import functools
from dataclasses import dataclass
from typing import Any, Final

from sluice import kube, kustomize, sops

Object = dict[str, Any]

_DECRYPT: Final = "kustomize.toolkit.fluxcd.io/decrypt"


@dataclass(frozen=True, kw_only=True)
class Decryption:
    """What a build may open."""

    keys: sops.Keys
    missing: str = ""
    """Why the keys are not there: fails the build."""
    account: str = ""
    """The ServiceAccount that asks the keepers of keys; "" is the controller itself."""


class CredentialsWanted(Exception):
    """What would have been opened needs credentials first; `wanted` says which."""

    def __init__(self, wanted: tuple[sops.Want, ...]) -> None:
        super().__init__(wanted)
        self.wanted = wanted


class Opener:
    """Opens the files and objects of one build."""

    def __init__(self, decryption: Decryption) -> None:
        """Read the keys.

        Raises:
            KustomizeError: they are missing, or cannot be read.
        """
        if decryption.missing:
            raise kustomize.KustomizeError(decryption.missing)
        self.changed: list[str] = []
        """Files and fields that were changed after they were encrypted: their MAC does not match."""
        try:
            self._lender = sops.Lender(decryption.keys)
            self._ring = sops.ring_of(decryption.keys, _data_keys(), self._lender)
        except sops.SopsError as error:
            raise kustomize.KustomizeError(str(error)) from None

    def file(self, content: bytes, file: kustomize.SecretFile) -> bytes:
        """The file as it is before the build reads it. One without the sign of SOPS stays as it is.

        Raises:
            KustomizeError: it cannot be opened; in Flux's words, and with the file's name.
            CredentialsWanted: it may be, with credentials.
        """
        form = sops.format_of(file.key)
        if file.is_env and form is sops.Format.BINARY:
            form = sops.Format.DOTENV
        if not sops.is_marked(content, form):
            return content
        try:
            return self._opened(content, form, form, file.path)
        except sops.SopsError as error:
            self._ask()
            raise kustomize.KustomizeError(f"error decrypting sources: {file.path}: {error}") from None

    def object(self, obj: Object) -> Object:
        """The object as it goes on after the build.

        Raises:
            KustomizeError: it, or a value of a Secret, cannot be opened; in Flux's words.
            CredentialsWanted: it may be, with credentials.
        """
        if is_opted_out(obj):
            return obj
        ref = kube.ObjectRef.of(obj)
        named = f"{ref.namespace}/{ref.name}"
        what = f"'{named}' {ref.kind} data"
        try:
            if is_encrypted(obj):
                return sops.decrypt_object(obj, self._ring)
            if ref.kind != "Secret" or not isinstance(obj.get("data"), dict):
                return obj
            data = dict(obj["data"])
            for key, value in data.items():
                what = f"'{named}' Secret field '{key}'"
                data[key] = self._value(key, value, f"Secret/{named}: {key}")
            return {**obj, "data": data}
        except sops.SopsError as error:
            self._ask()
            kind = f"{ref.kind}.{ref.version}.{ref.group or '[noGrp]'}"
            text = f"decryption failed for '{kind}/{ref.name}': failed to decrypt and format {what}: {error}"
            raise kustomize.KustomizeError(text) from None

    def _ask(self) -> None:
        """What could not be opened for want of credentials is tried again with them."""
        if self._lender.wanted:
            raise CredentialsWanted(tuple(self._lender.wanted))

    def _value(self, key: str, value: Any, where: str) -> Any:
        """A value of a Secret; what is no base64 is for the API server to refuse."""
        try:
            content = base64.b64decode("".join(value.split()), validate=True) if isinstance(value, str) else b""
        except (binascii.Error, ValueError):
            return value
        form = sops.marked_format(content)
        if form is None:
            return value
        return base64.b64encode(self._opened(content, form, sops.format_of(key), where)).decode()

    def _opened(self, content: bytes, source: sops.Format, target: sops.Format, where: str) -> bytes:
        document = sops.decrypt(content, source, self._ring)
        if not document.intact:
            self.changed.append(where)
        return sops.emitted(document.branches, target)


def is_encrypted(obj: Object) -> bool:
    """Whether SOPS has encrypted the object, and nobody has decrypted it."""
    notes = obj.get("sops")
    return isinstance(notes, dict) and bool(notes.get("mac"))


def is_opted_out(obj: Object) -> bool:
    """Whether the object wants to be applied as it is."""
    metadata = obj.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(annotations, dict) and str(annotations.get(_DECRYPT, "")).lower() == "disabled"


@functools.cache
def _data_keys() -> sops.DataKeys:
    """Those of this worker process."""
    return sops.DataKeys()
