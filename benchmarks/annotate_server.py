"""Server processes for the benchmarks, started in a second instead of ten.

    python -m benchmarks.annotate_server FOLDER PORT

This process imports the app once and then forks a server, a real process on a real socket, for every line `start` that it
reads; it answers with the server's process id. A server that was killed is gone with all it had in memory.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from ppad_annotation.service.workspace import Workspace


def main() -> None:
    """Fork servers on demand."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import ppad_annotation.app.application  # noqa: F401  what takes long is done before the fork
    from ppad_annotation.app.server import serve

    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            serve(Workspace(folder).open(), port=port)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        os.waitpid(child, 0)


class Servers:
    """One server after the other on one port."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[str]) -> None:
        self.folder = folder
        self.port = port
        self.process = process
        self.pid = 0

    def start(self) -> float:
        """Start a server; the seconds until it answers."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        started = time.perf_counter()
        self.process.stdin.write("start\n")
        self.process.stdin.flush()
        self.pid = int(self.process.stdout.readline())
        while not _answers(self.port):
            time.sleep(0.02)
        return time.perf_counter() - started


@contextmanager
def servers(folder: Path, port: int) -> Iterator[Servers]:
    """The process that forks servers; whatever it has forked ends with it."""
    command = [sys.executable, "-m", "benchmarks.annotate_server", str(folder), str(port)]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
    found = Servers(folder, port, process)
    try:
        yield found
    finally:
        if found.pid:
            _end(found.pid)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()  # type: ignore[union-attr]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end(pid: int) -> None:
    try:
        os.kill(pid, 15)
    except ProcessLookupError:
        return


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/login")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    main()
