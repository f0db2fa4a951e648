"""Objects under one revision counter: what is there, what was, who watches, and the file that outlives the process.

The bottom room: it knows keys, revisions and events, and none of Kubernetes' rules (those are `writes`'). `store` is
the way in; `entries` is what goes in and comes out; `holdings`, `watches` and `journal` are its parts. Nothing here
waits but the reader of a watch.
"""
