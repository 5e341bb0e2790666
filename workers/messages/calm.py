"""When a mail may go out: not at night, not on a day off, not more often than people can bear."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from workers.config.tenants import MailSettings

MORNING: Final = time(8)
# Longer than any run of quiet days, so that a search ends.
DAYS_AHEAD: Final = 14


@dataclass(frozen=True)
class Calm:
    """What a tenant asks of mails, in the zone of one reader."""

    settings: MailSettings
    zone: ZoneInfo

    def send_at(self, now: datetime, *, to_role: bool) -> datetime:
        """The first instant from `now` on that is not quiet; quiet days are those of roles.

        People are written to on their own working days, which their jobs know.
        """
        local = now.astimezone(self.zone)
        days = self.settings.quiet_days if to_role else ()
        for _ in range(DAYS_AHEAD):
            local = self._after_night(local)
            if local.strftime("%A").lower() not in days:
                break
            local = self._at(local + timedelta(days=1), time())
        return max(now, local.astimezone(now.tzinfo))

    def digest_at(self, now: datetime) -> datetime:
        """The next moment at which digests go out."""
        if self.settings.digest_at is None:
            return now
        local = now.astimezone(self.zone)
        today = self._at(local, self.settings.digest_at)
        at = today if today >= local else self._at(local + timedelta(days=1), today.time())
        return at.astimezone(now.tzinfo)

    def after_cap(self, sent: Sequence[datetime], now: datetime) -> datetime | None:
        """When a reader may be written to again who got these mails; None when now.

        Mornings of days and Mondays of weeks, both of the reader.
        """
        local = now.astimezone(self.zone)
        monday = local.date() - timedelta(days=local.weekday())
        # What a clock sent that ran ahead counts for no day that has not come.
        days = [instant.astimezone(self.zone).date() for instant in sent if instant <= now]
        of_week = [day for day in days if day >= monday]
        if _reached(len(of_week), self.settings.cap_per_week):
            return self._at(local + timedelta(days=7 - local.weekday()), MORNING)
        if _reached(days.count(local.date()), self.settings.cap_per_day):
            return self._at(local + timedelta(days=1), MORNING)
        return None

    def week_began(self, now: datetime) -> datetime:
        """Since when mails count towards the caps."""
        local = now.astimezone(self.zone)
        return self._at(local - timedelta(days=local.weekday()), time())

    def _after_night(self, local: datetime) -> datetime:
        """The end of the quiet hours that hold `local`, else `local`."""
        hours = self.settings.quiet
        if hours is None:
            return local
        start, end = hours
        clock = local.time()
        if start <= end:
            return self._at(local, end) if start <= clock < end else local
        if clock >= start:
            return self._at(local + timedelta(days=1), end)
        return self._at(local, end) if clock < end else local

    def _at(self, day: datetime, clock: time) -> datetime:
        return datetime.combine(day.date(), clock, self.zone)


def _reached(count: int, cap: int) -> bool:
    return cap > 0 and count >= cap
