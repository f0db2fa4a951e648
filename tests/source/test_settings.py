import pytest

from sluice import runtime
from sluice_controllers.source import serving
from sluice_controllers.source.settings import SourceSettings


def settings(*flags: str, **environment: str) -> SourceSettings:
    return SourceSettings.parse(flags, environment)


def test_defaults_and_environment_are_those_of_flux() -> None:
    made = settings()
    assert (made.storage_path, made.storage_addr, made.artifact_digest_algo) == ("/data", ":9090", "sha256")
    assert (made.artifact_retention_ttl, made.artifact_retention_records) == (60.0, 2)
    made = settings(STORAGE_PATH="/x", STORAGE_ADDRESS=":1", STORAGE_ADV_ADDR="source.example.")
    assert (made.storage_path, made.storage_addr, made.advertised(1)) == ("/x", ":1", "source.example.")


@pytest.mark.parametrize(
    ("address", "port", "expected"),
    [(":9090", 9090, "localhost:9090"), ("10.0.0.1:80", 80, "10.0.0.1"), ("127.0.0.1:0", 4711, "127.0.0.1:4711")],
)
def test_the_advertised_host_follows_from_the_address(address: str, port: int, expected: str) -> None:
    assert settings(f"--storage-addr={address}").advertised(port) == expected


def test_a_wildcard_address_advertises_the_hostname(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTNAME", "pod-1")
    assert settings("--storage-addr=0.0.0.0:9090").advertised(9090) == "pod-1:9090"


@pytest.mark.parametrize(
    "flag",
    [
        "--ssh-kex-algos=curve25519-sha256",
        "--ssh-hostkey-algos=ssh-ed25519",
        "--default-service-account=x",
        "--feature-gates=Nothing=true",
        "--artifact-digest-algo=md5",
        "--artifact-retention-records=0",
    ],
)
def test_what_this_build_cannot_keep_is_refused_at_start(flag: str) -> None:
    with pytest.raises(runtime.SettingsError):
        settings(flag)


def test_a_default_identity_needs_the_gate_of_identities() -> None:
    flags = ("--default-service-account=x", "--feature-gates=ObjectLevelWorkloadIdentity=true")
    assert settings(*flags).default_service_account == "x"
    with pytest.raises(runtime.SettingsError, match="feature gate ObjectLevelWorkloadIdentity is not enabled"):
        settings(flags[0])


def test_helm_flags_of_a_flux_install_are_accepted() -> None:
    settings("--helm-cache-max-size=10", "--helm-cache-ttl=60m", "--helm-index-max-size=1")


def test_a_taken_address_ends_the_start_in_one_line() -> None:
    taken = serving.bind("127.0.0.1:0")
    try:
        taken.listen()
        with pytest.raises(runtime.SettingsError, match=r"cannot listen on 127\.0\.0\.1:"):
            serving.bind(f"127.0.0.1:{taken.getsockname()[1]}")
    finally:
        taken.close()
