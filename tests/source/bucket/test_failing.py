"""What goes wrong with buckets is told in Flux's words, and the last good artifact stays."""

from typing import Any

import pytest
from tests.source.bucket.conftest import BucketRoom
from tests.source.conftest import conditions

from sluice.testing.s3 import COMMAND

pytestmark = pytest.mark.needs(COMMAND)


@pytest.mark.parametrize(
    ("spec", "reason", "text"),
    [
        ({"bucketName": "absent"}, "BucketOperationFailed", "bucket 'absent' not found"),
        (
            {"bucketName": "no"},
            "BucketOperationFailed",
            "failed to confirm existence of 'no' bucket: Bucket name cannot be shorter than 3 characters",
        ),
        (
            {"endpoint": "127.0.0.1:1"},
            "BucketOperationFailed",
            "failed to confirm existence of 'NAME' bucket: "
            'Get "http://127.0.0.1:1/NAME/": dial tcp 127.0.0.1:1: connect: connection refused',
        ),
        (
            {"endpoint": "127.0.0.1:1/path"},
            "AuthenticationFailed",
            "Endpoint url cannot have fully qualified paths.",
        ),
        (
            {"endpoint": "https://s3.example.com"},
            "AuthenticationFailed",
            "Endpoint url cannot have fully qualified paths.",
        ),
        (
            {"secretRef": {"name": "absent"}},
            "AuthenticationFailed",
            "failed to get secret 'NAME/absent': secrets \"absent\" not found",
        ),
        (
            {"secretRef": {"name": "empty"}},
            "AuthenticationFailed",
            "invalid 'empty' secret data: required fields 'accesskey' and 'secretkey'",
        ),
        (
            {"provider": "gcp", "secretRef": {"name": "empty"}},
            "AuthenticationFailed",
            "invalid 'empty' secret data: required fields 'serviceaccount'",
        ),
        (
            {"provider": "azure", "endpoint": "https://a.blob.example", "secretRef": {"name": "empty"}},
            "AuthenticationFailed",
            "invalid 'empty' secret data: requires a 'clientId' or 'accountKey' field, a combination of 'tenantId', "
            "'clientId' and 'clientSecret', or 'tenantId', 'clientId' and 'clientCertificate'",
        ),
        (
            {"proxySecretRef": {"name": "empty"}},
            "AuthenticationFailed",
            "failed to get proxy URL: secret 'NAME/empty': key 'address' not found",
        ),
        (
            {"certSecretRef": {"name": "empty"}},
            "AuthenticationFailed",
            "failed to get TLS config: "
            "secret 'NAME/empty' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'",
        ),
        (
            {"sts": {"provider": "ldap", "endpoint": "http://127.0.0.1:1", "secretRef": {"name": "absent"}}},
            "AuthenticationFailed",
            "failed to get STS secret 'NAME/absent': secrets \"absent\" not found",
        ),
        (
            {"sts": {"provider": "ldap", "endpoint": "http://127.0.0.1:1", "secretRef": {"name": "empty"}}},
            "AuthenticationFailed",
            "invalid 'empty' secret data for 'ldap' STS provider: required fields username, password",
        ),
        (
            {"sts": {"provider": "ldap", "endpoint": "http://127.0.0.1:1/?x=y"}},
            "BucketOperationFailed",
            "failed to confirm existence of 'NAME' bucket: "
            'Post "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused',
        ),
    ],
)
async def test_failures_read_as_in_flux(bucket: BucketRoom, spec: dict[str, Any], reason: str, text: str) -> None:
    await bucket.room.secret("empty", other="x")
    await bucket.apply(**spec)
    async with bucket.controller():
        found = await bucket.failing()
        told = text.replace("NAME", bucket.name)
        assert found["Ready"] == ("False", reason, told)
        assert found["FetchFailed"] == ("True", reason, told)
        assert found["Reconciling"] == ("True", "ProgressingWithRetry", "building artifact")
        assert (await bucket.room.events(1))[0] == f"Warning {reason} {told}"


