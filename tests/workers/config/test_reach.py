"""Webhooks lead to public addresses by TLS, and nowhere else unless the operator says so."""

import socket
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from odoo_gateway.errors import ConfigurationError
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE as FLEETS_FILE
from tests.fakes.fleets import fleet_on
from tests.fakes.messages import NOW, message
from tests.fakes.receiver import Receiver, receiving
from tests.fakes.speaking import Speak, saying, speaking
from workers.commands import doctor
from workers.config import reach, settings
from workers.config.reach import Reach
from workers.delivery.channels.chat import Chat
from workers.delivery.channels.posting import Endpoint
from workers.errors import DeliveryError, DeliveryUnavailable, DeliveryUnknown

INNER = [
    "127.0.0.1",
    "127.8.9.10",
    "localhost",
    "LOCALHOST.",
    "any.localhost",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "0xA9FEA9FE",
    "2852039166",
    "169.254.0.1",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
]
PUBLIC = ["93.184.215.14", "[2606:2800:21f:cb07::1]", "[64:ff9b::5db8:d70e]", "hooks.example"]
HERE = Reach((ip_network("127.0.0.0/8"), ip_network("::1/128")))
FILE = """\
[tenants.firm]
url = "{odoo}"
database = "firm"
login = "fleet"
[tenants.firm.webhooks.room]
kind = "chat"
"""


def load(
    folder: Path, chat: str = "https://hooks.example/s3cret-path", odoo: str = "", **environ: str
) -> None:
    file = folder / "fleet.toml"
    file.write_text(FILE.format(odoo=odoo or "https://odoo.example"))
    settings.load(
        {
            "FLEET_CONFIG": str(file),
            "FLEET_FIRM_ODOO_API_KEY": "k",
            "FLEET_FIRM_WEBHOOK_ROOM_URL": chat,
            **environ,
        }
    )


@pytest.mark.parametrize("host", INNER)
def test_an_inner_address_is_refused_however_it_is_written(host: str) -> None:
    assert "it leads to" in Reach().wrong_address(host.strip("[]"))
    with pytest.raises(reach.OutOfReach):
        Reach().addresses("127.0.0.1" if "localhost" in host.lower() else host.strip("[]"), 443)


@pytest.mark.parametrize("host", ["localhost", "0x7f.1", "169.254.169.254", "[::ffff:7f00:1]"])
def test_a_chat_inside_is_refused_in_one_line(host: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, f"https://{host}/s3cret-path")
    (problem,) = caught.value.problems
    assert problem.startswith("FLEET_FIRM_WEBHOOK_ROOM_URL: it leads to ")
    assert "FLEET_WEBHOOK_NETWORKS" in problem
    assert "s3cret-path" not in problem


@pytest.mark.parametrize("host", PUBLIC)
def test_a_public_address_is_taken(host: str) -> None:
    assert Reach().wrong_address(host.strip("[]")) == ""


def test_a_public_chat_is_taken(tmp_path: Path) -> None:
    load(tmp_path)


@pytest.mark.parametrize(
    ("networks", "host"),
    [
        ("10.20.0.0/16, 192.168.1.7", "10.20.1.1"),
        ("10.20.0.0/16,192.168.1.7/24", "192.168.1.99"),
        ("127.0.0.1", "[::ffff:127.0.0.1]"),
        ("fd12::/16", "[fd12::7]"),
        ("169.254.0.0/16", "0xA9FEA9FE"),
    ],
)
def test_what_the_operator_names_is_taken(networks: str, host: str, tmp_path: Path) -> None:
    load(tmp_path, f"https://{host}/x", FLEET_WEBHOOK_NETWORKS=networks)
    with pytest.raises(ConfigurationError, match="not a public address"):
        load(tmp_path, "https://10.9.9.9/x", FLEET_WEBHOOK_NETWORKS=networks)


@pytest.mark.parametrize("text", ["our network", "10.0.0.0/33", "10.0.0.0/8;127.0.0.1"])
def test_a_network_that_is_none_is_told(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"FLEET_WEBHOOK_NETWORKS: .*write networks like"):
        load(tmp_path, FLEET_WEBHOOK_NETWORKS=text)


@pytest.mark.parametrize(
    "url", ["hooks.example/x", "ftp://hooks.example", "https://", "http://[", "https://h:99999"]
)
def test_a_chats_address_that_is_none_is_told_and_not_repeated(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, f"{url}/s3cret-path")
    (problem,) = caught.value.problems
    assert problem.startswith("FLEET_FIRM_WEBHOOK_ROOM_URL: ")
    assert "s3cret-path" not in problem


@pytest.mark.parametrize("host", ["odoo.example", "10.0.0.5:8069", "odoo:8069", "localhost.evil"])
def test_an_odoo_without_tls_is_refused_unless_it_is_named(host: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, odoo=f"http://{host}")
    (problem,) = caught.value.problems
    assert problem.startswith(f"{tmp_path}/fleet.toml:2: tenants.firm.url: http:// sends keys")
    assert "FLEET_PLAIN_HTTP_HOSTS" in problem
    name = host.partition(":")[0]
    load(tmp_path, odoo=f"http://{host}", FLEET_PLAIN_HTTP_HOSTS=f"other.example, {name}")


@pytest.mark.parametrize("host", ["127.0.0.1:8069", "localhost:8069", "[::1]:8069"])
def test_an_odoo_of_this_machine_needs_no_tls(host: str, tmp_path: Path) -> None:
    load(tmp_path, odoo=f"http://{host}")


