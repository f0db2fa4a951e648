"""GitRepository: a reference of a repository, and the artifact of the commit it leads to."""
