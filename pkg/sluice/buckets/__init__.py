"""Buckets of object stores: S3 and what speaks like it, Azure's containers, Google's buckets.

    bucket = s3.Bucket(web, endpoint=s3.Endpoint.parse("minio.example:9000", insecure=False), name="app", lend=keys)
    listed = await listing.everything(bucket, prefix="", limits=Limits())
    fetched = await bucket.fetch("deploy/app.yaml", file, limit=1 << 20)

Each store is one class behind `objects.Bucket`: it lists, and it fetches. All of it is documented HTTP on `sluice.web`;
no SDK of a cloud is imported. Whom a login is borrowed from is the caller's matter: the classes are given a function.

- `objects` has what every store has in common, `errors` what can go wrong;
- `s3`, `azure` and `gcp` are the stores, and the logins that only they know;
- `listing` reads a whole bucket within limits; `indexes` makes its revision, as Flux does; `placing` finds the path of
  each object; `caching` keeps objects that have been fetched.
"""
