"""Policies of business units inside one scope."""

from tasks.domain.policy import Policy


class Patience(Policy):
    """How long somebody waits."""

    days: int = 7


def test_a_unit_goes_by_its_own_policy_and_its_versions_and_approvals_are_told() -> None:
    own = Patience(days=3).as_edition("2027-01-01", "Ann")
    of_team = Patience(days=2)
    policy = Patience().with_units({4: own}, {7: of_team})
    assert policy.for_department(4) is own
    assert policy.for_sales_team(7) is of_team
    assert policy.for_department(5) is policy.for_department(None) is policy
    assert {values["days"] for values in policy.versions().values()} == {7, 3, 2}
    assert policy.approvals() == {policy.version: "", own.version: "Ann", of_team.version: ""}
