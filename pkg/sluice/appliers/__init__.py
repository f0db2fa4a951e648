"""What controllers that apply objects have in common: artifacts at hand, what specs refer to, clusters and identities.

Each module stands for itself: `sources`, `downloads` and `artifacts` (what sources offer, unpacked once), `configs`
(ConfigMaps and Secrets), `routes`, `clusters` and `tenancy` (where objects go, and in whose name), `dependencies` (of
the own kind or any `objects` that tenants may see, `permitting`; and `circles` of them), `judging` and `expressions`
(health and readiness by tenants' expressions, in fair `turns`), `translating` (patches and images of specs),
`lookups` (what templates of charts may look at).
"""
