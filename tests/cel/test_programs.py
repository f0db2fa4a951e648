import pytest

from sluice import cel

OBJECT = {
    "metadata": {"generation": 2, "labels": {"tier": "web"}},
    "spec": {"replicas": 3, "ratio": 0.5, "name": "Hello World", "tags": ["a", "b"], "none": None},
    "status": {
        "observedGeneration": 2,
        "conditions": [{"type": "Ready", "status": "True"}, {"type": "Stalled", "status": "False"}],
    },
}


def evaluate(expression: str) -> object:
    return cel.compile(expression, variables={"self": object}).evaluate(self=OBJECT)


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("has(self.spec.replicas) && !has(self.spec.nope)", True),
        ("has(self.spec.none) && self.spec.none == null", True),
        ("self.spec.tags.size() + size(self.spec.name)", 13),
        ("self.spec.name.matches('^H.*d$') && self.spec.name.startsWith('He') && self.spec.name.contains('o W')", True),
        ("self.spec.name.lowerAscii().split(' ').join('-').replace('h', 'j')", "jello-world"),
        ("self.status.conditions.filter(c, c.type == 'Ready').all(c, c.status == 'True')", True),
        ("self.status.conditions.exists(c, c.type == 'Nope')", False),
        ("self.spec.tags.map(t, t + '!')", ["a!", "b!"]),
        ("'tier' in self.metadata.labels && self.metadata.labels.all(k, k.size() > 1)", True),
        ("self.spec.replicas == 3.0 && self.spec.replicas > 2.5 && self.spec.ratio < 1", True),
        ("self.spec.replicas == '3'", False),
        ("7 % 3 + -7 / 2", -2),
        ("true || self.missing", True),
        ("self.missing || true", True),
        ("self.?spec.?missing.orValue('none')", "none"),
        ("self.?spec.?replicas.hasValue()", True),
        ("duration('1h') > duration('30m')", True),
        ("timestamp('2024-02-29T00:00:00Z').getFullYear()", 2024),
        ("{'a': [1, 2.5, null, b'x']}", {"a": [1, 2.5, None, b"x"]}),
        ("type(self.spec.replicas) == int ? 'int' : 'other'", "int"),
    ],
)
def test_the_language_kubernetes_users_write(expression: str, result: object) -> None:
    assert evaluate(expression) == result


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("self.spec.missing == 1", "no such key: missing"),
        ("self.spec.tags[7]", "index out of bounds: 7"),
        ("1 / 0", "division by zero"),
        ("self.spec + 1", "no such overload"),
        ("optional.of(1)", "the result of the expression is or holds an optional value"),
        ("'a'.matches('(')", "invalid regular expression: missing ): ("),
    ],
)
def test_failures_are_worded_as_kubernetes_words_them(expression: str, message: str) -> None:
    with pytest.raises(cel.EvaluationError) as caught:
        evaluate(expression)

    assert str(caught.value) == message


@pytest.mark.parametrize("expression", ["self.", "nope(1)", "other.spec", "1 == 'a'", "x" * (cel.MAX_LENGTH + 1)])
def test_what_is_no_expression_does_not_compile(expression: str) -> None:
    with pytest.raises(cel.CompileError) as caught:
        evaluate(expression)

    assert "INVALID_ARGUMENT" not in str(caught.value)


def test_what_an_expression_results_in_is_known_before_it_is_evaluated() -> None:
    assert cel.compile("self == 1", variables={"self": object}).result == "bool"
    assert cel.compile("'a' + 'b'", variables={}).result == "string"
    assert cel.compile("self", variables={"self": "dyn"}).result == "dyn"


def test_a_variable_may_be_typed() -> None:
    assert cel.compile("n + 1", variables={"n": int}).evaluate(n=1) == 2
    with pytest.raises(cel.CompileError):
        cel.compile("n + 1", variables={"n": str})


def test_a_compiled_expression_is_kept() -> None:
    assert cel.compile("1 + 1", variables={}) is cel.compile("1 + 1", variables={})


def test_an_expression_over_a_missing_variable_fails() -> None:
    with pytest.raises(cel.EvaluationError):
        cel.compile("self", variables={"self": object}).evaluate()


def test_endless_iteration_is_cut_short() -> None:
    program = cel.compile("self.all(a, self.all(b, self.all(c, a + b + c >= 0)))", variables={"self": object})

    with pytest.raises(cel.EvaluationError, match="too many iterations"):
        program.evaluate(self=list(range(200)))


def test_depth_is_bounded() -> None:
    with pytest.raises(cel.CELError):
        cel.compile("[1]" + ".map(x, x)" * 2000, variables={}).evaluate()


def test_numbers_beyond_64_bits_are_refused() -> None:
    with pytest.raises(cel.EvaluationError):
        cel.compile("self", variables={"self": object}).evaluate(self=2**70)
