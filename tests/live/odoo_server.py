"""Keeps a real Odoo 19 Community with demo data on this machine: install, start, stop, clone."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import itertools
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

HOST = "127.0.0.1"
ROLE = "odoo"  # Odoo refuses to connect as a database user called postgres
TEMPLATE = "fleet_demo_template"
DEMO = "fleet_demo"
LOGIN = PASSWORD = "admin"

MODULES = """
    sale_timesheet sale_project project_hr_expense hr_holidays hr_skills project_hr_skills crm
    sale_crm sale_expense hr_attendance base_automation project_timesheet_holidays
"""

# What the Debian package declares, under its PyPI names.
REQUIREMENTS = """
    asn1crypto Babel cbor2 chardet cryptography python-dateutil docutils geoip2 gevent greenlet
    idna Jinja2 libsass lxml lxml-html-clean MarkupSafe num2words ofxparse openpyxl pyOpenSSL
    Pillow polib psutil psycopg2-binary pypdf pytz qrcode reportlab requests rjsmin pyserial
    python-stdnum urllib3 pyusb vobject Werkzeug xlrd XlsxWriter xlwt zeep freezegun python-magic
    passlib
"""

CLUSTER_CONF = """
listen_addresses = '127.0.0.1'
max_connections = 300
shared_buffers = 256MB
fsync = off
synchronous_commit = off
full_page_writes = off
"""

# Port 1 has no listener, so no mail to a demo customer ever leaves, even where a mail server runs.
ODOO_CONF = """\
[options]
data_dir = {data}
db_host = {host}
db_port = {pg_port}
db_user = {role}
list_db = True
http_interface = {host}
http_port = {http_port}
gevent_port = {gevent_port}
workers = 3
max_cron_threads = 0
smtp_server = {host}
smtp_port = 1
log_handler = :INFO,odoo.addons.rpc.controllers.jsonrpc:ERROR
"""


SETTINGS = """\
Settings, all optional: ODOO19_HOME, the folder to keep everything in (default
~/.cache/fleet-odoo19); ODOO19_MIRROR, the address of a Debian mirror where apt's own sources
name none.
"""


class OdooServerError(RuntimeError):
    """The machine could not be made to serve Odoo; the message says what to do."""


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Say on standard error what is being done, then how long it took."""
    print(f"{title} ...", end="", file=sys.stderr, flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(" failed", file=sys.stderr, flush=True)
        raise
    print(f" {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)


def run(
    *command: str | Path,
    source: str = "",
    user: pwd.struct_passwd | None = None,
    cwd: Path = Path("/"),
    env: dict[str, str] | None = None,
) -> str:
    """Run a program and return its standard output; raise with the end of its output otherwise."""
    result = subprocess.run(
        command,
        input=source,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env=environment() | (env or {}),
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
        check=False,
    )
    if result.returncode:
        said = tail(result.stdout + result.stderr)
        raise OdooServerError(f"{' '.join(map(str, command))} failed:\n{said}")
    return result.stdout


def environment() -> dict[str, str]:
    """Ours without what would turn libpq, Odoo or Python to another place."""
    foreign = ("PG", "ODOO", "OPENERP", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {"LC_ALL": "C.UTF-8"}


def tail(text: str, lines: int = 30) -> str:
    return "\n".join(text.splitlines()[-lines:])


def free_port(first: int, remembered: int) -> int:
    """The remembered port or else the next free one, below the range of outgoing connections."""
    for port in itertools.chain([remembered or first], range(first, first + 200)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return port
    raise OdooServerError(f"no free port from {first} on")


@dataclass(frozen=True)
class Memory:
    """What one run tells the next: ports, and the running server; 0 where there is none."""

    pg_port: int = 0
    http_port: int = 0
    gevent_port: int = 0
    pid: int = 0
    fingerprint: str = ""


@dataclass(frozen=True)
class Home:
    """The folder that keeps everything between runs, except PostgreSQL's files when we are root."""

    root: Path

    @classmethod
    def of_this_user(cls) -> Home:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        root = Path(os.environ.get("ODOO19_HOME") or cache / "fleet-odoo19").absolute()
        root.mkdir(parents=True, exist_ok=True)
        return cls(root)

    @property
    def odoo(self) -> Path:
        return self.root / "odoo"

    @property
    def python(self) -> Path:
        return self.root / "venv" / "bin" / "python"

    @property
    def conf(self) -> Path:
        return self.root / "odoo.conf"

    @property
    def log(self) -> Path:
        return self.root / "odoo.log"

    def filestore(self, database: str) -> Path:
        return self.root / "data" / "filestore" / database

    @property
    def fingerprint(self) -> str:
        """Changes when the template database has to be made anew."""
        version = (self.odoo / "VERSION").read_text().strip()
        return hashlib.sha256(" ".join([version, *MODULES.split()]).encode()).hexdigest()[:12]

    @property
    def dump(self) -> Path:
        return self.root / f"{TEMPLATE}-{self.fingerprint}.dump"

    def remembered(self) -> Memory:
        with contextlib.suppress(OSError, ValueError, TypeError):
            return Memory(**json.loads((self.root / "state.json").read_text()))
        return Memory()

    def remember(self, memory: Memory) -> None:
        part = self.root / "state.json.part"
        part.write_text(json.dumps(asdict(memory)))
        part.replace(self.root / "state.json")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time installs, starts or stops."""
        with (self.root / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def ensure_system_packages() -> None:
    """Install PostgreSQL's server, and what a virtual environment needs, where they are missing."""
    missing = [] if postgres_programs() else ["postgresql"]
    missing += [] if importlib.util.find_spec("ensurepip") else ["python3-venv"]
    if not missing:
        return
    if os.getuid() != 0 or not shutil.which("apt-get"):
        raise OdooServerError(
            f"missing: {' '.join(missing)}. Run once: sudo apt-get install {' '.join(missing)}"
        )
    with step(f"apt-get install {' '.join(missing)}"), no_service_starts():
        env = {"DEBIAN_FRONTEND": "noninteractive"}
        with contextlib.suppress(OdooServerError):  # one dead third-party source is not a reason
            run("apt-get", "update", env=env)
        run("apt-get", "install", "-y", "--no-install-recommends", *missing, env=env)


@contextlib.contextmanager
def no_service_starts() -> Iterator[None]:
    """Keep packages from starting their service, which fails where no init system runs."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def postgres_programs() -> Path | None:
    """The folder of the newest PostgreSQL server on this machine."""
    found = Path("/usr/lib/postgresql").glob("[0-9]*/bin/initdb")
    newest = max(found, key=lambda initdb: int(initdb.parts[-3]), default=None)
    return newest and newest.parent


def debian_mirrors(sources: str) -> Iterator[tuple[str, str]]:
    """Address and keyring ("" if the default ones) of each Debian mirror in apt's source text.

    Both formats of apt: one line per source, and paragraphs of fields.
    """
    for line in re.findall(r"^deb\s.*$", sources, re.MULTILINE):
        found = re.match(r"deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)", line)
        if found and is_debian(found[2], found[3]):
            keyring = re.search(r"signed-by=(/\S+)", found[1] or "", re.IGNORECASE)
            yield found[2], keyring[1] if keyring else ""
    for paragraph in re.split(r"\n\s*\n", re.sub(r"^#.*\n", "", sources, flags=re.MULTILINE)):
        fields = {
            name.lower(): value.strip()
            for name, value in re.findall(r"^([\w-]+):(.*)$", paragraph, re.MULTILINE)
        }
        if fields.get("enabled", "yes").lower() in ("no", "false"):
            continue
        for address in fields.get("uris", "").split():
            if is_debian(address, fields.get("suites", "")):
                keyring_path = fields.get("signed-by", "")
                yield address, keyring_path if keyring_path.startswith("/") else ""


def is_debian(address: str, suites: str) -> bool:
    return bool(re.search(r"/debian(\.list)?/?$", address)) and "security" not in suites


def sid_source() -> tuple[str, str]:
    """The machine's own Debian mirror, as address and keyring, to ask it for the suite `sid`."""
    if named := os.environ.get("ODOO19_MIRROR"):
        return named, ""
    files = [
        Path("/etc/apt/sources.list"),
        *sorted(Path("/etc/apt/sources.list.d").glob("*.list")),
        *sorted(Path("/etc/apt/sources.list.d").glob("*.sources")),
    ]
    for file in files:
        if file.is_file():
            for mirror in debian_mirrors(file.read_text()):
                return mirror
    raise OdooServerError("apt knows no Debian mirror here; name one in ODOO19_MIRROR")


def ensure_odoo(home: Home) -> None:
    """Unpack Debian's package of Odoo 19; apt's own sources and packages stay as they are."""
    if (home.odoo / "VERSION").exists():
        return
    apt = home.root / "apt"
    shutil.rmtree(apt, ignore_errors=True)
    (apt / "lists" / "partial").mkdir(parents=True)
    (apt / "cache" / "archives" / "partial").mkdir(parents=True)
    with step("download odoo-19 from Debian unstable"):
        deb = download(apt)
    with step("unpack odoo-19"):
        part = home.root / "odoo.part"
        for old in (part, home.odoo):
            shutil.rmtree(old, ignore_errors=True)
        run("dpkg", "-x", deb, part)
        (part / "VERSION").write_text(run("dpkg-deb", "-f", deb, "Version"))
        part.replace(home.odoo)
    shutil.rmtree(apt)


def download(apt: Path) -> Path:
    address, keyring = sid_source()
    options = [
        f"Dir::Etc::SourceList={apt}/sources.list",
        "Dir::Etc::SourceParts=/dev/null",
        "Dir::Etc::Preferences=/dev/null",
        "Dir::Etc::PreferencesParts=/dev/null",
        f"Dir::State::Lists={apt}/lists",
        f"Dir::Cache={apt}/cache",
        "Acquire::Languages=none",
        "APT::Sandbox::User=root",  # the user _apt cannot enter a home folder
    ]
    apt_get = ["apt-get", *(word for option in options for word in ("-o", option))]
    signed_by = f"[signed-by={keyring}] " if keyring else ""
    (apt / "sources.list").write_text(f"deb {signed_by}{address} sid main\n")
    try:
        run(*apt_get, "update", cwd=apt)
    except OdooServerError as error:
        if not re.search("NO_PUBKEY|KEYSIG|not signed", str(error)):
            raise
        print(" (this machine's keyring does not know sid's key)", end="", file=sys.stderr)
        (apt / "sources.list").write_text(f"deb [trusted=yes] {address} sid main\n")
        run(*apt_get, "update", cwd=apt)
    run(*apt_get, "download", "odoo-19", cwd=apt)
    return next(apt.glob("odoo-19_*.deb"))


def ensure_packages(home: Home) -> None:
    """Make the virtual environment Odoo runs in."""
    marker = home.root / "venv" / "requirements.txt"
    wanted = REQUIREMENTS.split()
    if home.python.exists() and marker.exists() and marker.read_text().split() == wanted:
        return
    with step(f"install {len(wanted)} Python packages"):
        venv.create(home.root / "venv", clear=True, with_pip=True)
        run(home.python, "-m", "pip", "install", "--quiet", *wanted)
        marker.write_text("\n".join(wanted))


@dataclass(frozen=True)
class Postgres:
    """The private PostgreSQL cluster."""

    programs: Path
    folder: Path
    user: pwd.struct_passwd | None
    port: int

    @classmethod
    def of(cls, home: Home) -> Postgres:
        programs = postgres_programs()
        if programs is None:
            raise OdooServerError("PostgreSQL is not installed; run `install` first")
        version = programs.parent.name
        user = None
        folder = home.root / "postgresql" / version
        if os.getuid() == 0:  # PostgreSQL refuses to run as root, and nobody else may enter /root
            user = pwd.getpwnam("postgres")
            key = hashlib.sha256(str(home.root).encode()).hexdigest()[:8]
            folder = Path(user.pw_dir) / f"fleet-odoo19-{key}" / version
        with contextlib.suppress(OSError, ValueError, IndexError):
            port = int((folder / "postmaster.pid").read_text().splitlines()[3])
            return cls(programs, folder, user, port)
        return cls(programs, folder, user, free_port(15469, home.remembered().pg_port))

    def is_running(self) -> bool:
        with contextlib.suppress(OdooServerError):
            self._server("pg_ctl", "status", "-D", self.folder)
            return True
        return False

    def start(self) -> None:
        if self.is_running():
            return
        if self.folder.exists():
            with contextlib.suppress(OdooServerError), step("start PostgreSQL"):
                self._start()
                return
        with step("make the PostgreSQL cluster"):
            self._create()
            self._start()

    def _start(self) -> None:
        options = f"-p {self.port} -k {self.folder}"
        log = self.folder / "server.log"
        self._server("pg_ctl", "start", "-w", "-D", self.folder, "-l", log, "-o", options)

    def _create(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        if self.user:
            os.chown(self.folder.parent, self.user.pw_uid, self.user.pw_gid)
        options = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        self._server("initdb", "-D", self.folder, "-U", ROLE, *options)
        with (self.folder / "postgresql.conf").open("a") as conf:
            conf.write(CLUSTER_CONF)

    def stop(self) -> None:
        if self.is_running():
            with step("stop PostgreSQL"):
                self._server("pg_ctl", "stop", "-D", self.folder, "-m", "fast")

    def dsn(self, database: str) -> str:
        return f"postgresql://{ROLE}@{HOST}:{self.port}/{database}"

    def query(self, sql: str, database: str = "postgres") -> list[str]:
        """The rows as `psql` prints them, columns separated by a bar."""
        return self._client("psql", "-XAtq", "-d", self.dsn(database), "-c", sql).splitlines()

    def databases(self) -> list[str]:
        return self.query("SELECT datname FROM pg_database")

    def made_from(self, database: str) -> str:
        """The fingerprint a database was marked with, or nothing."""
        sql = "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
        return "".join(self.query(f"{sql} WHERE datname = '{database}'"))

    def mark(self, database: str, fingerprint: str) -> None:
        self.query(f"COMMENT ON DATABASE \"{database}\" IS '{fingerprint}'")

    def clone(self, database: str) -> None:
        self.query(f'CREATE DATABASE "{database}" TEMPLATE "{TEMPLATE}"')

    def drop(self, database: str) -> None:
        self.query(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def dump(self, database: str, file: Path) -> None:
        self._client("pg_dump", "-Fc", "-d", self.dsn(database), "-f", file)

    def restore(self, database: str, file: Path) -> None:
        self.query(f'CREATE DATABASE "{database}" TEMPLATE template0')
        self._client("pg_restore", "-j2", "-d", self.dsn(database), file)

    def _server(self, program: str, *arguments: str | Path) -> str:
        return run(self.programs / program, *arguments, user=self.user)

    def _client(self, program: str, *arguments: str | Path) -> str:
        return run(self.programs / program, *arguments)


@dataclass(frozen=True)
class OdooServer:
    """A running Odoo 19 with databases that can be cloned, and dropped, in a second or two."""

    home: Home
    postgres: Postgres
    port: int

    host = HOST

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def pg_dsn(self, database: str) -> str:
        return self.postgres.dsn(database)

    def clone(self, name: str) -> str:
        """Copy the demo database under a name of its own, and drop what dead processes left of it.

        Odoo's workers remember a database by name, so a name is never used twice.
        """
        for leftover in self.postgres.databases():
            found = re.fullmatch(rf"{re.escape(name)}_(\d+)_[0-9a-f]{{6}}", leftover)
            if found and not Path("/proc", found[1]).exists():
                self.drop(leftover)
        database = f"{name}_{os.getpid()}_{secrets.token_hex(3)}"
        clone(self.home, self.postgres, database)
        return database

    def drop(self, database: str) -> None:
        drop(self.home, self.postgres, database)

    def shell(self, database: str, source: str) -> str:
        """Run Python inside Odoo, with `env`, and return what it printed.

        Nothing is kept unless the source calls `env.cr.commit()`.
        """
        # Without the signal the serving workers would keep what they have cached.
        signalling = f"{source}\nenv.registry.signal_changes()\n"
        return odoo(self.home, "shell", "-d", database, "--no-http", source=signalling)

    def call(self, service: str, method: str, *args: object) -> object:
        """One call of Odoo's JSON-RPC: services common, db and object."""
        params = {"service": service, "method": method, "args": args}
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/jsonrpc", data=body, headers=headers)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=120) as response:
            answer = json.load(response)
        if "error" in answer:
            raise OdooServerError(json.dumps(answer["error"], indent=1))
        result: object = answer["result"]
        return result


def clone(home: Home, postgres: Postgres, database: str) -> None:
    postgres.clone(database)
    shutil.rmtree(home.filestore(database), ignore_errors=True)
    # Odoo never changes a stored file, so links do.
    shutil.copytree(home.filestore(TEMPLATE), home.filestore(database), copy_function=os.link)


def drop(home: Home, postgres: Postgres, database: str) -> None:
    postgres.drop(database)
    shutil.rmtree(home.filestore(database), ignore_errors=True)


def odoo(home: Home, *arguments: str, source: str = "") -> str:
    """Run one of Odoo's commands to its end and return its standard output."""
    return run(*odoo_command(home, *arguments), source=source, env=odoo_env(home))


def odoo_command(home: Home, subcommand: str, *arguments: str) -> list[str]:
    program = home.odoo / "usr" / "bin" / "odoo"
    return [str(home.python), str(program), subcommand, "-c", str(home.conf), *arguments]


def odoo_env(home: Home) -> dict[str, str]:
    return {"PYTHONPATH": str(home.odoo / "usr" / "lib" / "python3" / "dist-packages")}


def ensure_databases(home: Home, postgres: Postgres) -> None:
    """Have the template, which accepts no connections and stays pristine, and one copy to use."""
    wanted = home.fingerprint
    if postgres.made_from(TEMPLATE) != wanted:
        postgres.drop(TEMPLATE)
        if home.dump.exists() and home.filestore(TEMPLATE).exists():
            with step("restore the demo database"):
                postgres.restore(TEMPLATE, home.dump)
        else:
            with step(f"make the demo database with {len(MODULES.split())} modules (minutes)"):
                make_template(home, postgres)
        postgres.query("VACUUM ANALYZE", TEMPLATE)
        postgres.query(f'ALTER DATABASE "{TEMPLATE}" ALLOW_CONNECTIONS false')
        postgres.mark(TEMPLATE, wanted)
    if postgres.made_from(DEMO) != wanted:
        with step(f"copy it as {DEMO}"):
            drop(home, postgres, DEMO)
            clone(home, postgres, DEMO)
            postgres.mark(DEMO, wanted)


def make_template(home: Home, postgres: Postgres) -> None:
    shutil.rmtree(home.filestore(TEMPLATE), ignore_errors=True)
    options = ("--with-demo", "--stop-after-init", "--no-http", "--workers=0")
    odoo(home, "server", "-d", TEMPLATE, "-i", ",".join(MODULES.split()), *options)
    installed = postgres.query(
        "SELECT name FROM ir_module_module WHERE state = 'installed'", TEMPLATE
    )
    if absent := set(MODULES.split()) - set(installed):
        raise OdooServerError(f"Odoo did not install {', '.join(sorted(absent))}")
    part = home.dump.with_suffix(".part")
    postgres.dump(TEMPLATE, part)
    part.replace(home.dump)


def write_conf(home: Home, postgres: Postgres) -> Memory:
    old = home.remembered()
    memory = Memory(
        pg_port=postgres.port,
        http_port=free_port(18069, old.http_port),
        gevent_port=free_port(18269, old.gevent_port),
    )
    home.remember(memory)
    conf = ODOO_CONF.format(data=home.root / "data", host=HOST, role=ROLE, **asdict(memory))
    home.conf.write_text(conf)
    return memory


def running(home: Home) -> OdooServer | None:
    """The server an earlier run left behind, if it is ours, still answers and is up to date."""
    memory = home.remembered()
    if not is_odoo(home, memory.pid):
        return None
    server = OdooServer(home, Postgres.of(home), memory.http_port)
    with contextlib.suppress(OSError, ValueError, OdooServerError):
        server.call("common", "version")
        return server if memory.fingerprint == home.fingerprint else None
    return None


def is_odoo(home: Home, pid: int) -> bool:
    with contextlib.suppress(OSError):
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return os.fsencode(home.conf) in arguments
    return False


def ensure_installed(home: Home) -> tuple[Postgres, Memory]:
    """Everything but the serving; PostgreSQL runs afterwards."""
    ensure_odoo(home)
    ensure_system_packages()
    ensure_packages(home)
    postgres = Postgres.of(home)
    postgres.start()
    memory = write_conf(home, postgres)
    ensure_databases(home, postgres)
    return postgres, memory


def install() -> None:
    home = Home.of_this_user()
    with home.locked():
        if running(home):
            return
        stop_odoo(home)
        postgres, _ = ensure_installed(home)
        postgres.stop()


def start() -> OdooServer:
    """The running server; installs and starts it where that is needed."""
    home = Home.of_this_user()
    with home.locked():
        if server := running(home):
            return server
        stop_odoo(home)
        postgres, memory = ensure_installed(home)
        with step("start Odoo"):
            return serve(home, postgres, memory)


def serve(home: Home, postgres: Postgres, memory: Memory) -> OdooServer:
    # The shell goes away at once: Odoo is nobody's child, and its process id is known.
    detached = 'log=$1; shift; setsid "$@" </dev/null >"$log" 2>&1 & echo $!'
    server_command = odoo_command(home, "server")
    pid = int(run("sh", "-c", detached, "sh", home.log, *server_command, env=odoo_env(home)))
    home.remember(replace(memory, pid=pid, fingerprint=home.fingerprint))
    server = OdooServer(home, postgres, memory.http_port)
    deadline = time.monotonic() + 120
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError):
            server.call("common", "version")
            return server
        time.sleep(0.2)
    raise OdooServerError(f"Odoo does not answer; {home.log} ends:\n{tail(home.log.read_text())}")


def stop_odoo(home: Home) -> None:
    """Stop the server we started, by its own process id."""
    memory = home.remembered()
    if is_odoo(home, memory.pid):
        with step("stop Odoo"):
            os.kill(memory.pid, signal.SIGTERM)
            deadline = time.monotonic() + 20
            while is_odoo(home, memory.pid) and time.monotonic() < deadline:
                time.sleep(0.1)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(memory.pid, signal.SIGKILL)
    home.remember(replace(memory, pid=0, fingerprint=""))


def stop() -> None:
    home = Home.of_this_user()
    with home.locked():
        stop_odoo(home)
        if postgres_programs():
            Postgres.of(home).stop()


def status() -> dict[str, object]:
    home = Home.of_this_user()
    server = running(home)
    if server is None:
        return {"running": False, "home": str(home.root)}
    return {
        "running": True,
        "home": str(home.root),
        "log": str(home.log),
        "url": server.url,
        "db": DEMO,
        "login": LOGIN,
        "password": PASSWORD,
        "dsn": server.pg_dsn(DEMO),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, epilog=SETTINGS)
    parser.add_argument("command", choices=["install", "start", "stop", "status", "url"])
    command = parser.parse_args().command
    try:
        if command == "install":
            install()
        elif command == "start":
            print(f"{start().url}  database {DEMO}  login {LOGIN}  password {PASSWORD}")
        elif command == "stop":
            stop()
        else:
            found = status()
            print(json.dumps(found, indent=2) if command == "status" else found.get("url", ""))
            return 0 if found["running"] else 1
    except OdooServerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
