"""Scenarios: what is given to a cluster step by step, and what real Flux was seen to do with it.

`files` reads a scenario, `playing` carries out its steps, `observing` collects what the controllers wrote,
`normalising` takes times, digests and addresses out of it, `comparing` says where ours differs from what was seen.
"""
