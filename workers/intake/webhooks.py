"""What is posted to us, and who may post it: Odoo's webhooks, and signed ones.

Odoo signs nothing: whoever knows the secret in its path is believed that some record changed, and
that is all. Others sign by the Standard Webhooks specification.

FleetError
  PostRefused       nothing is kept; status and reason are the class's
    NowhereToPost     404  no such tenant or source, or another secret in the path
    NotSigned         401  no signature, or none of ours
    NotOfNow          401  signed too long ago, or ahead
    Replayed          409  the very same post once more
    TooLarge          413
    NotJson           400
    NoEvent           422  it does not say which record changed
    TooMany           429
"""

import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import uuid4

from odoo_gateway.errors import FleetError
from tasks.declaration import CHANGED
from workers.config.signing import sign
from workers.config.sources import WEBHOOKS, Source, SourceKind
from workers.intake.hearing import store
from workers.intake.naming import LONGEST, wrong_name
from workers.ledger import inbox
from workers.ledger.inbox import Event
from workers.wiring import Fleet

BODY_LIMIT: Final = 64 * 1024
# By the specification's advice: how far the sender's clock may be from ours.
TOLERANCE: Final = timedelta(minutes=5)


class PostRefused(FleetError):
    """Nothing of it is kept but that it was refused."""

    status: ClassVar[int]
    reason: ClassVar[str]


class NowhereToPost(PostRefused):
    """All alike, so that nobody learns which part was right."""

    status, reason = 404, "nowhere"


class NotSigned(PostRefused):
    """Not by any secret of the source."""

    status, reason = 401, "unsigned"


class NotOfNow(PostRefused):
    """Its time is not about now."""

    status, reason = 401, "too_old"


class Replayed(PostRefused):
    """Somebody sent a post once more that was taken before."""

    status, reason = 409, "replayed"


class TooLarge(PostRefused):
    """Larger than anything that only names a record."""

    status, reason = 413, "too_large"


class NotJson(PostRefused):
    """Nothing that can be read."""

    status, reason = 400, "not_json"


class NoEvent(PostRefused):
    """It does not say which record changed."""

    status, reason = 422, "no_event"


class TooMany(PostRefused):
    """More than the source, or the client, may send."""

    status, reason = 429, "too_many"


@dataclass(frozen=True)
class Post:
    """What somebody sent, before anything of it is believed."""

    tenant: str
    source: str
    #: What the path ends with; "" where it ends with the source.
    secret: str = field(repr=False)
    #: By their names in small letters.
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def addressed(fleet: Fleet, tenant: str, source: str, secret: str) -> Source:
    """The source that a path leads to. Raises NowhereToPost."""
    known = fleet.settings.tenants.get(tenant)
    found = known.sources.get(source) if known else None
    if found is None or found.settings.kind not in WEBHOOKS:
        raise NowhereToPost("no webhook of that name is configured")
    if found.settings.kind is SourceKind.ODOO_WEBHOOK:
        if not _is_one_of(secret, found.secrets):
            raise NowhereToPost("its path does not end with the secret")
    elif secret:
        raise NowhereToPost("a signed webhook has no secret in its path")
    return found


def _always(post: Post, source: Source) -> None:
    """Where nobody counts."""


def receive(fleet: Fleet, post: Post, admit: Callable[[Post, Source], None] = _always) -> bool:
    """Keep the event that a post tells of; False where it is there already, and all is well.

    admit: raises PostRefused where the source, by whom the post is for sure, sends too many.
    Raises PostRefused, or LedgerError where it cannot be kept: then it should be sent again.
    """
    source = addressed(fleet, post.tenant, post.source, post.secret)
    now = fleet.clock()
    if source.settings.kind is SourceKind.ODOO_WEBHOOK:
        admit(post, source)
        return bool(store(fleet, [_hint(post, now)]))
    stamped = _verified(post, source, now)
    admit(post, source)
    event = _signed(post, stamped)
    if store(fleet, [event]):
        return True
    with fleet.ledger.reading() as connection:
        known = inbox.known(connection, event.tenant, event.source, event.event_id)
    if known is not None and stamped <= known.event.occurred_at:
        raise Replayed("it was sent before, signed at the same time")
    # Its sender has not heard our answer, and stamps each attempt anew.
    return False


def _hint(post: Post, now: datetime) -> Event:
    """Which record changed, of a post of Odoo's that names it; nothing else in it counts."""
    told = _read(post.body)
    model, record_id = told.get("_model"), told.get("_id")
    return _event(post, uuid4().hex, f"{model}.{CHANGED}", model, record_id, now)


def _signed(post: Post, stamped: datetime) -> Event:
    told = _read(post.body)
    about = told.get("data")
    about = about if isinstance(about, dict) else {}
    identity = post.headers["webhook-id"]
    return _event(post, identity, told.get("type"), about.get("model"), about.get("id"), stamped)


def _event(post: Post, event_id: str, kind: Any, model: Any, record_id: Any, at: datetime) -> Event:
    if wrong := wrong_name(kind, model, record_id):
        raise NoEvent(f"nobody can tell which record is meant: {wrong}")
    return Event(post.tenant, post.source, event_id, kind, model, record_id, at)


def _verified(post: Post, source: Source, now: datetime) -> datetime:
    """When it was signed. Raises NotSigned or NotOfNow."""
    identity, stamp = (post.headers.get(f"webhook-{what}", "") for what in ("id", "timestamp"))
    given = post.headers.get("webhook-signature", "").split()
    # The specification keeps dots out of ids, since they part what is signed.
    if not 0 < len(identity) <= LONGEST or "." in identity or not identity.isprintable():
        raise NotSigned("it has no webhook-id")
    if not (stamp.isascii() and stamp.isdigit()) or len(stamp) > len(str(2**40)):
        raise NotSigned("it has no webhook-timestamp")
    ours = [sign(secret, identity, stamp, post.body) for secret in source.secrets]
    if not any(_is_one_of(each, ours) for each in given):
        raise NotSigned("no secret of this source signed it")
    try:
        stamped = datetime.fromtimestamp(int(stamp), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NotOfNow("its time is none") from error
    if abs(now - stamped) > TOLERANCE:
        raise NotOfNow(f"it was signed at {stamped.isoformat()}: send it anew, or set the clock")
    return stamped


def _is_one_of(given: str, known: Iterable[str]) -> bool:
    """In a time that does not tell how much of it was right."""
    found = [hmac.compare_digest(given.encode(), each.encode()) for each in known]
    return any(found)


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotJson("its body is no JSON") from error
    return told if isinstance(told, dict) else {}
