"""Apply, diff, prune and judge the health of sets of objects.

Server-side apply with takeover of fields, drift comparison, inventories, kstatus health. What changes the
cluster returns a `ChangeSet`.
"""