async def test_an_account_needs_the_gate(bucket: BucketRoom) -> None:
    await bucket.apply(provider="aws", region="us-east-1", serviceAccountName="reader")
    async with bucket.controller():
        found = await bucket.failing()
        told = (
            "to use spec.serviceAccountName for provider authentication please enable the "
            "ObjectLevelWorkloadIdentity feature gate in the controller"
        )
        assert found["Stalled"] == ("True", "FeatureGateDisabled", told)
        assert found["FetchFailed"] == ("True", "FeatureGateDisabled", told)


async def test_amazon_needs_a_region_and_an_identity(bucket: BucketRoom) -> None:
    await bucket.apply(provider="aws")
    async with bucket.controller():
        told = (await bucket.failing())["Ready"]
        begin = "AWS authentication failed: failed to create provider access token for the controller: "
        assert told[1] == "AuthenticationFailed"
        assert told[2].startswith(f"{begin}AWS_REGION environment variable is not set in the Flux controller. if you ")
        await bucket.spec(region="us-east-1")
        found = await bucket.failing()
        assert found["Ready"][1] == "AuthenticationFailed"
        assert found["Ready"][2].startswith("AWS authentication failed: failed to create provider access token")


async def test_the_last_good_artifact_stays_and_recovery_is_told(bucket: BucketRoom) -> None:
    await bucket.put({"a": "1"})
    await bucket.apply()
    async with bucket.controller():
        before = await bucket.ready()
        await bucket.spec(bucketName="absent")
        seen = await bucket.ready(status="False")
        assert seen["status"]["artifact"] == before["status"]["artifact"]
        assert conditions(seen)["ArtifactInStorage"][0] == "True"
        await bucket.spec(bucketName=bucket.name)
        await bucket.ready()
        told = f"Normal Succeeded stored artifact with 1 fetched files from '{bucket.name}' bucket"
        assert told in await bucket.room.events(3)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["a", "a/b"], "object 'a' is a file, and 'a/b' would be in a directory of its name"),
        (["a/b", "a//b"], "objects 'a//b' and 'a/b' would be the same file"),
        (["x/../.."], "object 'x/../..' has a key that names no file"),
        (["a\tb"], "object 'a\\tb' has a control character in its key"),
        (["d/" + "n" * 256], "has a key that is too long for the name of a file"),
    ],
)
async def test_keys_that_cannot_be_files_are_told(bucket: BucketRoom, keys: list[str], text: str) -> None:
    await bucket.put(dict.fromkeys(keys, "x"))
    await bucket.apply()
    async with bucket.controller():
        found = await bucket.failing()
        assert found["Ready"][1] == "BucketOperationFailed"
        assert found["Ready"][2].startswith(f"fetch from bucket '{bucket.name}' failed: object")
        assert text in found["Ready"][2]
        # They can be left out.
        await bucket.spec(ignore="/*\n")
        await bucket.ready()


async def test_the_rules_file_keeps_its_place(bucket: BucketRoom) -> None:
    await bucket.put({".sourceignore": "*.md\n", "x/../.sourceignore": "else"})
    await bucket.apply()
    async with bucket.controller():
        assert "would be the same file" in (await bucket.failing())["Ready"][2]


async def test_more_objects_or_bytes_than_there_may_be_are_told(bucket: BucketRoom) -> None:
    await bucket.put({"a": "1", "b": "22", "c": "333"})
    await bucket.apply()
    async with bucket.controller("--bucket-max-objects=2"):
        told = (
            f"indexation of objects from bucket '{bucket.name}' failed: "
            f"listing objects from bucket '{bucket.name}' failed: the bucket has more than 2 objects"
        )
        assert (await bucket.failing())["Ready"] == ("False", "BucketOperationFailed", told)
    async with bucket.controller("--bucket-max-size=5"):
        text = "the objects take 6 bytes, more than the 5 that they may"
        await bucket.see(lambda seen: text in str(seen["status"]))
        # What is left out does not count.
        await bucket.spec(ignore="c\n")
        await bucket.ready()
