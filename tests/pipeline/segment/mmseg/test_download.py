"""Weights come whole, checked and once, over connections of every kind; the server is a real one on this machine."""

import hashlib
import itertools
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import platformdirs
import pytest

from pipeline.errors import DownloadError
from pipeline.segment.mmseg import transfer
from pipeline.segment.mmseg.download import CACHE_VARIABLE, WeightsAddress, cache_folder, fetch
from tests.conftest import FullDisk

DATA = bytes(range(256)) * 4000 + b"the end"  # 1 MB
SIZE = len(DATA)
SHA = hashlib.sha256(DATA).hexdigest()[:8]
NAME = f"upernet_20220227_124553-{SHA}.pth"
BAD_NAME = "upernet_20220227_124553-00000000.pth"
MD5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Answer:
    """How the server answers one request."""

    body: bytes = DATA
    ranges: bool = True
    """Whether a Range header is heeded."""
    shift: int = 0
    """How far beside the range that was asked for an answer begins."""
    stated: str = "/{size}"
    """How the header of a partial answer ends."""
    cut: int | None = None
    """Close the connection after that many bytes of the body."""
    silent: bool = False
    """Keep the connection open after the cut, until the test ends."""
    length: bool = True
    """Whether the length is told."""
    chunked: bool = False
    status: int = 200
    location: str = ""
    hang_up: bool = False
    """Close the connection without any answer."""


class Site(ThreadingHTTPServer):
    """A server that answers as it is told, and remembers what it was asked."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = []
        """One for each request; after them, ``Answer()``."""
        self.texts: dict[str, bytes] = {}
        """Bodies by path; these are no part of the count."""
        self.asked: list[tuple[str, str | None]] = []
        """Path and Range header of each request."""
        self.sent: list[int] = []
        """Bytes of body of each answer."""
        self.gate = threading.Event()
        """Answers wait for it."""
        self.gate.set()
        self.first = threading.Event()
        """Set at the first request."""
        self.ended = threading.Event()

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that go away."""

    def url(self, name: str = NAME) -> str:
        return f"http://127.0.0.1:{self.server_port}/weights/{name}"

    def address(self, name: str = NAME, **more: str) -> WeightsAddress:
        return WeightsAddress(url=self.url(name), **more)


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Site

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        site = self.server
        if self.path in site.texts:
            return self._answer(Answer(body=site.texts[self.path]), self.headers.get("Range"))
        wanted = self.headers.get("Range")
        site.asked.append((self.path, wanted))
        site.first.set()
        assert site.gate.wait(10)
        answer = site.answers.pop(0) if site.answers else Answer()
        if not answer.hang_up:
            self._answer(answer, wanted)

    def _answer(self, answer: Answer, wanted: str | None) -> None:
        status, body = answer.status, answer.body
        self.close_connection = True
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and answer.ranges else 0
        if start >= len(body) > 0 and status == 200:
            status, body = 416, b""
        elif wanted and answer.ranges and status == 200:
            status, body = 206, body[start + answer.shift :]
        self.send_response(status)
        if status == 206:
            end = answer.stated.format(size=len(answer.body))
            self.send_header("Content-Range", f"bytes {start + answer.shift}-{len(answer.body) - 1}{end}")
        if answer.location:
            self.send_header("Location", answer.location)
        if answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        elif answer.length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        body = body[: answer.cut]
        self.server.sent.append(len(body))
        self.wfile.write(body)
        if answer.silent:
            self.server.ended.wait(10)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server on this machine, and no pause between attempts."""
    for variable in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.upper(), raising=False)
    monkeypatch.setattr(transfer, "PAUSE", 0.0)
    with Site() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.005,))
        thread.start()
        yield server
        server.gate.set()
        server.ended.set()
        server.shutdown()
        thread.join()


class Log:
    """Remembers progress."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, int | None]] = []

    def __call__(self, done: int, total: int | None) -> None:
        self.steps.append((done, total))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refused(address: WeightsAddress, folder: Path) -> DownloadError:
    """Fetch, and return why that failed; its texts are lines."""
    with pytest.raises(DownloadError) as caught:
        fetch(address, folder, Log())
    assert "\n" not in caught.value.message
    assert "\n" not in (caught.value.hint or "")
    return caught.value


