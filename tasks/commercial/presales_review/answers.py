"""What is found out about each item of a review."""

from typing import Final

from tasks.commercial.presales_review.policy import ReviewItem
from tasks.commercial.presales_review.snapshot import Snapshot, folded
from tasks.domain.checklists import Answer, Result
from tasks.domain.opportunity_fields import called, is_filled
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.records.crm import Opportunity

PASS: Final = Answer(Result.PASS)


def answer(item: ReviewItem, opportunity: Opportunity, snapshot: Snapshot, as_of: AsOf) -> Answer:
    """Whether an item of an opportunity is there."""
    if item.field is not None:
        return _field(item.field, opportunity, snapshot)
    if item.activity_type is not None:
        return _activity((opportunity.id, item.activity_type), snapshot, as_of)
    return _task(item.task or "", opportunity, snapshot)


def _field(name: str, opportunity: Opportunity, snapshot: Snapshot) -> Answer:
    if name in snapshot.hidden:
        return Answer(
            Result.NOT_VERIFIABLE,
            Text("the fleet's user sees no {fields} of opportunities", fields=(name,)),
        )
    if is_filled(opportunity, name):
        return PASS
    return Answer(
        Result.FAIL,
        Text("it lacks: {fields}", fields=(called(name),)),
        Text("fill it in on the opportunity"),
    )


def _activity(step: tuple[int, int], snapshot: Snapshot, as_of: AsOf) -> Answer:
    """Done, or planned for a day that is still to come."""
    if snapshot.done is None:
        return Answer(Result.NOT_VERIFIABLE, Text("what was done is hidden"))
    if step in snapshot.done:
        return PASS
    if snapshot.planned is None:
        return Answer(
            Result.FAIL,
            Text("its activity was not done; whether it is planned is hidden"),
            Text("do it, and mark its activity as done"),
        )
    if step not in snapshot.planned:
        return Answer(
            Result.FAIL,
            Text("its activity was neither done nor planned"),
            Text("plan it, do it, and mark its activity as done"),
        )
    day = snapshot.planned[step]
    if day is not None and day >= as_of.day:
        return Answer(Result.NOT_APPLICABLE, Text("it is planned for {day}", day=day))
    return Answer(
        Result.FAIL,
        Text("it was planned for {day} and is not done", day=day)
        if day
        else Text("it is planned for no day and is not done"),
        Text("do it, and mark its activity as done"),
    )


def _task(name: str, opportunity: Opportunity, snapshot: Snapshot) -> Answer:
    if snapshot.tasks is None:
        return Answer(
            Result.NOT_VERIFIABLE,
            Text("this Odoo shows the fleet's user no tasks that are tied to opportunities"),
        )
    done = snapshot.tasks.get((opportunity.id, folded(name)))
    if done:
        return PASS
    return Answer(
        Result.FAIL,
        Text("there is no task {task}", task=name)
        if done is None
        else Text("the task {task} is not done", task=name),
        Text("make the task, tie it to the opportunity, and do it")
        if done is None
        else Text("do it, and close it"),
    )
