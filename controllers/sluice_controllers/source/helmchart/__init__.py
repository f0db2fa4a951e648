"""HelmChart: a chart of a repository, or out of another source's artifact, and the package that it becomes."""
