"""What is done about releases: install, upgrade, rollback, uninstall, test, unlock, as Helm 4 does it for Flux.

An action is a tuple of steps, as `working` has them. Where something has to happen first it raises Waiting and holds
no worker: the next pass goes on at the step where this one stopped, with what `Work` remembers. What must not be lost
is in Helm's record: a release is pending from before the first change until after the last, and a hook says in it
whether it runs, has succeeded or failed. After a crash the record alone is enough to go on, and no hook that has ended
is run again.

- `working`: what an action is given and remembers, and how it goes on;
- `changing`: the steps that install, upgrade and rollback share;
- `installing`, `upgrading`, `rolling_back`, `uninstalling`, `testing`, `unlocking`: one action each.
"""
