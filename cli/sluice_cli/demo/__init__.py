"""`sluice demo`: a Git commit becomes cluster state, step by step, on this machine.

`stage` sets up cluster, controllers and Git server, `story` tells the steps and sees each happen through the API,
`narration` prints them. `repository/` is what is committed first.
"""
