"""Bodies in Kubernetes' protobuf encoding, as Go clients send built-in kinds; they accept JSON in return.

    decode(raw)     the object in the body, as its JSON would read; ProtobufError

`messages.json` tells the fields of every message; `hack/pack_protobuf.py` makes it and explains its notation.
"""

from sluice.apiserver.messages.protobuf.decoding import decode
from sluice.apiserver.messages.protobuf.wire import ProtobufError

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"

__all__ = ["MEDIA_TYPE", "ProtobufError", "decode"]
