"""A PostgreSQL server of the tests' own: started in a new folder, on a free port of this computer, gone afterwards."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

__all__ = ["Postgres", "binaries"]

USER = "nobody"  # the server refuses to run as root


def binaries() -> Path | None:
    """Find the server's programs where Debian puts them; None where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class Postgres:
    """Hold a running server; `url` is that of an empty database. `kill` is kill -9, `start` starts it again."""

    def __init__(self, bin_: Path) -> None:
        self.bin = bin_
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self.data, password = self.folder / "data", secrets.token_hex(16)
        secret = self.folder / "password"
        secret.write_text(password)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        if os.geteuid() == 0:
            shutil.chown(self.folder, USER)
            shutil.chown(secret, USER)
        self._run("initdb", "-D", self.data, "-U", "ruang", "-A", "scram-sha-256", "--pwfile", secret)
        self.start()
        environment = os.environ | {"PGPASSWORD": password}
        create = [self.bin / "createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "ruang", "latihan"]
        subprocess.run(create, check=True, env=environment, timeout=60)
        self.url = f"postgresql://ruang:{password}@127.0.0.1:{self.port}/latihan"

    def _run(self, name: str, *words: object) -> None:
        as_other = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
        command = [*as_other, str(self.bin / name), *map(str, words)]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL, timeout=60)

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder}"
        self._run("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "-o", options, "start")

    def kill(self) -> None:
        """End the server as a power cut would."""
        self._run("pg_ctl", "-D", self.data, "kill", "KILL", self._pid())
        while Path(f"/proc/{self._pid()}").exists():
            pass

    def _pid(self) -> str:
        return (self.data / "postmaster.pid").read_text().splitlines()[0]

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)
