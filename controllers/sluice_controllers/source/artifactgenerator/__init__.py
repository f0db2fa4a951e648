"""ArtifactGenerator: ExternalArtifacts, composed of parts of the artifacts of other sources. Flux's source-watcher."""
