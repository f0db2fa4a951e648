"""source-controller: what a source says becomes an artifact, stored and served for the other controllers.

- `gitrepository` is the reconciler of the one kind of this build; its work is the files of `steps`, in order;
- `fetching` and `building` are the way from a Git server to a file, the latter in worker processes;
- `failures` puts Git's errors into Flux's words; `__main__` wires the process.

Knows the other controllers only through the API server and the HTTP of the artifacts it serves.
"""
