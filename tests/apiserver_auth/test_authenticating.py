import pytest
from multidict import CIMultiDict
from tests.apiserver_auth.conftest import GROUP, Object, Yard

from sluice.apiserver import access, auth, errors

CERTIFICATE = {"subject": ((("organizationName", "devs"),), (("organizationName", "ops"),), (("commonName", "ann"),))}


def rule(resource: str, *names: str, group: str = "") -> Object:
    named = {"resourceNames": list(names)} if names else {}
    return {"apiGroups": [group], "resources": [resource], "verbs": ["impersonate"], **named}


def test_a_request_without_credentials_is_nobodys(yard: Yard) -> None:
    assert yard.authenticator.authenticate({}, None) == access.ANONYMOUS
    assert yard.authenticator.authenticate({"Authorization": "Basic YTpi"}, None) == access.ANONYMOUS
    strict = auth.Authenticator(yard.cluster, key=yard.key, authorizer=yard.authorizer, anonymous=False)
    with pytest.raises(access.AuthenticationError):
        strict.authenticate({}, None)


def test_a_certificate_names_user_and_groups(yard: Yard) -> None:
    user = yard.authenticator.authenticate({}, CERTIFICATE)
    assert (user.name, user.groups) == ("ann", ("devs", "ops", "system:authenticated"))


def test_a_static_token_stands_for_its_user(yard: Yard) -> None:
    tokens = {"s3cret": access.User(name="source", groups=("g",)), "other": access.User(name="o")}
    known = auth.Authenticator(yard.cluster, key=yard.key, authorizer=yard.authorizer, tokens=tokens)
    user = known.authenticate(CIMultiDict(authorization="bearer s3cret"), None)
    assert (user.name, user.groups) == ("source", ("g", "system:authenticated"))
    with pytest.raises(access.AuthenticationError):
        known.authenticate({"Authorization": "Bearer s3cre"}, None)


def test_who_may_impersonate_acts_as_somebody_else_entirely(yard: Yard) -> None:
    rules = (
        rule("users", "bob"),
        rule("groups", "team"),
        rule("userextras/scopes", group="authentication.k8s.io"),
        rule("uids", group="authentication.k8s.io"),
    )
    yard.role("actor", *rules)
    yard.bind("a", "actor", {"apiGroup": GROUP, "kind": "User", "name": "ann"})
    headers = CIMultiDict(
        [
            ("Impersonate-User", "bob"),
            ("Impersonate-Group", "team"),
            ("Impersonate-Uid", "7"),
            ("Impersonate-Extra-Scopes", "one"),
            ("impersonate-extra-scopes", "two"),
        ]
    )
    user = yard.authenticator.authenticate(headers, CERTIFICATE)
    assert user == access.User(
        name="bob", groups=("team", "system:authenticated"), uid="7", extra={"scopes": ("one", "two")}
    )
    headers.add("Impersonate-Group", "system:masters")
    with pytest.raises(errors.StatusError) as caught:
        yard.authenticator.authenticate(headers, CERTIFICATE)
    assert caught.value.message == (
        'groups "system:masters" is forbidden: User "ann" cannot impersonate resource "groups" in API group "" '
        "at the cluster scope"
    )


def test_impersonating_a_service_account_is_a_right_in_its_namespace_and_brings_its_groups(yard: Yard) -> None:
    yard.role("actor", rule("serviceaccounts", "deployer"))
    yard.bind("a", "actor", {"apiGroup": GROUP, "kind": "User", "name": "ann"}, namespace="apps")
    user = yard.authenticator.authenticate({"Impersonate-User": "system:serviceaccount:apps:deployer"}, CERTIFICATE)
    assert user.groups == ("system:serviceaccounts", "system:serviceaccounts:apps", "system:authenticated")
    with pytest.raises(errors.StatusError) as caught:
        yard.authenticator.authenticate({"Impersonate-User": "system:serviceaccount:default:deployer"}, CERTIFICATE)
    assert caught.value.message == (
        'serviceaccounts "deployer" is forbidden: User "ann" cannot impersonate resource "serviceaccounts" '
        'in API group "" in the namespace "default"'
    )


def test_anonymous_can_be_impersonated_and_stays_unauthenticated(yard: Yard) -> None:
    root = {"subject": ((("organizationName", "system:masters"),), (("commonName", "root"),))}
    user = yard.authenticator.authenticate({"Impersonate-User": "system:anonymous"}, root)
    assert user.groups == ("system:unauthenticated",)


def test_groups_without_a_user_make_no_sense(yard: Yard) -> None:
    with pytest.raises(errors.StatusError, match="without impersonating a user") as caught:
        yard.authenticator.authenticate({"Impersonate-Group": "x"}, CERTIFICATE)
    assert caught.value.code == 400
