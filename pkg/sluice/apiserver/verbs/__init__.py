"""What can be asked of a resource: from a request that may be made to an answer.

`resources` has the eight verbs, `calls` what each of them is given; `listing` with `listoptions`, and `watching`, read;
`subresources` with `scaling` is what lies below an object; `virtual` are the kinds that are asked, not stored. The
rules of writing are `writes`'; who asks is settled before, in `front`.
"""
