"""A scenario is drawn from a seed: which faults, when, on what; the same for the same seed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Final


class Act(StrEnum):
    """What can be done to a fleet."""

    KILL_CHILD = "kill_child"
    KILL = "kill"
    STOP = "stop"
    SECOND_BEAT = "second_beat"
    REDIS_RESTART = "redis_restart"
    REDIS_WIPE = "redis_wipe"
    REDIS_FLUSH = "redis_flush"
    REDIS_PAUSE = "redis_pause"
    REDIS_FULL = "redis_full"
    RABBIT_RESTART = "rabbit_restart"
    RABBIT_PURGE = "rabbit_purge"
    RABBIT_PAUSE = "rabbit_pause"
    POSTGRES_RESTART = "postgres_restart"
    SQLITE_LOCK = "sqlite_lock"
    PROXY = "proxy"
    WRITE = "write"
    EFFECT = "effect"
    KILL_AT_EFFECT = "kill_at_effect"
    ERRAND = "errand"
    CHORE = "chore"
    RING = "ring"
    CUT = "cut"
    HALF_OPEN = "half_open"
    MAIL = "mail"
    MAIL_DOWN = "mail_down"
    KILL_AT_ACCEPT = "kill_at_accept"
    POISON_RUN = "poison_run"
    GLUTTON = "glutton"
    POISON_MAIL = "poison_mail"
    OLD_MESSAGES = "old_messages"
    REPEAT_MESSAGES = "repeat_messages"
    CLOCK_STEP = "clock_step"
    BEAT_DOWN = "beat_down"
    AWAY = "away"


@dataclass(frozen=True)
class Fault:
    """One act: seconds after the fleet works, on what, in which way, for how many seconds."""

    at: float
    act: Act
    target: str = ""
    mode: str = ""
    seconds: float = 0.0
    number: int = 0

    def __str__(self) -> str:
        words = [self.act.value, self.target, self.mode]
        lasting = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.at:.1f} s: {' '.join(word for word in words if word)}{lasting}"


BRINGS_ITS_JOB = (
    Act.POISON_RUN,
    Act.POISON_MAIL,
    Act.GLUTTON,
    Act.CHORE,
    Act.ERRAND,
    Act.RING,
)
SQLITE, POSTGRESQL = "sqlite", "postgresql"
REDIS, RABBITMQ = "redis", "rabbitmq"
ODOO_MODES = ("cut_before", "cut_during", "cut_after", "stall", "rubbish", "refuse", "slow")
WRITE_MODES = ("cut_before", "cut_during", "cut_after", "rubbish", "stall")
HOOK_MODES = ("refuse", "stall", "rubbish", "slow", "cut_after")
BROKEN_MODES = ("refuse", "stall", "rubbish", "slow")
MAIL_MODES = ("slow", "not_now", "never", "hang", "swallow")
# What may be away for long, and what of a lane that is.
AWAY: Final = {"odoo": "odoo", "mail": "mail", "ledger": "postgres", "broker": "redis"}
SPANS: Final = {"20_minutes": 1_200, "three_hours": 10_800, "a_day": 86_400}
PARTS = ("batch", "delivery", "events", "beat")
SHARE_OF_RABBITMQ = 0.2
Draw = Callable[[Random], Sequence[Fault]]


@dataclass(frozen=True)
class Scenario:
    """What is done to one fleet, from first slot to quiet."""

    seed: int
    kind: str
    ledger: str
    faults: tuple[Fault, ...]
    sabotage: str = ""
    jobs: tuple[str, ...] = field(default=("pulse", "tally"))
    broker: str = REDIS

    def __str__(self) -> str:
        where = f"{self.ledger} and {self.broker}"
        return f"seed {self.seed}: {self.kind} on {where}: " + "; ".join(map(str, self.faults))

    @property
    def outage(self) -> bool:
        """Whether something is down for so long that slots pass, by clocks that are moved."""
        return self.has(Act.BEAT_DOWN, Act.AWAY)

    def has(self, *acts: Act) -> bool:
        """Whether one of the acts is done."""
        return any(fault.act in acts for fault in self.faults)


def draw(seed: int) -> Scenario:
    """The scenario of a seed; kinds take turns, all else is chance."""
    kind = tuple(KINDS)[seed % len(KINDS)]
    return make(seed, kind)


def make(seed: int, kind: str, ledger: str = "", sabotage: str = "") -> Scenario:
    """A scenario of this kind."""
    chance = Random(f"{kind}-{seed}")
    ledger = ledger or chance.choice((SQLITE, POSTGRESQL))
    if "postgres" in kind or kind.startswith("ledger_away"):
        ledger = POSTGRESQL
    if "sqlite" in kind:
        ledger = SQLITE
    faults = sorted(KINDS[kind](chance), key=lambda fault: fault.at)
    broker = _broker(kind, faults, chance)
    return Scenario(seed, kind, ledger, tuple(faults), sabotage, _jobs(faults), broker)


def _broker(kind: str, faults: Sequence[Fault], chance: Random) -> str:
    if any(kind_of_fault.startswith("redis") for kind_of_fault in _touched(faults)):
        return REDIS
    return RABBITMQ if kind.startswith("rabbit") or chance.random() < SHARE_OF_RABBITMQ else REDIS


def _touched(faults: Sequence[Fault]) -> list[str]:
    return [word for fault in faults for word in (fault.act.value, fault.target)]


def _jobs(faults: Sequence[Fault]) -> tuple[str, ...]:
    if any(fault.act is Act.AWAY for fault in faults):
        return ("tally",)
    if any(fault.act is Act.BEAT_DOWN for fault in faults):
        return ("tally", "recent", "newest", "punctual")
    extra = [fault.act.value for fault in faults if fault.act in BRINGS_ITS_JOB]
    return ("pulse", "tally", *extra)


def _several(act: Act, target: str, most: int = 3) -> Draw:
    def drawn(chance: Random) -> Sequence[Fault]:
        times = [_when(chance) for _ in range(chance.randint(1, most))]
        return [Fault(at, act, target, number=chance.randint(0, 9)) for at in times]

    return drawn


def _once(act: Act, target: str = "", mode: str = "", longest: float = 0.0) -> Draw:
    def drawn(chance: Random) -> Sequence[Fault]:
        seconds = chance.uniform(longest / 3, longest)
        return [Fault(_when(chance), act, target, mode, seconds, chance.randint(0, 9))]

    return drawn


def _all(*draws: Draw) -> Draw:
    return lambda chance: [fault for drawn in draws for fault in drawn(chance)]


def _kills(when: str) -> Draw:
    """One to three times, each at another write."""

    def drawn(chance: Random) -> Sequence[Fault]:
        times = [_when(chance) + 2 * number for number in range(chance.randint(1, 3))]
        return [Fault(at, Act.KILL_AT_EFFECT, mode=when) for at in times]

    return drawn


def _storm(chance: Random) -> Sequence[Fault]:
    kinds = chance.sample(MIXABLE, 3)
    return [fault for kind in kinds for fault in KINDS[kind](chance)]


def _beat_down(seconds: float) -> Draw:
    return lambda chance: [Fault(_when(chance), Act.BEAT_DOWN, seconds=seconds)]


def _away(target: str, seconds: float) -> Draw:
    return lambda chance: [Fault(_when(chance), Act.AWAY, target, seconds=seconds)]


def _when(chance: Random) -> float:
    return chance.uniform(0.0, 2.0)


KINDS: Final[Mapping[str, Draw]] = {
    "run_killed": _several(Act.KILL_CHILD, "batch"),
    "sender_killed": _several(Act.KILL_CHILD, "delivery"),
    "sender_killed_at_accept": _several(Act.KILL_AT_ACCEPT, "delivery"),
    "workers_killed": _all(_several(Act.KILL, "batch", 2), _several(Act.KILL, "delivery", 2)),
    "dispatch_killed": _all(_several(Act.KILL_CHILD, "events"), _several(Act.KILL, "events", 1)),
    "beat_killed": _several(Act.KILL, "beat", 2),
    "all_killed": _all(*(_several(Act.KILL, part, 1) for part in PARTS)),
    "two_beats": _once(Act.SECOND_BEAT),
    "workers_stopped": _all(_once(Act.STOP, "batch"), _once(Act.STOP, "delivery")),
    "redis_restarted": _once(Act.REDIS_RESTART, longest=1.5),
    "redis_wiped": _once(Act.REDIS_WIPE, longest=0.5),
    "redis_flushed": _several(Act.REDIS_FLUSH, "redis"),
    "redis_paused": _once(Act.REDIS_PAUSE, longest=3.0),
    "redis_full": _once(Act.REDIS_FULL, longest=2.0),
    "redis_cut": _several(Act.CUT, "redis"),
    "redis_half_open": _once(Act.HALF_OPEN, "redis"),
    **{f"redis_{mode}": _once(Act.PROXY, "redis", mode, 2.0) for mode in BROKEN_MODES},
    "rabbit_restarted": _once(Act.RABBIT_RESTART, longest=1.5),
    "rabbit_purged": _several(Act.RABBIT_PURGE, "rabbit"),
    "rabbit_paused": _once(Act.RABBIT_PAUSE, longest=3.0),
    "rabbit_cut": _several(Act.CUT, "rabbit"),
    "rabbit_half_open": _once(Act.HALF_OPEN, "rabbit"),
    **{f"rabbit_{mode}": _once(Act.PROXY, "rabbit", mode, 2.0) for mode in BROKEN_MODES},
    "postgres_restarted": _once(Act.POSTGRES_RESTART, longest=1.0),
    "postgres_cut": _several(Act.CUT, "postgres"),
    "postgres_half_open": _once(Act.HALF_OPEN, "postgres"),
    **{f"postgres_{mode}": _once(Act.PROXY, "postgres", mode, 2.0) for mode in BROKEN_MODES},
    "sqlite_locked": _once(Act.SQLITE_LOCK, longest=2.0),
    **{f"odoo_{mode}": _once(Act.PROXY, "odoo", mode, 2.0) for mode in ODOO_MODES},
    "odoo_half_open": _several(Act.HALF_OPEN, "odoo"),
    **{f"mail_{mode}": _once(Act.MAIL, "mail", mode, 2.0) for mode in MAIL_MODES},
    "mail_down": _once(Act.MAIL_DOWN, longest=2.0),
    "mail_cut": _several(Act.CUT, "smtp"),
    "mail_rubbish": _once(Act.PROXY, "smtp", "rubbish", 2.0),
    "mail_answer_lost": _once(Act.PROXY, "smtp", "cut_after", 1.0),
    **{
        f"write_{mode}": _all(_once(Act.CHORE), _once(Act.WRITE, "odoo", mode, 8.0))
        for mode in WRITE_MODES
    },
    **{
        f"effect_{mode}": _all(_once(Act.ERRAND), _once(Act.EFFECT, "odoo", mode, 8.0))
        for mode in WRITE_MODES
    },
    **{
        f"effect_killed_{when}": _all(_once(Act.ERRAND), _kills(when))
        for when in ("before", "during", "after")
    },
    **{
        f"effect_{name}": _all(_once(Act.ERRAND), drawn)
        for name, drawn in {
            "workers_killed": _all(
                _several(Act.KILL_CHILD, "effects"), _several(Act.KILL, "effects", 1)
            ),
            "odoo_refuse": _once(Act.PROXY, "odoo", "refuse", 3.0),
            "redis_restarted": _once(Act.REDIS_RESTART, longest=1.5),
            "redis_flushed": _several(Act.REDIS_FLUSH, "redis"),
            "postgres_restarted": _once(Act.POSTGRES_RESTART, longest=1.0),
            "postgres_cut": _several(Act.CUT, "postgres"),
            "sqlite_locked": _once(Act.SQLITE_LOCK, longest=2.0),
        }.items()
    },
    "writer_killed": _all(_once(Act.CHORE), _several(Act.KILL_CHILD, "delivery")),
    **{
        f"hook_{mode}": _all(_once(Act.RING), _once(Act.PROXY, "hook", mode, 8.0))
        for mode in HOOK_MODES
    },
    "poison_run": _once(Act.POISON_RUN),
    "poison_mail": _once(Act.POISON_MAIL),
    "run_grows": _once(Act.GLUTTON),
    "old_messages": _several(Act.OLD_MESSAGES, ""),
    "repeated_messages": _several(Act.REPEAT_MESSAGES, ""),
    "clock_stepped": _once(Act.CLOCK_STEP, longest=2.0),
    "beat_down_an_hour": _beat_down(3_600),
    "beat_down_a_day": _beat_down(86_400),
    **{
        f"{what}_away_{span}": _away(target, seconds)
        for what, target in AWAY.items()
        for span, seconds in SPANS.items()
    },
    "storm": _storm,
}

MIXABLE: Final = (
    "run_killed",
    "sender_killed",
    "beat_killed",
    "two_beats",
    "redis_restarted",
    "redis_flushed",
    "redis_cut",
    "odoo_cut_during",
    "odoo_stall",
    "mail_not_now",
    "mail_slow",
    "mail_cut",
)
