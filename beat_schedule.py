"""The timetable, built from what the jobs declare; `python -m beat_schedule` prints it.

Beat has one entry per job and looks every minute. Which slots are due is computed from the job's
crontab in each company's time zone and remembered in the ledger, so two beats do no harm.
"""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab, schedule

from tasks import catalogue


def entries(tick_seconds: float, events_seconds: float | None) -> dict[str, dict[str, Any]]:
    """Celery's `beat_schedule`: an entry per job, and the fleet's own.

    events_seconds: how often events are taken up; None where no tenant has a source of any.
    """
    every = schedule(timedelta(seconds=tick_seconds))
    # A tick that waited longer than this is worthless: the next one does the same.
    options = {"expires": max(tick_seconds, 1)}
    own = {
        "recover": {"task": "fleet.recover", "schedule": every, "options": options},
        "deliver": {"task": "fleet.deliver", "schedule": every, "options": options},
        # Off the hour and before the working day.
        "compare": {"task": "fleet.compare", "schedule": crontab(minute=17, hour=3)},
        "trim": {"task": "fleet.trim", "schedule": crontab(minute=41, hour=2)},
    }
    if events_seconds is not None:
        own["listen"] = {
            "task": "fleet.listen",
            "schedule": schedule(timedelta(seconds=events_seconds)),
            "options": {"expires": max(events_seconds, 1)},
        }
        own["feed"] = {
            "task": "fleet.feed",
            "schedule": crontab(),
            "options": {"expires": 60},
        }
    return own | {
        f"dispatch-{name}": {
            "task": "fleet.dispatch",
            "args": (name,),
            "schedule": every,
            "options": options,
        }
        for name in catalogue.jobs()
    }


def timetable() -> str:
    """The jobs with their crontabs, one per line."""
    width = max(map(len, catalogue.jobs()))
    return "\n".join(
        f"{name:{width}}  {job.cron.line:16}  {job.title}" for name, job in catalogue.jobs().items()
    )


if __name__ == "__main__":
    print(timetable())
