"""Downloads from a server on this machine that can be told to misbehave."""

import contextlib
import errno
import hashlib
import http.client
import os
import re
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import Mock

import pytest

from layerhint.datasets.publishers.descriptor import Archive, PublisherFile
from layerhint.datasets.publishers.download import download
from layerhint.errors import LayerhintError

CONTENT = bytes(i * 7 % 256 for i in range(700_000))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = {"/set.gz": CONTENT}
        self.ranges = True
        self.cut_after: list[int] = []
        self.requests: list[tuple[str, str | None]] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        wanted = self.headers["Range"]
        self.server.requests.append((self.path, wanted))
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404, "Not here")
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.server.ranges else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        stop = self.server.cut_after.pop(0) if self.server.cut_after else len(content)
        with contextlib.suppress(ConnectionError):
            self.wfile.write(content[start : start + stop])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with _Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def _archive(server: _Server, *paths: str, content: bytes = CONTENT) -> Archive:
    port = server.server_address[1]
    urls = tuple(f"http://127.0.0.1:{port}{path}" for path in paths or ("/set.gz",))
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return Archive("set.gz", len(content), md5, urls, "", (PublisherFile("set", "train", 1, ""),))


def test_a_whole_file_comes_and_is_told(tmp_path: Path, server: _Server) -> None:
    told: list[tuple[str, int, int, str]] = []
    path = download(_archive(server), tmp_path / "downloads", lambda *call: told.append(call))
    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["set.gz"]
    assert told[0][0] == "download set.gz from 127.0.0.1"
    assert told[-1] == ("check set.gz.part", len(CONTENT), len(CONTENT), "bytes")


def test_an_interrupted_download_goes_on(tmp_path: Path, server: _Server) -> None:
    (tmp_path / "set.gz.part").write_bytes(CONTENT[:300_000])
    assert download(_archive(server), tmp_path).read_bytes() == CONTENT
    assert server.requests == [("/set.gz", "bytes=300000-")]


def test_a_connection_that_breaks_is_taken_up(tmp_path: Path, server: _Server) -> None:
    server.cut_after = [200_000, 200_000]
    assert download(_archive(server), tmp_path).read_bytes() == CONTENT
    assert [wanted for _, wanted in server.requests] == [None, "bytes=200000-", "bytes=400000-"]


def test_a_server_without_ranges_starts_again(tmp_path: Path, server: _Server) -> None:
    server.ranges = False
    (tmp_path / "set.gz.part").write_bytes(b"x" * 300_000)
    assert download(_archive(server), tmp_path).read_bytes() == CONTENT


def test_a_damaged_part_is_thrown_away_and_fetched_whole(tmp_path: Path, server: _Server) -> None:
    (tmp_path / "set.gz.part").write_bytes(b"x" * 300_000)
    assert download(_archive(server), tmp_path).read_bytes() == CONTENT
    assert [wanted for _, wanted in server.requests] == ["bytes=300000-", None]


def test_a_part_that_is_whole_is_only_checked(tmp_path: Path, server: _Server) -> None:
    (tmp_path / "set.gz.part").write_bytes(CONTENT)
    assert download(_archive(server), tmp_path).read_bytes() == CONTENT
    assert not server.requests


def test_a_part_that_is_too_long_is_thrown_away(tmp_path: Path, server: _Server) -> None:
    (tmp_path / "set.gz.part").write_bytes(CONTENT + b"x")
    assert download(_archive(server), tmp_path).read_bytes() == CONTENT


def test_the_next_server_is_asked_where_one_has_nothing_or_something_else(tmp_path: Path, server: _Server) -> None:
    server.files["/wrong.gz"] = CONTENT[::-1]
    archive = _archive(server, "/absent.gz", "/wrong.gz", "/set.gz")
    assert download(archive, tmp_path).read_bytes() == CONTENT
    assert [path for path, _ in server.requests] == ["/absent.gz", "/wrong.gz", "/set.gz"]


def test_every_failure_is_named_and_nothing_wrong_stays(tmp_path: Path, server: _Server) -> None:
    server.files["/wrong.gz"] = CONTENT[::-1]
    server.files["/long.gz"] = CONTENT + b"x"
    archive = _archive(server, "/absent.gz", "/wrong.gz", "/long.gz")
    with pytest.raises(LayerhintError) as caught:
        download(archive, tmp_path)
    message = str(caught.value)
    wrong = hashlib.md5(CONTENT[::-1], usedforsecurity=False).hexdigest()
    assert re.search(r"absent\.gz: .*Not [Hh]ere", message)
    assert f"wrong.gz: the MD5 of what came is {wrong}, expected {archive.md5}" in message
    assert "long.gz: the server sends more than the expected 700,000 bytes" in message
    assert "--source" in message
    assert not list(tmp_path.iterdir())


def test_a_server_that_stops_is_given_up_and_the_part_kept(tmp_path: Path, server: _Server) -> None:
    server.cut_after = [200_000] + [0] * 5
    with pytest.raises(LayerhintError, match=r"connection ended after 200,000 of 700,000 bytes"):
        download(_archive(server), tmp_path)
    assert (tmp_path / "set.gz.part").read_bytes() == CONTENT[:200_000]


def test_an_unreachable_server_is_one_clear_error(tmp_path: Path, server: _Server) -> None:
    archive = Archive("set.gz", 5, "", ("http://127.0.0.1:9/set.gz",), "", ())
    with pytest.raises(LayerhintError, match=r"cannot download set\.gz .*127\.0\.0\.1:9.*refused"):
        download(archive, tmp_path)


def test_a_route_that_is_gone_is_the_server_s_fault_and_not_the_disk_s(
    tmp_path: Path, server: _Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An OSError that is no ConnectionError: the next server is asked."""
    reached = urllib.request.urlopen
    unreachable = OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))

    def urlopen(request: urllib.request.Request, timeout: float) -> http.client.HTTPResponse:
        response: http.client.HTTPResponse = reached(request, timeout=timeout)
        if request.full_url.endswith("/lost.gz"):
            monkeypatch.setattr(response, "read", Mock(side_effect=unreachable))
        return response

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    server.files["/lost.gz"] = CONTENT
    assert download(_archive(server, "/lost.gz", "/set.gz"), tmp_path).read_bytes() == CONTENT
    with pytest.raises(LayerhintError, match=r"lost\.gz: .*No route to host"):
        download(_archive(server, "/lost.gz"), tmp_path / "elsewhere")


def test_a_disk_that_is_full_is_not_the_server_s_fault(tmp_path: Path, server: _Server) -> None:
    (tmp_path / "set.gz.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        download(_archive(server, "/set.gz", "/set.gz"), tmp_path)
