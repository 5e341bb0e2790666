"""When the jobs of a scenario are due and which slots must run, said without the fleet's code."""

from datetime import UTC, datetime, timedelta

from tests.chaos.scenario import Act, Scenario

EVERY_SECONDS = 4
SPAN_SECONDS = 12
# Slots lie so far from an outage's ends that nobody needs to know these to the minute.
HALF_AN_HOUR = timedelta(minutes=30)
A_QUARTER = timedelta(minutes=15)
# Of an outage of 20 minutes so much is left then that whoever finds it, gathered mails too, tells.
A_SIXTH = 1 / 6
CAUGHT_UP = {"tally": timedelta(days=1), "recent": timedelta(hours=6), "punctual": timedelta(0)}


def slots_of(job: str, since: datetime) -> list[datetime]:
    """A job's slots: some are missed already when the scenario begins, the rest come due in it.

    A poison has but one, because each takes its attempts and leases.
    """
    first = int(since.timestamp()) + 1
    seconds = range(first, first + SPAN_SECONDS)
    due = [datetime.fromtimestamp(s, UTC) for s in seconds if s % EVERY_SECONDS == 0]
    return due[:1] if job.startswith("poison") else due


def crontab(scenario: Scenario, job: str, since: datetime) -> str:
    """The line that has these slots; where it crosses a minute, it has more of them later."""
    if scenario.outage:
        return f"{(since + _first_after(scenario)).minute} * * * *"
    due = slots_of(job, since)
    fields = [sorted({slot.second for slot in due}), sorted({slot.minute for slot in due})]
    return " ".join([*(",".join(map(str, field)) for field in fields), "* * * *"])


def expected(scenario: Scenario, job: str, since: datetime, until: datetime) -> list[datetime]:
    """The slots that must have run when it is `until`."""
    if scenario.outage:
        return _after_outage(scenario, job, since, until)
    return [slot for slot in slots_of(job, since) if slot <= until]


def allowed(scenario: Scenario, job: str, slot: datetime, since: datetime, until: datetime) -> bool:
    """Whether a run of this slot may be: after an outage none but the expected."""
    if scenario.outage:
        return slot in _after_outage(scenario, job, since, until)
    return slot > since and int(slot.timestamp()) % EVERY_SECONDS == 0


def _first_after(scenario: Scenario) -> timedelta:
    if not scenario.has(Act.AWAY):
        return HALF_AN_HOUR
    (fault,) = scenario.faults
    return min(A_QUARTER, timedelta(seconds=fault.seconds * A_SIXTH))


def _after_outage(scenario: Scenario, job: str, since: datetime, until: datetime) -> list[datetime]:
    missed = _hourly(since + _first_after(scenario), until)
    if job == "newest":
        return missed[-1:]
    return [slot for slot in missed if slot > until - CAUGHT_UP[job]]


def _hourly(first: datetime, until: datetime) -> list[datetime]:
    first = first.replace(second=0, microsecond=0)
    hours = int((until - first) / timedelta(hours=1)) + 1
    return [first + timedelta(hours=hour) for hour in range(hours)]
