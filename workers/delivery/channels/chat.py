"""A short text into a chat, by the incoming webhooks of Slack, Mattermost, Teams and their kin."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tasks.domain.texts import Text
from tasks.domain.told import ToldFinding
from workers.config.channel_kinds import ChannelKind
from workers.delivery.channels.posting import Endpoint
from workers.language.language import Language, language
from workers.ledger import payloads
from workers.ledger.outbox import Message
from workers.ledger.payloads import Payload
from workers.mail.render import render

LINES: Final = 20
LONGEST_TEXT: Final = 3000
ZERO_WIDTH_SPACE: Final = "\u200b"
ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True)
class Chat:
    """One chat room; whoever knows its url may write there."""

    endpoint: Endpoint

    @property
    def name(self) -> str:
        """As Channel.name."""
        return self.endpoint.name

    def send(self, message: Message, about_to_send: Callable[[], None]) -> None:
        """As Channel.send."""
        body = json.dumps({"text": text(message.payload)}, ensure_ascii=False).encode()
        headers = {"content-type": "application/json", "x-fleet-trace": message.trace_id}
        self.endpoint.post(body, headers, about_to_send)


KIND: Final = ChannelKind("chat", lambda server: Chat(server.endpoint))


def text(payload: Payload) -> str:
    """The subject and a line per finding with its link, bounded; mentions nobody."""
    findings = payloads.findings(payload)
    reader = language(payload.language)
    lines = [inert(render([payload]).subject), *_lines(findings[:LINES], reader)]
    if len(findings) > LINES:
        lines.append(reader.say(Text("and {count} more", count=len(findings) - LINES)))
    kept = "\n".join(lines)
    if len(kept) <= LONGEST_TEXT:
        return kept
    # Whole lines, lest a link be cut.
    return kept[:LONGEST_TEXT].rpartition("\n")[0] + "\n…"


def _lines(findings: Sequence[ToldFinding], reader: Language) -> Iterator[str]:
    for finding in findings:
        link = f" {finding.url}" if finding.url else ""
        title, reason = inert(reader.say(finding.title)), inert(reader.say(finding.reason))
        yield f"• {title}: {reason}{link}"


def inert(words: str) -> str:
    """Words on one line that call nobody: no <!channel>, @all or @here, no link of their own."""
    plain = " ".join(words.split()).translate(ENTITIES)
    return re.sub(r"@(?=\w)", f"@{ZERO_WIDTH_SPACE}", plain)
