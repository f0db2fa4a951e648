"""HelmRepository: the index of a chart repository over HTTP, and the artifact of it; a registry is data alone."""
