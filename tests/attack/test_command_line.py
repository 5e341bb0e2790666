"""Whatever is given to the real command: one line that names it, exit code 2, no traceback."""

import json
import os
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from odoo_gateway.errors import ConfigurationError
from tests.fakes.house import FLEET
from workers import wiring
from workers.commands import mail as mail_command
from workers.commands.cli import main
from workers.config import settings
from workers.demo import processes
from workers.demo.processes import free_port

FILE = """\
[tenants.acme]
url = "https://odoo.acme.example"
database = "acme"
login = "fleet"
"""


def environ(folder: Path, **more: str) -> dict[str, str]:
    (folder / "fleet.toml").write_text(FILE)
    return {
        "PATH": os.environ["PATH"],
        "FLEET_CONFIG": str(folder / "fleet.toml"),
        "FLEET_ACME_ODOO_API_KEY": "k",
        "FLEET_DATABASE_URL": f"sqlite:///{folder / 'fleet.db'}",
        **more,
    }


@pytest.fixture
def refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """What the command says when it ends with exit code 2."""

    def run(*arguments: str, **more: str) -> str:
        for name, value in environ(tmp_path, **more).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(wiring, "_FLEETS", {})
        monkeypatch.setattr(sys, "argv", ["fleet", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2
        printed = capsys.readouterr()
        return printed.err + printed.out

    return run


@pytest.mark.parametrize("process", ["exporter", "web", "flower"])
def test_a_port_that_is_taken_is_one_line(process: str, refused: Callable[..., str]) -> None:
    more = {
        "FLEET_FLOWER_PASSWORD": "p",
        "FLEET_WEB_URL": "https://fleet.example",
        "FLEET_LINK_SECRET": "s" * 40,
    }
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        (line,) = refused(process, "--port", port, **more).strip().splitlines()
    assert line.startswith(f"error port {port} of 127.0.0.1 cannot be listened on")


def test_a_port_of_a_preview_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"--serve: port {port} cannot be listened on"):
            mail_command.serve_folder(tmp_path, port)


@pytest.mark.parametrize(
    "arguments",
    [
        ("exporter", "--port", "70000"),
        ("web", "--port", "-1"),
        ("flower", "--port", "99999999999999999999"),
        ("mail", "preview", "wip_aging", "--serve", "70000"),
        ("worker", "--concurrency", "99999999999"),
        ("why", "\udcff"),
    ],
    ids=str,
)
def test_what_no_option_takes_is_refused(
    arguments: tuple[str, ...], refused: Callable[..., str]
) -> None:
    assert refused(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("runs",),
        ("runs", "--limit", "many"),
        ("runs", "--foo"),
        ("runs", "wip_aging"),
        ("audits",),
        ("explain", "wip_aging", "S00001", "--company", "one"),
        ("person", "erase", "ann@acme.example"),
        ("status", "--job", ""),
    ],
    ids=" ".join,
)
def test_a_program_reads_why_it_is_refused(
    arguments: tuple[str, ...], refused: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    line, document = refused(*arguments, "--json").split("\n", 1)
    told = json.loads(document)
    assert line == f"error {told['error']}"
    assert (told["schema"], told["exit_code"]) == (1, 2)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--help",), 0),
        (("run", "--help"), 0),
        (("jobs",), 0),
        (("jobs", "--json"), 0),
        (("status",), 1),
        (("status", "--json"), 1),
        (("runs", "--json"), 2),
    ],
    ids=str,
)
def test_a_pipe_that_nobody_reads_changes_no_exit_code(
    arguments: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    read, written = os.pipe()
    os.close(read)
    try:
        ended = subprocess.run(
            [sys.executable, "-c", FLEET, *arguments],
            env=environ(tmp_path),
            stdout=written,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(written)
    assert (ended.returncode, "Traceback" in ended.stderr) == (code, False), ended.stderr


def test_a_name_is_read_where_the_locale_knows_ascii_alone(tmp_path: Path) -> None:
    given = environ(tmp_path, LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    given["PYTHONCOERCECLOCALE"] = "0"
    command = [sys.executable, "-c", FLEET]
    subprocess.run([*command, "upgrade"], env=given, check=True, timeout=60)
    asked = [*map(os.fsencode, command), b"why", b"caf\xc3\xa9"]
    ended = subprocess.run(asked, env=given, capture_output=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"No open case names 'caf?'" in ended.stdout


@pytest.mark.parametrize("language", ["de_../../x", "xx", "de_", "../de"])
def test_a_language_that_is_none_is_one_line_and_no_folder(
    language: str, refused: Callable[..., str], tmp_path: Path
) -> None:
    told = ["--output", str(tmp_path / "mails"), "--language", language]
    (line,) = refused("mail", "preview", "wip_aging", "--sandbox", *told).strip().splitlines()
    assert line.startswith(f"error --language {language!r}: there are words for en, de")
    assert not (tmp_path / "mails").exists()


def test_a_password_that_flower_cannot_compare_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings.load(environ(tmp_path, FLEET_FLOWER_PASSWORD="pässwörd"))
    (problem,) = caught.value.problems
    assert problem.startswith("FLEET_FLOWER_PASSWORD: holds letters that are not ASCII")
    assert "pässwörd" not in problem


@pytest.mark.parametrize("name", ["FLEET_MAIL_FROM", "FLEET_BROKER_URL", "FLEET_ACME_ODOO_API_KEY"])
def test_a_variable_that_is_no_text_is_one_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings.load(environ(tmp_path, **{name: "a\udcff@b.example"}))
    assert f"{name}: is not UTF-8; set it anew" in caught.value.problems


def test_a_device_in_the_place_of_a_secret_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings.load(environ(tmp_path, FLEET_SMTP_URL_FILE="/dev/zero"))
    assert "more than 65,536 bytes" in caught.value.problems[0]


def test_a_configuration_without_end_is_one_line(tmp_path: Path) -> None:
    given = environ(tmp_path)
    with (tmp_path / "fleet.toml").open("a") as file:
        file.truncate(5_000_000_000)
    with pytest.raises(ConfigurationError) as caught:
        settings.load(given)
    (problem,) = caught.value.problems
    assert "more than 10,000,000 bytes" in problem


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('brand.logo = "{name}.png"', "the path cannot be read: File name too long"),
        ('brand.logo = "a\\u0000.png"', "there is no file"),
        ('brand.logo = "{large}"', "has more than 1,000,000 bytes"),
        ('webhooks.n.url = "https://a\\u0000.example"', "cannot be read as an address"),
    ],
)
def test_a_value_that_no_system_takes_is_one_line(line: str, words: str, tmp_path: Path) -> None:
    given = environ(tmp_path)
    large = tmp_path / "large.png"
    with large.open("wb") as file:
        file.truncate(2_000_000)
    text = FILE + line.format(name="a" * 5000, large=large)
    (tmp_path / "fleet.toml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        settings.load(given)
    assert any(words in problem for problem in caught.value.problems), caught.value.problems
    assert all(problem.isprintable() for problem in caught.value.problems)


@pytest.mark.parametrize("url", ["https://a\\u0000.example", "https://a\\n.example"])
def test_an_address_with_signs_that_none_has_is_one_line(url: str, tmp_path: Path) -> None:
    given = environ(tmp_path)
    text = FILE.replace("https://odoo.acme.example", url)
    (tmp_path / "fleet.toml").write_text(text)
    with pytest.raises(ConfigurationError, match="signs that no address has"):
        settings.load(given)


@pytest.mark.parametrize("depth", [50, 300, 900, 20_000])
@pytest.mark.parametrize("place", ["policies.wip_aging.x", "units.u.departments", "x"])
def test_a_deeply_nested_file_is_lines_and_no_recursion(
    depth: int, place: str, tmp_path: Path
) -> None:
    given = environ(tmp_path)
    (tmp_path / "fleet.toml").write_text(f"{FILE}{place} = {'[' * depth}{']' * depth}\n")
    with pytest.raises(ConfigurationError) as caught:
        settings.load(given)
    assert all(problem.isprintable() for problem in caught.value.problems)


def test_flower_refuses_whatever_login_with_401_and_the_right_one_opens(tmp_path: Path) -> None:
    port = free_port()
    broker = f"redis://127.0.0.1:{free_port()}/0"
    given = environ(tmp_path, FLEET_FLOWER_PASSWORD="s3cret", FLEET_BROKER_URL=broker)
    asked = [*processes.fleet("flower", "--port", str(port))]
    with subprocess.Popen(
        asked, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as flower:
        try:
            url = f"http://127.0.0.1:{port}/"
            transport = httpx.HTTPTransport(retries=8)
            with httpx.Client(transport=transport, timeout=60) as http:
                for login in (b"ops:wrong", "ops:pässwörd".encode(), b"\xff\xfe", b"ops"):
                    sent = {"Authorization": f"Basic {b64encode(login).decode()}"}
                    assert http.get(url, headers=sent).status_code == 401
                assert http.get(url, headers={"Authorization": "Basic %%%"}).status_code == 401
                assert http.get(url).status_code == 401
                assert http.get(url, auth=("ops", "s3cret")).status_code == 200
            shown = Path(f"/proc/{flower.pid}/cmdline").read_bytes()
            assert b"s3cret" not in shown
        finally:
            flower.terminate()
            _, told = flower.communicate(timeout=30)
    assert "TypeError" not in told
