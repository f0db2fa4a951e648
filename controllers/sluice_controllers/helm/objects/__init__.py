"""Objects of releases, written to a cluster and taken from it as Helm 4 does it.

- `sets`: what a manifest says, with the kinds that serve it and the namespaces that are meant;
- `ownership`: whose an object is, by its label and annotations;
- `applying`: a set of objects into the cluster, by `serverside` or `clientside`;
- `deleting`: what a release has no longer.

Nothing here knows of storage, hooks or waiting. Every object is tried, and every refusal told.
"""
