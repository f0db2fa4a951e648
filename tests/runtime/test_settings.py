from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from sluice.runtime import Settings, SettingsError, flags
from sluice.runtime.standings import Gate, moot, refused

GATES = {
    "On": Gate(default=True),
    "Off": Gate(),
    "Moot": Gate(default=True, standing=moot("it is so anyway")),
    "Never": Gate(standing=refused("nobody has built it")),
}
DEFAULTS = {gate: one.default for gate, one in GATES.items()}


@dataclass(frozen=True, kw_only=True)
class Own(Settings):
    storage_path: str = flags.text("storage-path", "/data", "Where artifacts are.", env="STORAGE_PATH")
    override_manager: tuple[str, ...] = flags.texts("override-manager", (), "Managers to take over from.")
    algorithms: tuple[str, ...] = flags.texts("algorithms", (), "Nothing.", standing=refused("nobody can"))
    feature_gates: Mapping[str, bool] = flags.gates("feature-gates", GATES, "Features.")


def test_the_defaults_are_flux_defaults() -> None:
    settings = Settings.parse([], {})
    assert (settings.metrics_addr, settings.health_addr, settings.events_addr) == (":8080", ":9440", "")
    assert (settings.min_retry_delay, settings.max_retry_delay) == (0.75, 900.0)
    assert settings.requeue_dependency == 30.0
    assert (settings.kube_api_qps, settings.kube_api_burst) == (50.0, 300)
    assert settings.watch_all_namespaces
    assert not settings.enable_leader_election
    assert settings.leader_election_release_on_cancel
    assert settings.watch_configs_label_selector == "reconcile.fluxcd.io/watch=Enabled"
    options = settings.controller_options
    assert (options.workers, options.interval_jitter) == (4, 0.05)


@pytest.mark.parametrize(
    ("arguments", "field", "value"),
    [
        (["--concurrent=8"], "concurrent", 8),
        (["--concurrent", "8"], "concurrent", 8),
        (["-concurrent=8"], "concurrent", 8),
        (["--concurrent=8", "--concurrent=9"], "concurrent", 9),
        (["--watch-all-namespaces=false"], "watch_all_namespaces", False),
        (["--enable-leader-election"], "enable_leader_election", True),
        (["--enable-leader-election=F"], "enable_leader_election", False),
        (["--requeue-dependency=1m30s"], "requeue_dependency", 90.0),
        (["--interval-jitter-percentage=0"], "interval_jitter_percentage", 0),
        (["--events-addr="], "events_addr", ""),
        (["--watch-label-selector=a=b"], "watch_label_selector", "a=b"),
        (["--override-manager=a,b", "--override-manager", "c"], "override_manager", ("a", "b", "c")),
        (["--feature-gates=Off=true"], "feature_gates", {**DEFAULTS, "Off": True}),
        (["--feature-gates=Off=true,On=false"], "feature_gates", {**DEFAULTS, "On": False, "Off": True}),
        (
            ["--feature-gates=Off=true", "--feature-gates=On=false"],
            "feature_gates",
            {**DEFAULTS, "On": False, "Off": True},
        ),
        (["--log-level", "trace"], "log_level", "trace"),
    ],
)
def test_flags_are_read_as_go_reads_them(arguments: list[str], field: str, value: object) -> None:
    assert getattr(Own.parse(arguments, {"RUNTIME_NAMESPACE": "flux-system"}), field) == value


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--no-such-flag=1"], "unknown flag: --no-such-flag"),
        (["--concurrent"], "flag needs an argument: --concurrent"),
        (["--concurrent=0"], 'invalid value "0" for --concurrent: must be at least 1'),
        (["--concurrent=many"], 'invalid value "many" for --concurrent'),
        (["stray"], 'unexpected argument "stray"'),
        (["--requeue-dependency=30"], 'invalid value "30" for --requeue-dependency: invalid duration'),
        (["--interval-jitter-percentage=100"], "must be at least 0 and at most 99"),
        (["--enable-leader-election=maybe"], "must be true or false"),
        (["--log-level=loud"], "must be one of trace, debug, info, error"),
        (["--feature-gates=Nope=true"], "unknown feature gate 'Nope'; known are Moot, Never, Off, On"),
        (["--feature-gates=Never=true"], "for --feature-gates: Never is not supported: nobody has built it"),
        (["--algorithms=x"], "--algorithms is not supported: nobody can"),
        (["--leader-election-renew-deadline=40s"], "--leader-election-lease-duration must be greater"),
        (["--min-retry-delay=1h"], "--min-retry-delay must not be greater"),
    ],
)
def test_what_cannot_be_obeyed_is_refused_by_name(arguments: list[str], text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Own.parse(arguments, {})
    assert text in str(caught.value)


@pytest.mark.parametrize("flag", ["--enable-leader-election", "--watch-all-namespaces=false"])
def test_what_needs_a_namespace_says_so(flag: str) -> None:
    with pytest.raises(SettingsError, match="RUNTIME_NAMESPACE"):
        Settings.parse([flag], {})
    assert Settings.parse([flag], {"RUNTIME_NAMESPACE": "flux-system"}).runtime_namespace == "flux-system"


def test_the_environment_fills_in_and_a_flag_wins() -> None:
    environment = {"STORAGE_PATH": "/env", "EVENTS_ADDR": "http://env", "METRICS_ADDR": ":1"}
    settings = Own.parse(["--events-addr=http://flag"], environment)
    assert (settings.storage_path, settings.events_addr, settings.metrics_addr) == ("/env", "http://flag", ":1")


def test_the_namespace_to_watch_follows_the_flag() -> None:
    environment = {"RUNTIME_NAMESPACE": "flux-system"}
    assert Settings.parse([], environment).watch_namespace == ""
    assert Settings.parse(["--watch-all-namespaces=false"], environment).watch_namespace == "flux-system"


def test_each_shard_has_a_lease_of_its_own() -> None:
    assert Settings.parse([], {}).lease_name("source-controller") == "source-controller-leader-election"
    sharded = Settings.parse(["--watch-label-selector=sharding.fluxcd.io/key=shard1"], {})
    # printf %s 'sharding.fluxcd.io/key=shard1' | sha256sum
    assert sharded.lease_name("source-controller") == "source-controller-leader-election-" + SHARD1


SHARD1 = "73fdc1be"


def test_a_gate_must_be_declared_to_be_asked_for() -> None:
    settings = Own.parse([], {})
    assert settings.enabled("On")
    assert not settings.enabled("Off")
    with pytest.raises(KeyError):
        settings.enabled("Nope")


def test_gates_that_were_switched_and_make_no_difference_are_known() -> None:
    assert Own.parse(["--feature-gates=Moot=false,Off=true,Never=false"], {}).moot_gates == {"Moot": "it is so anyway"}
    assert Own.parse(["--feature-gates=Moot=true"], {}).moot_gates == {}


def test_the_help_names_every_flag() -> None:
    text = flags.usage(Own, "sluice-x")
    for _, flag in flags.flags_of(Own):
        assert f"--{flag.name}\n" in text
    assert "STORAGE_PATH" in text
