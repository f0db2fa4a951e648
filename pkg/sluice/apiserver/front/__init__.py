"""The server as clients meet it: HTTP, TLS, and the paths that are no resource.

`serving` lets in and answers; `paths` has health, version, discovery and metrics; `metrics` counts; `tls` and
`kubeconfig` say who serves and let the administrator in. The only room that knows aiohttp (with `server`, which opens
the socket); what a resource does is `verbs`'.
"""
