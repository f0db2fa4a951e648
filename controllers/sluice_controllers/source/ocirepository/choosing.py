"""The tag of the newest version within a range. Runs in worker processes: a registry may have very many tags."""

from sluice import oci, regexes


def choose(tags: list[str], wanted: str, filtered: str, media_type: str) -> str:
    """The tag; `filtered` is `spec.ref.semverFilter`. Raises UnmatchedError in Flux's words."""
    try:
        keep = regexes.searching(filtered) if filtered else None
    except regexes.InvalidPattern as error:
        text = str(error)
        raise oci.UnmatchedError(
            f"error parsing regexp: {text}" if "`" in text else f"error parsing regexp: {text}: `{filtered}`"
        ) from None
    return oci.newest(tags, wanted, media_type=media_type, keep=keep)
