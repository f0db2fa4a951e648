"""Signatures are those of AWS' own SDK: these were made with botocore 1.44.5."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from sluice import sigv4

NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


def signer(service: str, token: str = "") -> sigv4.Signer:
    keys = sigv4.Keys(
        access_key="AKIDEXAMPLE", secret_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", session_token=token
    )
    return sigv4.Signer(keys=keys, region="eu-west-1", service=service, now=NOW)


def test_a_documented_example_of_aws_gives_its_signature() -> None:
    # `get-vanilla` of the suite that AWS publishes.
    keys = sigv4.Keys(access_key="AKIDEXAMPLE", secret_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    made = sigv4.Signer(keys=keys, region="us-east-1", service="service", now=NOW)
    found = made.headers("GET", "https://example.amazonaws.com/", {})
    signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    assert found["Authorization"].endswith(f"SignedHeaders=host;x-amz-date, Signature={signature}")


@pytest.mark.parametrize(
    ("token", "signature"),
    [
        ("", "039ba4b67b495ea26848a82dc7ea27ce716b22029c4f05ce4870405ba6d7464e"),
        ("tok/en+x==", "24caaa9345db1d3f6426ad4df1c0220a996415b5ddf6e83828d19bb957428b24"),
    ],
)
def test_a_request_with_a_body_is_signed(token: str, signature: str) -> None:
    headers = {"X-Amz-Target": "TrentService.Decrypt", "Content-Type": "application/x-amz-json-1.1"}
    made = signer("kms", token).headers("POST", "https://kms.eu-west-1.amazonaws.com/", headers, b'{"a":1}')
    assert made["Authorization"].endswith(signature)
    assert made.get("X-Amz-Security-Token", "") == token


@pytest.mark.parametrize(
    ("path", "token", "signature"),
    [
        (
            "?encoding-type=url&list-type=2&max-keys=1000&prefix=in%2F%C3%BC",
            "",
            "f6112dbc18337e0f16b265c5ac017c82195d5ba00f6037e70e5885951e6db30f",
        ),
        ("a/../b%20%2B%25", "", "425fdf90989a693a40a7028d81330159bde10ede1e68e44a8e6ad09e15087aea"),
        ("a/../b%20%2B%25", "tok/en+x==", "d375c39ded985891c6b643f8591ef21b479c5d0674a69b9859006402aafebec6"),
    ],
)
def test_a_request_to_s3_is_signed_as_it_is_written(path: str, token: str, signature: str) -> None:
    made = signer("s3", token).headers("GET", f"https://minio.example:9000/app/{path}", {})
    assert made["Authorization"].endswith(signature)
    assert made["X-Amz-Content-Sha256"] == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    ("token", "signature"),
    [
        ("", "eb9b75d0818b6dacfccb0f3af84bbc340278ece9c8af32fa4f7b1298c86cba7a"),
        ("tok/en+x==", "95aa1c6d667c5b073ac3eb0190c68da185dc1863d44a3ca96ebf0f9cc079539b"),
    ],
)
def test_a_url_is_presigned(token: str, signature: str) -> None:
    asked = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
    url = signer("sts", token).presigned(
        "https://sts.eu-west-1.amazonaws.com/", asked, {"x-k8s-aws-id": "prod"}, seconds=900
    )
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-Signature"] == [signature]
    assert query["X-Amz-SignedHeaders"] == ["host;x-k8s-aws-id"]


@pytest.mark.parametrize(
    ("region", "environment", "url"),
    [
        ("eu-west-1", {}, "https://kms.eu-west-1.amazonaws.com"),
        ("cn-north-1", {}, "https://kms.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", {}, "https://kms.us-gov-west-1.amazonaws.com"),
        ("us-isob-east-1", {}, "https://kms.us-isob-east-1.sc2s.sgov.gov"),
        ("eu-west-1", {"AWS_ENDPOINT_URL": "http://a/"}, "http://a"),
        ("eu-west-1", {"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_KMS": "http://b"}, "http://b"),
    ],
)
def test_a_service_is_in_the_domain_of_its_partition(region: str, environment: dict[str, str], url: str) -> None:
    assert sigv4.endpoint("kms", region, environment) == url


def test_keys_do_not_show_what_is_secret() -> None:
    assert "wJalr" not in repr(signer("kms", "tok"))
    assert "tok" not in repr(signer("kms", "tok"))


@pytest.mark.parametrize(("token", "path"), [("", "/v1/repos/app"), ("tok/en+x==", "/v1/repos/my-app.v2")])
def test_a_repository_of_codecommit_has_a_password_of_its_own(token: str, path: str) -> None:
    # As the public `git-remote-codecommit` computes it, step by step.
    host, stamp = "git-codecommit.eu-west-1.amazonaws.com", "20150830T123600"
    scope = f"{stamp[:8]}/eu-west-1/codecommit/aws4_request"
    request = f"GIT\n{path}\n\nhost:{host}\n\nhost\n"
    signed = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = b"AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    wanted = f"{stamp}Z{hmac.new(key, signed.encode(), hashlib.sha256).hexdigest()}"
    assert signer("codecommit", token).git_password(f"https://{host}{path}") == wanted
