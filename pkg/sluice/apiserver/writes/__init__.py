"""From what a client sent to what is stored: the rules of Kubernetes for writing, patching and deleting objects.

`writing` is the road of every create and update, `patching` turns the four patches into updates, `deleting` goes the
other way. The stations of the road: `checking` (does the body fit its path), `names`, `preparing` with `specifics` and
`services` (the server's own fields), `admitting` with `addresses` (validated, given what only the cluster can give),
`defining` (a CRD's kinds served in the same breath).

Nothing here waits, so no other write comes between a read and its store; and nothing here knows HTTP. Which fields and
values are valid is `validation`'s.
"""
