"""What gathers while a kustomization is built."""

from dataclasses import dataclass, field

from sluice.kustomize.definition.kustomizations import Var
from sluice.kustomize.model.fieldspecs import Config
from sluice.kustomize.model.resources import ResourceMap


@dataclass
class Layer:
    """The resources so far, the configuration to change them by, and variables."""

    resources: ResourceMap
    config: Config = field(default_factory=Config)
    variables: dict[str, Var] = field(default_factory=dict)
