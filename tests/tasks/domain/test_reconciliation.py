"""Whatever is found and remembered, every finding is told once and nothing is lost."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.cases import ChangeKind, OpenCase, Reconciliation, reconcile
from tasks.domain.findings import Finding, Severity
from tasks.domain.texts import Text

TODAY = date(2026, 11, 23)

findings = st.dictionaries(st.integers(1, 9), st.sampled_from(Severity)).map(
    lambda found: [finding(number, severity) for number, severity in found.items()]
)


def finding(number: int, severity: Severity) -> Finding:
    return Finding(
        key=f"order-{number}",
        severity=severity,
        title=Text("blocked"),
        reason=Text("no price"),
        remedy=Text("set it"),
        owner="Ann",
        model="sale.order",
        record_id=number,
        url="http://odoo.example/1",
    )


def remembered(known: list[Finding]) -> list[OpenCase]:
    return [OpenCase(one, opened_on=TODAY, spoken_on=TODAY) for one in known]


def keys(result: Reconciliation) -> list[str]:
    changed = [change.finding.key for change in result.changes]
    return sorted([*changed, *(one.key for one in result.unchanged)])


@given(findings, findings)
def test_every_finding_and_every_case_is_told_once(
    seen: list[Finding], known: list[Finding]
) -> None:
    result = reconcile(seen, remembered(known), TODAY)
    assert keys(result) == sorted({one.key for one in [*seen, *known]})


@given(findings, findings)
def test_what_is_gone_is_resolved_and_nothing_else(
    seen: list[Finding], known: list[Finding]
) -> None:
    result = reconcile(seen, remembered(known), TODAY)
    resolved = {c.finding.key for c in result.changes if c.kind is ChangeKind.RESOLVED}
    assert resolved == {one.key for one in known} - {one.key for one in seen}


@given(findings, findings)
def test_the_order_of_findings_and_cases_does_not_matter(
    seen: list[Finding], known: list[Finding]
) -> None:
    one = reconcile(seen, remembered(known), TODAY)
    other = reconcile(seen[::-1], remembered(known[::-1]), TODAY)
    assert set(one.changes) == set(other.changes)
    assert set(one.unchanged) == set(other.unchanged)


@given(findings)
def test_the_same_findings_again_say_nothing(seen: list[Finding]) -> None:
    assert reconcile(seen, remembered(seen), TODAY).changes == ()


@given(findings, findings)
def test_cases_in_doubt_are_left_alone(seen: list[Finding], known: list[Finding]) -> None:
    result = reconcile(seen, remembered(known), TODAY, in_doubt=lambda one: True)
    assert keys(result) == []