def test_one_odoo_of_the_environment_is_refused_by_its_own_name(tmp_path: Path) -> None:
    one = {"FLEET_ODOO_URL": "http://odoo.example", "FLEET_ODOO_DB": "d", "FLEET_ODOO_LOGIN": "l"}
    with pytest.raises(ConfigurationError, match=r"^FLEET_ODOO_URL: http:// sends keys"):
        settings.load({**one, "FLEET_ODOO_API_KEY": "k"})


def test_a_chat_without_tls_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="ROOM_URL: http:// sends keys"):
        load(tmp_path, "http://hooks.example/x")
    load(tmp_path, "http://hooks.example/x", FLEET_PLAIN_HTTP_HOSTS="hooks.example")


def nothing() -> None:
    """Nobody writes down that it is going out."""


def send(url: str, allowed: Reach = HERE, timeout: float = 1.0) -> None:
    Chat(Endpoint("chat", "room", url, Clock(NOW), allowed, timeout)).send(message(), nothing)


class Names:
    """A name server that gives each name's next addresses at each question."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): given for name, given in answers.items()}
        self.real = socket.getaddrinfo
        self.asked: list[str] = []

    def __call__(self, host: Any, port: Any, *more: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in self.answers or named.get("flags"):
            return self.real(host, port, *more, **named)
        self.asked.append(name)
        given = self.answers[name]
        addresses = given.pop(0) if len(given) > 1 else given[0]
        return [self.real(address, port, *more, **named)[0] for address in addresses]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["169.254.169.254"], ["fe80::1"]]
)
def test_a_name_that_leads_inside_is_not_connected_to(
    addresses: list[str], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(evil_example=[addresses]))
    url = receiver.url.replace("127.0.0.1", "evil.example")
    with pytest.raises(DeliveryUnavailable) as caught:
        send(url, Reach())
    assert "the chat room is not connected to: it leads to" in str(caught.value)
    assert "FLEET_WEBHOOK_NETWORKS" in str(caught.value)
    assert "s3cret-path" not in str(caught.value)
    assert receiver.got == []


def test_a_name_is_looked_up_once_so_that_no_second_answer_leads_elsewhere(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(evil_example=[["127.0.0.1"], ["169.254.169.254"]])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    send(receiver.url.replace("127.0.0.1", "evil.example"))
    assert names.asked == ["evil.example"]
    ((headers, _),) = receiver.got
    assert headers["host"].startswith("evil.example:")


def test_an_address_that_does_not_answer_gives_way_to_the_next(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = Names(hooks_example=[["127.0.0.2", "127.0.0.1"]])
    monkeypatch.setattr(socket, "getaddrinfo", two)
    send(receiver.url.replace("127.0.0.1", "hooks.example"))
    assert len(receiver.got) == 1


def test_the_doctor_names_a_chat_that_leads_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(evil_example=[["10.0.0.9"]], hooks_example=[["93.184.215.14"]])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    told = []
    for chat in ("https://evil.example/x", "https://hooks.example/x"):
        room = '[tenants.firm.webhooks.room]\nkind = "chat"\n'
        url = {"FLEET_FIRM_WEBHOOK_ROOM_URL": chat}
        fleet = fleet_on(tmp_path, Clock(NOW), file=f"{FLEETS_FILE}{room}", environ=url)
        told += [finding for finding in doctor.examine(fleet) if "chat room" in finding.what]
    assert [finding.state for finding in told] == ["failed", "ok"]
    assert "leads to 10.0.0.9" in told[0].detail


def test_a_name_without_an_address_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*asked: Any, **named: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(DeliveryUnavailable, match="its name has no address"):
        send("https://hooks.example/x")


def test_the_certificate_is_asked_of_the_name_and_not_of_its_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []

    def first_bytes(connection: socket.socket) -> None:
        said.append(connection.recv(4096).decode("latin-1"))

    with speaking(first_bytes) as port:
        monkeypatch.setattr(socket, "getaddrinfo", Names(hooks_example=[["127.0.0.1"]]))
        with pytest.raises(DeliveryError):
            send(f"https://hooks.example:{port}/x")
    assert "hooks.example" in said[0]


def answering(part: bytes, times: int, pause: float = 0.0) -> Speak:
    """Answers with a part, again and again."""

    def speak(connection: socket.socket) -> None:
        connection.recv(65536)
        saying(b"", part, times, pause)(connection)

    return speak


ENDLESS = {
    "headers that drip": (b"H", 500, 0.05),
    "interim answers": (b"HTTP/1.1 103 Early Hints\r\n\r\n", 500, 0.02),
    "one header for ever": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 65536, 5000, 0.0),
}


@pytest.mark.parametrize(("part", "times", "pause"), ENDLESS.values(), ids=ENDLESS)
def test_an_answer_without_end_is_cut_off(part: bytes, times: int, pause: float) -> None:
    with (
        speaking(answering(part, times, pause)) as port,
        pytest.raises(DeliveryUnknown, match="did not answer"),
    ):
        send(f"http://127.0.0.1:{port}/s3cret-path", timeout=0.3)


def test_the_body_of_an_answer_is_not_read() -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 500000000\r\n\r\n"
    with speaking(answering(start + b"x" * 65536, 8000)) as port:
        send(f"http://127.0.0.1:{port}/s3cret-path")


def test_a_server_without_tls_is_not_spoken_to_plainly() -> None:
    with receiving() as plain, pytest.raises(DeliveryError):
        send(plain.url.replace("http://", "https://"))