def by_hand(folder: Path, name: str = NAME) -> str:
    return f"Download it on another machine and put it to {folder / name}, or give the file with `weights`."


# A file that comes


def test_a_file_is_downloaded_checked_and_named(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "weights"
    log = Log()
    assert fetch(site.address(), folder, log) == folder / NAME
    assert (folder / NAME).read_bytes() == DATA
    assert names(folder) == [NAME, f"{NAME}.lock"]
    assert site.asked == [(f"/weights/{NAME}", None)]
    assert log.steps[0] == (0, SIZE)
    assert log.steps[-1] == (SIZE, SIZE)
    assert log.steps == sorted(log.steps)


def test_memory_holds_a_chunk(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "CHUNK", 1000)
    log = Log()
    fetch(site.address(), tmp_path, log)
    done = [step for step, _ in log.steps]
    assert max(after - before for before, after in itertools.pairwise(done)) <= 1000


@pytest.mark.parametrize("answer", [Answer(length=False), Answer(chunked=True)])
def test_a_server_that_tells_no_length_is_enough(answer: Answer, site: Site, tmp_path: Path) -> None:
    site.answers = [answer]
    log = Log()
    assert fetch(site.address(), tmp_path, log).read_bytes() == DATA
    assert log.steps[-1] == (SIZE, None)


@pytest.mark.parametrize("status", [301, 302, 303, 307])
def test_a_redirect_is_followed_and_the_name_stays(status: int, site: Site, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(DATA[:400])
    site.answers = [Answer(status=status, body=b"", location="/elsewhere.bin")]
    assert fetch(site.address(), tmp_path, Log()) == tmp_path / NAME
    assert site.asked == [(f"/weights/{NAME}", "bytes=400-"), ("/elsewhere.bin", "bytes=400-")]


def test_the_data_are_on_the_disk_before_the_file_has_its_name(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "CHUNK", 1000)  # less than what Python keeps back
    at_flush: list[tuple[int, bool]] = []
    flush = os.fsync

    def watched(number: int) -> None:
        flush(number)
        at_flush.append((os.fstat(number).st_size, (tmp_path / NAME).exists()))

    monkeypatch.setattr(os, "fsync", watched)
    fetch(site.address(), tmp_path, Log())
    assert at_flush == [(SIZE, False)]


# A file that is there


def test_a_file_that_is_there_is_used_without_a_request(site: Site, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(DATA)
    log = Log()
    assert fetch(site.address(), tmp_path, log) == tmp_path / NAME
    assert (site.asked, log.steps, names(tmp_path)) == ([], [], [NAME])


def test_a_damaged_file_that_is_there_is_refused_and_kept(site: Site, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(DATA[:-1])
    error = refused(site.address(), tmp_path)
    found = hashlib.sha256(DATA[:-1]).hexdigest()[:8]
    assert error.message == f"{tmp_path / NAME}: damaged (sha256 {found} instead of {SHA})"
    assert error.hint == "Delete it, and run the same command again."
    assert (site.asked, (tmp_path / NAME).read_bytes()) == ([], DATA[:-1])


def test_a_file_without_a_hash_is_taken_as_it_is(site: Site, tmp_path: Path) -> None:
    (tmp_path / "plain.pth").write_bytes(b"anything")
    assert fetch(site.address("plain.pth"), tmp_path, Log()).read_bytes() == b"anything"
    assert site.asked == []


# Breaks


@pytest.mark.parametrize("broken", [Answer(cut=300_000), Answer(cut=300_000, chunked=True)])
def test_a_broken_download_is_continued(broken: Answer, site: Site, tmp_path: Path) -> None:
    site.answers = [broken]
    log = Log()
    assert fetch(site.address(), tmp_path, log).read_bytes() == DATA
    (_, first), (_, second) = site.asked
    assert first is None
    assert second is not None
    arrived = int(second.removeprefix("bytes=").removesuffix("-"))
    assert 299_000 < arrived <= 300_000  # the head of a chunk takes some
    assert site.sent == [300_000, SIZE - arrived]
    assert (arrived, SIZE) in log.steps
    assert log.steps[-1] == (SIZE, SIZE)


def test_a_server_that_falls_silent_is_asked_again(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect, opened = socket.create_connection, []

    def watched(*args: object, **more: object) -> socket.socket:
        opened.append(connect(*args, **more))  # type: ignore[arg-type]
        return opened[-1]

    def no_longer_patient(done: int, total: int | None) -> None:
        assert opened[0].gettimeout() in {30, 0.02}
        if done == 300_000 and len(opened) == 1:
            opened[0].settimeout(0.02)

    monkeypatch.setattr(socket, "create_connection", watched)
    site.answers = [Answer(cut=300_000, silent=True)]
    assert fetch(site.address(), tmp_path, no_longer_patient).read_bytes() == DATA
    assert site.sent == [300_000, SIZE - 300_000]


def test_what_an_earlier_command_left_is_continued(site: Site, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(DATA[:700_000])
    log = Log()
    assert fetch(site.address(), tmp_path, log).read_bytes() == DATA
    assert site.asked == [(f"/weights/{NAME}", "bytes=700000-")]
    assert site.sent == [SIZE - 700_000]
    assert log.steps[0] == (700_000, SIZE)


def test_any_number_of_breaks_is_survived_while_more_arrives(site: Site, tmp_path: Path) -> None:
    site.answers = [Answer(cut=100_000)] * 10
    assert fetch(site.address(), tmp_path, Log()).read_bytes() == DATA
    assert site.sent == [100_000] * 10 + [SIZE - 1_000_000]


@pytest.mark.parametrize("broken", [Answer(hang_up=True), Answer(cut=0), Answer(status=503, body=b"busy")])
def test_four_retries_without_a_byte_are_survived_and_bytes_start_the_count_anew(
    broken: Answer, site: Site, tmp_path: Path
) -> None:
    site.answers = [*[broken] * 4, Answer(cut=10), *[broken] * 4]
    assert fetch(site.address(), tmp_path, Log()).read_bytes() == DATA
    assert len(site.asked) == 10


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (Answer(hang_up=True), "Remote end closed connection without response"),
        (Answer(cut=0), "the connection ended early"),
        (Answer(status=503, body=b"busy"), "503 Service Unavailable"),
    ],
)
def test_the_fifth_break_in_a_row_is_the_last(broken: Answer, reason: str, site: Site, tmp_path: Path) -> None:
    site.answers = [Answer(cut=1000)] + [broken] * 9
    error = refused(site.address(), tmp_path)
    assert error.message == f"{site.url()}: the download broke off after 1000 of {SIZE} bytes ({reason})"
    assert error.hint == f"Run the same command again to continue. {by_hand(tmp_path)}"
    assert len(site.asked) == 6
    site.answers = []
    assert fetch(site.address(), tmp_path, Log()).read_bytes() == DATA
    assert site.asked[-1][1] == "bytes=1000-"


def test_a_server_that_never_sends_a_byte_is_given_up(site: Site, tmp_path: Path) -> None:
    site.answers = [Answer(status=500, body=b"")] * 9
    error = refused(site.address(), tmp_path)
    assert error.message == f"{site.url()}: cannot be downloaded (500 Internal Server Error)"
    assert error.hint == by_hand(tmp_path)
    assert len(site.asked) == 5


def test_what_an_earlier_command_left_is_no_progress(site: Site, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(DATA[:1000])
    site.answers = [Answer(cut=0)] * 9
    assert f"broke off after 1000 of {SIZE} bytes" in refused(site.address(), tmp_path).message
    assert len(site.asked) == 5


def test_the_pause_doubles_while_nothing_arrives(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(transfer, "PAUSE", 0.5)
    monkeypatch.setattr(time, "sleep", pauses.append)
    site.answers = [Answer(cut=10), *[Answer(hang_up=True)] * 2, Answer(cut=10)]
    fetch(site.address(), tmp_path, Log())
    assert pauses == [0.5, 1, 2, 0.5]


def test_a_network_that_goes_away_meanwhile_is_tried_again(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, calls = socket.create_connection, 0

    def flaky(*args: object, **more: object) -> socket.socket:
        nonlocal calls
        calls += 1
        if calls in {2, 3}:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return connect(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "create_connection", flaky)
    site.answers = [Answer(cut=10)]
    assert fetch(site.address(), tmp_path, Log()).read_bytes() == DATA
    assert calls == 4


def test_an_interrupted_command_leaves_what_has_arrived(site: Site, tmp_path: Path) -> None:
    def interrupt(done: int, total: int | None) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(site.address(), tmp_path, interrupt)
    arrived = (tmp_path / f"{NAME}.part").stat().st_size
    assert 0 < arrived <= SIZE
    assert fetch(site.address(), tmp_path, Log()).read_bytes() == DATA
    assert site.asked[1:] == ([(f"/weights/{NAME}", f"bytes={arrived}-")] if arrived < SIZE else [])


# Servers that cannot continue


def test_a_server_without_ranges_sends_all_again(site: Site, tmp_path: Path) -> None:
    site.answers = [Answer(cut=1000), Answer(ranges=False)]
    log = Log()
    assert fetch(site.address(), tmp_path, log).read_bytes() == DATA
    assert [wanted for _, wanted in site.asked] == [None, "bytes=1000-"]
    assert site.sent == [1000, SIZE]
    assert [done for done, _ in log.steps].count(0) == 2


@pytest.mark.parametrize("cuts", [(1000, 1000), (1000, 500)])
def test_a_server_that_never_gets_further_is_given_up(cuts: tuple[int, ...], site: Site, tmp_path: Path) -> None:
    site.answers = [Answer(cut=cut, ranges=False) for cut in cuts] * 10
    assert f"broke off after {cuts[1]} of {SIZE} bytes" in refused(site.address(), tmp_path).message
    assert len(site.asked) == 6


def test_a_part_longer_than_the_file_starts_over(site: Site, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(DATA + b"more")
    assert fetch(site.address(), tmp_path, Log()).read_bytes() == DATA
    assert [wanted for _, wanted in site.asked] == [f"bytes={SIZE + 4}-", None]


def test_a_server_that_refuses_ranges_makes_it_start_over_once(site: Site, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(DATA[:10])
    site.answers = [Answer(status=416), Answer(cut=20), Answer(status=416)]
    error = refused(site.address(), tmp_path)
    assert error.message == f"{site.url()}: cannot be downloaded (416 {HTTPStatus(416).phrase})"
    assert [wanted for _, wanted in site.asked] == ["bytes=10-", None, "bytes=20-"]


def test_after_a_new_start_bytes_are_progress_again(site: Site, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(DATA[:1000])
    site.answers = [Answer(status=416), Answer(cut=10), *[Answer(hang_up=True)] * 4]
    assert fetch(site.address(), tmp_path, Log()).read_bytes() == DATA
    assert site.asked[-1][1] == "bytes=10-"


@pytest.mark.parametrize("shift", [-5, 5])
def test_an_answer_that_begins_elsewhere_is_not_appended(shift: int, site: Site, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(DATA[:1000])
    site.answers = [Answer(shift=shift)]
    assert fetch(site.address(), tmp_path, Log()).read_bytes() == DATA
    assert [wanted for _, wanted in site.asked] == ["bytes=1000-", None]


@pytest.mark.parametrize("length", [True, False])
def test_a_partial_answer_need_not_tell_the_whole_size(length: bool, site: Site, tmp_path: Path) -> None:
    site.answers = [Answer(cut=1000), Answer(stated="/*", length=length)]
    log = Log()
    assert fetch(site.address(), tmp_path, log).read_bytes() == DATA
    assert log.steps[-1] == (SIZE, SIZE if length else None)


# Wrong hashes


def test_a_fresh_download_with_a_wrong_hash_is_dropped(site: Site, tmp_path: Path) -> None:
    error = refused(site.address(BAD_NAME), tmp_path)
    assert error.message == f"{site.url(BAD_NAME)}: the download has sha256 {SHA} instead of 00000000"
    assert "`weights`" in str(error.hint)
    assert len(site.asked) == 1
    assert names(tmp_path) == [f"{BAD_NAME}.lock"]


def test_a_download_that_could_not_be_continued_is_fresh(site: Site, tmp_path: Path) -> None:
    site.answers = [Answer(cut=1000), Answer(cut=2000), Answer(ranges=False), Answer()]
    assert "the download has sha256" in refused(site.address(BAD_NAME), tmp_path).message
    assert [wanted for _, wanted in site.asked] == [None, "bytes=1000-", "bytes=3000-"]


def test_a_stale_part_is_dropped_when_its_continuation_has_a_wrong_hash(site: Site, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(b"garbage" * 100)
    site.answers = [Answer(), *[Answer(hang_up=True)] * 4, Answer(cut=10), *[Answer(hang_up=True)] * 4]
    assert fetch(site.address(), tmp_path, Log()).read_bytes() == DATA
    assert [wanted for _, wanted in site.asked] == ["bytes=700-", *[None] * 5, *["bytes=10-"] * 5]


def test_a_continued_download_with_a_wrong_hash_starts_over_once(site: Site, tmp_path: Path) -> None:
    (tmp_path / f"{BAD_NAME}.part").write_bytes(DATA[:700])
    site.answers = [Answer(), Answer(cut=500), Answer()]
    assert "the download has sha256" in refused(site.address(BAD_NAME), tmp_path).message
    assert [wanted for _, wanted in site.asked] == ["bytes=700-", None, "bytes=500-"]
    assert names(tmp_path) == [f"{BAD_NAME}.lock"]


def test_a_file_that_changed_on_the_server_meanwhile_starts_over(site: Site, tmp_path: Path) -> None:
    site.answers = [Answer(body=b"old" * 1000, cut=1000)]
    assert fetch(site.address(), tmp_path, Log()).read_bytes() == DATA
    assert [wanted for _, wanted in site.asked] == [None, "bytes=1000-", None]


def test_a_stream_of_unknown_length_that_ends_early_is_noticed_by_the_hash(site: Site, tmp_path: Path) -> None:
    site.answers = [Answer(length=False, cut=5000)]
    assert "the download has sha256" in refused(site.address(), tmp_path).message
    assert names(tmp_path) == [f"{NAME}.lock"]


def test_a_download_that_lacks_only_its_name_gets_it_without_a_request(site: Site, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(DATA)
    assert fetch(site.address(), tmp_path, Log()).read_bytes() == DATA
    assert (site.asked, names(tmp_path)) == ([], [NAME, f"{NAME}.lock"])


def test_without_a_hash_an_earlier_part_is_not_continued(site: Site, tmp_path: Path) -> None:
    (tmp_path / "plain.pth.part").write_bytes(b"garbage")
    assert fetch(site.address("plain.pth"), tmp_path, Log()).read_bytes() == DATA
    assert site.asked == [("/weights/plain.pth", None)]


# MD5 beside the file


@pytest.mark.parametrize("text", [f"{MD5}", f"{MD5.upper()}  plain.pth\n", f"\n{MD5}\r\n"])
def test_the_md5_beside_a_file_is_checked_and_kept(text: str, site: Site, tmp_path: Path) -> None:
    site.texts["/sums/plain.md5"] = text.encode()
    (tmp_path / "plain.pth.md5.part").write_bytes(b"0" * 20)
    address = site.address("plain.pth", md5_url=f"http://127.0.0.1:{site.server_port}/sums/plain.md5")
    assert fetch(address, tmp_path, Log()).read_bytes() == DATA
    assert names(tmp_path) == ["plain.pth", "plain.pth.lock", "plain.pth.md5"]
    (tmp_path / "plain.pth").write_bytes(DATA[1:])
    assert f"plain.pth: damaged (md5 {hashlib.md5(DATA[1:]).hexdigest()} instead of {MD5})" in (  # noqa: S324
        refused(address, tmp_path).message
    )
    (tmp_path / "plain.pth.md5").unlink()
    assert fetch(address, tmp_path, Log()).read_bytes() == DATA[1:]
    assert len(site.asked) == 1


def test_a_wrong_md5_is_refused(site: Site, tmp_path: Path) -> None:
    site.texts["/sum"] = b"0" * 32
    address = site.address("plain.pth", md5_url=f"http://127.0.0.1:{site.server_port}/sum")
    assert f"the download has md5 {MD5} instead of {'0' * 32}" in refused(address, tmp_path).message
    assert not (tmp_path / "plain.pth").exists()
    assert not (tmp_path / "plain.pth.md5").exists()


@pytest.mark.parametrize("text", [b"", b"<html>", b"0" * 31, b"0" * 40, b"\xff" * 32])
def test_a_text_that_is_no_md5_is_refused_before_the_download(text: bytes, site: Site, tmp_path: Path) -> None:
    site.texts["/sum"] = text
    address = site.address("plain.pth", md5_url=f"http://127.0.0.1:{site.server_port}/sum")
    assert refused(address, tmp_path).message == f"{address.md5_url}: does not begin with an MD5"
    assert site.asked == []


def test_a_missing_md5_names_its_address_and_where_the_weights_are(site: Site, tmp_path: Path) -> None:
    address = site.address("plain.pth", md5_url=site.url("none.md5"))
    site.answers = [Answer(status=404, body=b"")]
    error = refused(address, tmp_path)
    assert error.message == f"{address.md5_url}: cannot be downloaded (404 Not Found)"
    assert error.hint == by_hand(tmp_path, "plain.pth").replace("it on", f"{address.url} on")


# No network, and servers that refuse


def test_a_refused_connection_is_not_tried_again(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("tried again"))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, and nobody listens
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/{NAME}"
        error = refused(WeightsAddress(url=url), tmp_path)
    assert error.message == f"{url}: cannot be downloaded (Connection refused)"
    assert error.hint == by_hand(tmp_path)


@pytest.mark.usefixtures("site")
def test_a_name_that_is_not_known_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("tried again"))
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = refused(WeightsAddress(url=f"https://tpsence.invalid/{NAME}"), tmp_path)
    assert error.message == f"https://tpsence.invalid/{NAME}: cannot be downloaded (Name or service not known)"
    assert error.hint == by_hand(tmp_path)


@pytest.mark.parametrize(("status", "reason"), [(404, "404 Not Found"), (403, "403 Forbidden"), (416, "416 R")])
def test_a_refusal_is_not_tried_again_and_keeps_what_has_arrived(
    status: int, reason: str, site: Site, tmp_path: Path
) -> None:
    site.answers = [Answer(cut=1000), Answer(status=status, body=b"no")]
    if status == 416:  # without a range that is a refusal like others
        site.answers = site.answers[1:]
    error = refused(site.address(), tmp_path)
    assert error.message.startswith(f"{site.url()}: cannot be downloaded ({reason}")
    assert error.hint == by_hand(tmp_path)
    assert (len(site.asked), site.answers) == (1 if status == 416 else 2, [])
    assert (tmp_path / f"{NAME}.part").exists() == (status != 416)


@pytest.mark.parametrize(
    ("location", "reason"),
    [("file:///etc/passwd", "302 "), ("ftp://127.0.0.1/x", "unknown url type: ftp"), ("data:,x", "302 ")],
)
@pytest.mark.parametrize("proxy", [False, True])
def test_a_redirect_away_from_http_is_refused(
    location: str, reason: str, proxy: bool, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if proxy:
        monkeypatch.setenv("ftp_proxy", f"http://127.0.0.1:{site.server_port}")
    site.answers = [Answer(status=302, body=b"", location=location)]
    assert f"cannot be downloaded ({reason}" in refused(site.address("x.pth"), tmp_path).message
    assert len(site.asked) == 1
    assert names(tmp_path) == ["x.pth.lock"]


def test_redirects_in_a_ring_are_refused(site: Site, tmp_path: Path) -> None:
    site.answers = [Answer(status=302, body=b"", location=site.url()) for _ in range(30)]
    assert "cannot be downloaded (302 " in refused(site.address(), tmp_path).message
    assert len(site.asked) < 15


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/hostname",
        "ftp://127.0.0.1/a.pth",
        "data:,a.pth",
        "a.pth",
        "http:///a.pth",
        "http://127.0.0.1:port/a.pth",
        "http://a b/a.pth",
        "http://127.0.0.1/\u00e4.pth",
        "http://" + "a" * 70 + ".invalid/a.pth",
    ],
)
def test_an_address_that_is_none_is_refused(url: str, tmp_path: Path) -> None:
    assert refused(WeightsAddress(url=url), tmp_path).message.startswith(f"{url}: cannot be downloaded (")


def test_a_proxy_is_asked(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{site.server_port}")
    url = f"http://tpsence.invalid/{NAME}"
    assert fetch(WeightsAddress(url=url), tmp_path, Log()).read_bytes() == DATA
    assert site.asked == [(url, None)]


# Two at once


def test_of_two_threads_one_downloads(site: Site, tmp_path: Path) -> None:
    site.gate.clear()
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(fetch(site.address(), tmp_path, Log()).read_bytes()))
        for _ in range(2)
    ]
    threads[0].start()
    assert site.first.wait(10)
    threads[1].start()
    time.sleep(0.05)  # long enough for a request that should not come
    site.gate.set()
    for thread in threads:
        thread.join()
    assert found == [DATA, DATA]
    assert len(site.asked) == 1


def test_of_three_processes_one_downloads(site: Site, tmp_path: Path) -> None:
    site.gate.clear()
    code = (
        "import sys; from pathlib import Path; from pipeline.segment.mmseg.download import WeightsAddress, fetch;"
        "print('ready', flush=True); print(fetch(WeightsAddress(url=sys.argv[1]), Path(sys.argv[2]), lambda *_: None))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, site.url(), str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    assert site.first.wait(10)
    time.sleep(0.05)
    site.gate.set()
    assert [process.communicate()[0] for process in started] == [f"{tmp_path / NAME}\n"] * 3
    assert len(site.asked) == 1
    assert (tmp_path / NAME).read_bytes() == DATA


# Places


def test_the_cache_is_where_the_variable_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv(CACHE_VARIABLE, "~/weights")
    assert cache_folder() == Path.home() / "weights"
    monkeypatch.setenv(CACHE_VARIABLE, "~nobody-of-this-name/weights")
    assert cache_folder() == Path("~nobody-of-this-name/weights")


@pytest.mark.parametrize("empty", [False, True])
def test_without_the_variable_the_cache_is_the_users(empty: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    if empty:
        monkeypatch.setenv(CACHE_VARIABLE, "")
    assert cache_folder() == platformdirs.user_cache_path("tpsence")


def test_a_folder_that_cannot_be_made_is_named(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    error = refused(site.address(), tmp_path / "file" / "weights")
    assert error.message == f"{tmp_path / 'file' / 'weights'}: cannot be read or written (Not a directory)"
    assert CACHE_VARIABLE in str(error.hint)


def test_a_full_disk_is_told_and_what_has_arrived_stays(site: Site, tmp_path: Path, full_disk: FullDisk) -> None:
    with full_disk():
        error = refused(site.address(), tmp_path)
    assert error.message == f"{tmp_path / NAME}: cannot be read or written (No space left on device)"
    assert len(site.asked) == 1
    assert names(tmp_path) == [f"{NAME}.lock", f"{NAME}.part"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_write_to_a_full_disk_is_told(site: Site, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").symlink_to("/dev/full")
    error = refused(site.address(), tmp_path)
    assert error.message == f"{tmp_path / NAME}: cannot be read or written (No space left on device)"
    assert len(site.asked) == 1


# Names


@pytest.mark.parametrize(
    ("url", "name", "prefix"),
    [
        ("https://a.org/v0.5/upernet_20220227_124553-cad485de.pth", "upernet_20220227_124553-cad485de.pth", "cad485de"),
        ("https://a.org/x-y-0123456789abcdef.pth?download=true#top", "x-y-0123456789abcdef.pth", "0123456789abcdef"),
        ("https://a.org/x%20y-cad485de.pth", "x y-cad485de.pth", "cad485de"),
        ("https://a.org/x-cad485d.pth", "x-cad485d.pth", None),
        ("https://a.org/x-cad485de-b.pth", "x-cad485de-b.pth", None),
        ("https://a.org/x_cad485de.pth", "x_cad485de.pth", None),
        ("https://a.org/plain", "plain", None),
    ],
)
def test_an_address_tells_name_and_hash(url: str, name: str, prefix: str | None) -> None:
    address = WeightsAddress(url=url)
    assert (address.file_name, address.sha256_prefix) == (name, prefix)


@pytest.mark.parametrize(
    "end",
    ["", ".", "..", "%2e%2e", "..%2Fup.pth", "a%5Cb.pth", "C%3Aa.pth", "a%00.pth", "a%1b.pth", "a%0A.pth", "?x.pth"],
)
def test_an_address_without_a_safe_name_is_refused(end: str, tmp_path: Path) -> None:
    error = refused(WeightsAddress(url=f"http://127.0.0.1/weights/{end}"), tmp_path / "weights")
    assert error.message.startswith(f"http://127.0.0.1/weights/{end}: ends in no name for a file (")
    assert not (tmp_path / "weights").exists()


def test_an_address_that_cannot_be_taken_apart_is_refused(tmp_path: Path) -> None:
    assert "no address" in refused(WeightsAddress(url="http://[::1/a.pth"), tmp_path).message
