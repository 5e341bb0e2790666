"""What all parts of the firm share: its database, its chance, its days, companies and clock."""

import random
import time
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

ZONES = ["Europe/Brussels", "America/New_York", "Asia/Kolkata", "Australia/Sydney"]
QUIET = {"tracking_disable": True, "mail_create_nolog": True, "no_reset_password": True}


@dataclass
class Firm:
    """The firm while it is being made; days count back from the day it is looked at."""

    env: Any
    chance: random.Random
    today: date
    size: int
    orders_wanted: int
    companies: Any = None
    people: list[Any] = field(default_factory=list)
    posts: dict[int, list[tuple[int, int | bool]]] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    steps: dict[str, float] = field(default_factory=dict)

    def ago(self, days: int) -> date:
        """That many days before today."""
        return self.today - timedelta(days=days)

    def noon(self, days: int) -> datetime:
        """Noon UTC, that many days before today: the same day in every zone of the firm."""
        return datetime.combine(self.ago(days), datetime.min.time()) + timedelta(hours=12)

    @property
    def last_week(self) -> date:
        """Monday of the last complete week."""
        return self.today - timedelta(days=self.today.weekday() + 7)

    @property
    def last_month(self) -> date:
        """First day of the last complete month."""
        return (self.today.replace(day=1) - timedelta(days=1)).replace(day=1)

    def done(self, step: str) -> None:
        """Keep how long a step took, and what it made."""
        self.env.flush_all()
        now = time.monotonic()
        self.steps[step] = round(now - self.began, 1)
        self.began = now


def of(env: Any, today: str, seed: int, size: int, orders: int) -> Firm:
    """The two companies of the demo, and no people yet."""
    companies = env["res.company"].search([], order="id", limit=2)
    context = {**env.context, **QUIET, "allowed_company_ids": companies.ids, "tz": "UTC"}
    env = env(context=context)
    companies = env["res.company"].browse(companies.ids)
    return Firm(env, random.Random(seed), date.fromisoformat(today), size, orders, companies)
