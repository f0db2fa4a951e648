import pytest

from sluice import cel


def evaluate(expression: str) -> object:
    return cel.compile(expression, variables={"l": object}).evaluate(l=["a", "b", "b"])


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("l.isSorted() && ![2, 1].isSorted()", True),
        ("[1, 2, 3].sum() == 6 && [3, 1].min() == 1 && [3, 1].max() == 3", True),
        ("[l.indexOf('b'), l.lastIndexOf('b'), l.indexOf('x')]", [1, 2, -1]),
        ("'abc'.indexOf('c')", 2),
        ("[3, 1, 2].sort().slice(0, 2)", [1, 2]),
        ("l.distinct() == [['a'], ['b']].flatten()", True),
        ("lists.range(3)", [0, 1, 2]),
        ("sets.contains(l, ['a']) && sets.equivalent(l, ['b', 'a']) && !sets.intersects(l, ['x'])", True),
        ("'abc123'.find('[0-9]+') + 'x'.find('[0-9]')", "123"),
        ("'a1b2c3'.findAll('[0-9]', 2)", ["1", "2"]),
        ("isURL('https://example.com/x') && isURL('/x') && !isURL('x')", True),
        ("url('https://example.com:80/a b?k=v').getHost()", "example.com:80"),
        ("url('https://[::1]:80/a').getHostname() + url('https://h:1/').getPort()", "::11"),
        ("url('https://h/a b?k=v&k=w').getQuery()['k']", ["v", "w"]),
        ("url('https://h/a b').getEscapedPath()", "/a%20b"),
        ("isIP('10.0.0.1') && isIP('::1') && !isIP('10.0.0.256')", True),
        ("ip('::1').family() == 6 && ip('127.0.0.1').isLoopback()", True),
        ("cidr('10.0.0.0/8').containsIP('10.1.1.1') && cidr('10.0.0.0/8').containsCIDR(cidr('10.1.0.0/16'))", True),
        ("isCIDR('10.0.0.1') || cidr('10.0.0.0/8').containsCIDR('::/0')", False),
        ("cidr('192.168.0.1/24').masked()", "192.168.0.0/24"),
        ("quantity('1Gi').isGreaterThan(quantity('500Mi'))", True),
        ("quantity('1000m') == quantity('1')", True),
        ("quantity('1.5').add(quantity('500m')).asInteger()", 2),
        ("quantity('1').sub(2).sign()", -1),
        ("isQuantity('1e3') && !isQuantity('1 Gi')", True),
        ("quantity('250m').asApproximateFloat()", 0.25),
    ],
)
def test_functions_kubernetes_adds(expression: str, result: object) -> None:
    assert evaluate(expression) == result


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("[].min()", "min called on empty list"),
        ("[1].slice(1, 3)", "cannot slice"),
        ("lists.range(100000)", "limited"),
        ("quantity('many')", "quantities must match"),
        ("quantity('1.5').asInteger()", "cannot convert"),
        ("url('x')", "invalid URI"),
        ("ip('x')", "x"),
        ("cidr('10.0.0.1')", "network address parse error"),
    ],
)
def test_their_failures_say_why(expression: str, message: str) -> None:
    with pytest.raises(cel.EvaluationError, match=message):
        evaluate(expression)


@pytest.mark.parametrize("expression", ["sets.contains([optional.none()], [1])", "l.indexOf(optional.none())"])
def test_an_optional_never_reaches_a_function_it_would_crash(expression: str) -> None:
    with pytest.raises(cel.CELError):
        evaluate(expression)
