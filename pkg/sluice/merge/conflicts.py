"""Fields that an apply would take from somebody else."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sluice.merge import elements, fieldsets
from sluice.merge.errors import MergeError
from sluice.merge.owners import Operation, Owner, Ownership


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """One field, and one of its owners."""

    manager: str
    operation: Operation
    api_version: str
    subresource: str
    time: str | None
    field_path: str
    """As messages show it: `.spec.replicas`."""

    @property
    def owner(self) -> str:
        """The owner as messages name it: `"kubectl-edit" using v1`; appliers without their version."""
        text = f'"{self.manager}"'
        if self.subresource:
            text += f' with subresource "{self.subresource}"'
        return f"{text} using {self.api_version}" if self.operation == "Update" else text

    def cause(self) -> dict[str, Any]:
        """The cause for a Status' details."""
        return {"reason": "FieldManagerConflict", "message": f"conflict with {self.owner}", "field": self.field_path}


class Conflicts(MergeError):
    """An apply without force met fields that others own."""

    def __init__(self, conflicts: Iterable[Conflict]) -> None:
        self.conflicts = tuple(conflicts)
        super().__init__(_message(self.conflicts))

    @classmethod
    def over(cls, contested: Ownership) -> "Conflicts":
        """The conflicts over what these owners would lose."""
        return cls(
            conflict
            for owner, share in sorted(contested.items(), key=lambda item: item[0])
            for conflict in _of(owner, share.api_version, share.time, share.node)
        )


def _of(owner: Owner, version: str, time: str | None, node: fieldsets.Node) -> Iterable[Conflict]:
    for path in fieldsets.paths(node):
        yield Conflict(
            manager=owner.manager,
            operation=owner.operation,
            api_version=version,
            subresource=owner.subresource,
            time=time,
            field_path=elements.path_text(path),
        )


def _message(conflicts: tuple[Conflict, ...]) -> str:
    if len(conflicts) == 1:
        return f"Apply failed with 1 conflict: conflict with {conflicts[0].owner}: {conflicts[0].field_path}"
    by_owner: dict[str, list[str]] = {}
    for conflict in conflicts:
        by_owner.setdefault(conflict.owner, []).append(f"- {conflict.field_path}")
    lines = [line for owner, fields in by_owner.items() for line in (f"conflicts with {owner}:", *fields)]
    return f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)
