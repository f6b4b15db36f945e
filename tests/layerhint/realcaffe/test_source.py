"""The source archive: its hash decides, and nothing in it can write outside its folder."""

import io
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from layerhint.errors import LayerhintError
from layerhint.realcaffe import recipe, source


def file_member(name: str, content: bytes = b"text") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, content


def special_member(name: str, kind: bytes, link: str = "") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = link
    return member, b""


@pytest.fixture
def archive_of(tmp_path: Path) -> Callable[..., Path]:
    def write(*members: tuple[tarfile.TarInfo, bytes]) -> Path:
        file = tmp_path / "archive.tar.gz"
        with tarfile.open(file, "w:gz") as tar:
            for member, content in members:
                tar.addfile(member, io.BytesIO(content))
        return file

    return write


def test_unpack_writes_files_and_returns_the_top_folder(archive_of: Callable[..., Path], tmp_path: Path) -> None:
    archive = archive_of(
        special_member("caffe-1", tarfile.DIRTYPE),
        file_member("caffe-1/src/net.cpp", b"\x00binary\r\n"),
        special_member("caffe-1/empty", tarfile.DIRTYPE),
    )
    top = source.unpack(archive, tmp_path / "out")
    assert top == tmp_path / "out/caffe-1"
    assert (top / "src/net.cpp").read_bytes() == b"\x00binary\r\n"
    assert (top / "empty").is_dir()


@pytest.mark.parametrize(
    "bad",
    [
        file_member("/tmp/escaped"),
        file_member("caffe-1/../escaped"),
        file_member("../escaped"),
        file_member("other/escaped"),
        special_member("caffe-1/link", tarfile.SYMTYPE, "/etc/passwd"),
        special_member("caffe-1/link", tarfile.LNKTYPE, "caffe-1/file"),
        special_member("caffe-1/device", tarfile.CHRTYPE),
        special_member("caffe-1/pipe", tarfile.FIFOTYPE),
    ],
    ids=["absolute", "dots inside", "dots", "another folder", "symlink", "hard link", "device", "pipe"],
)
def test_unpack_refuses_and_writes_nothing(
    bad: tuple[tarfile.TarInfo, bytes], archive_of: Callable[..., Path], tmp_path: Path
) -> None:
    archive = archive_of(file_member("caffe-1/file"), bad)
    with pytest.raises(LayerhintError, match=r"expected a regular file or folder inside 'caffe-1'"):
        source.unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_unpack_of_no_archive_says_so(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no archive", encoding="utf-8")
    with pytest.raises(LayerhintError, match="not a readable tar archive"):
        source.unpack(tmp_path / "notes.txt", tmp_path / "out")


def test_given_file_must_have_the_recipes_hash(tmp_path: Path) -> None:
    file = tmp_path / recipe.ARCHIVE
    file.write_bytes(b"another archive")
    # SHA-256 of the 15 bytes above, by `printf 'another archive' | sha256sum`
    digest = "2c69436dc18e5782410cdfa0e5e728985a4e51939a2ba73998e933e9921fed02"
    with pytest.raises(LayerhintError, match=f"SHA-256 is {digest}, expected {recipe.SHA256}"):
        source.fetch(tmp_path / "cache", file)


def test_given_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(LayerhintError, match=r"--source .*gone\.tar\.gz: no such file"):
        source.fetch(tmp_path, tmp_path / "gone.tar.gz")


def test_kept_download_is_used_and_checked_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / recipe.ARCHIVE
    file.write_bytes(b"kept")
    monkeypatch.setattr(recipe, "SHA256", source.sha256(file))
    assert source.fetch(tmp_path) == file
    file.write_bytes(b"damaged")
    with pytest.raises(LayerhintError, match="delete the file and download it again"):
        source.fetch(tmp_path)


def test_download_asks_pip_for_the_exact_hash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[list[str]] = []

    def pip(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        requirements = Path(command[command.index("-r") + 1]).read_text(encoding="utf-8")
        assert requirements == f"brocolli-caffe==9.0.2 --hash=sha256:{recipe.SHA256}\n"
        (Path(command[command.index("-d") + 1]) / recipe.ARCHIVE).write_bytes(b"downloaded")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(source.subprocess, "run", pip)
    # pip checks the hash; what a pip that does not would bring is refused all the same
    with pytest.raises(LayerhintError, match="SHA-256"):
        source.fetch(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
    # SHA-256 of `downloaded`, by `printf downloaded | sha256sum`
    monkeypatch.setattr(recipe, "SHA256", "b7a8a844a613be796bc1892dc480f9d92c50d32a5713a87758e5c5addc4ec814")
    assert source.fetch(tmp_path / "cache").read_bytes() == b"downloaded"
    assert asked[0][1:4] == ["-m", "pip", "download"]
    assert {"--no-deps", "--require-hashes"} <= set(asked[0])
    assert sorted(entry.name for entry in (tmp_path / "cache").iterdir()) == [recipe.ARCHIVE]


def test_failed_download_quotes_pip_and_names_the_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        source.subprocess,
        "run",
        lambda command, **_: subprocess.CompletedProcess(command, 1, "", "ERROR: no network\n"),
    )
    with pytest.raises(LayerhintError, match=r"(?s)--source FILE.*ERROR: no network"):
        source.fetch(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
