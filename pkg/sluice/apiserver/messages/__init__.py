"""What goes over the wire, without the wire: requests understood, bodies decoded, answers encoded.

`requests` reads path and query, `media` the Accept header, `decoding` bodies (JSON, YAML, `protobuf`) with the unknown
and double fields in them; `encoding` writes objects, lists and events, and `answers` is what a verb hands back. No
lookups, no I/O: HTTP itself is `front`'s, rows are `tables`'.
"""
