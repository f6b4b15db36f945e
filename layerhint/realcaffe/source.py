"""The source archive: downloaded with pip, checked against its hash, and unpacked without trusting its names."""

import importlib.util
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from layerhint.checksum import sha256
from layerhint.errors import LayerhintError
from layerhint.realcaffe import recipe

_MAX_BYTES, _MAX_MEMBERS = 256 << 20, 10_000


def fetch(cache: Path, given: Path | None = None) -> Path:
    """The archive: the file `given`, else the copy in `cache`, else a download into `cache`.

    Raises:
        LayerhintError: no such file, the download failed, or the content is not the recipe's.
    """
    if given is not None:
        if not given.is_file():
            raise LayerhintError(f"--source {given}: no such file; expected {recipe.ARCHIVE}")
        _check_hash(given)
        return given
    kept = cache / recipe.ARCHIVE
    if not kept.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".download-") as folder:
            downloaded = _download(Path(folder))
            _check_hash(downloaded)
            downloaded.replace(kept)
            return kept
    _check_hash(kept)
    return kept


def unpack(archive: Path, target: Path) -> Path:
    """Unpacks regular files and folders of the archive's one top folder into `target`; returns that folder.

    Raises:
        LayerhintError: a member is a link or a device, has an absolute path or `..` in it, or lies outside
            the top folder.
    """
    try:
        with tarfile.open(archive) as tar:
            top = _unpack(tar, target)
    except LayerhintError:
        raise
    except Exception as fault:  # On damaged headers tarfile may raise any exception.
        raise LayerhintError(f"{archive}: not a readable tar archive ({fault})") from fault
    if not top:
        raise LayerhintError(f"{archive}: the archive is empty")
    return target / top


def _check_hash(file: Path) -> None:
    found = sha256(file)
    if found != recipe.SHA256:
        raise LayerhintError(
            f"{file}: SHA-256 is {found}, expected {recipe.SHA256} ({recipe.PROJECT} {recipe.VERSION}); "
            "delete the file and download it again"
        )


def _download(folder: Path) -> Path:
    """Runs `pip download` with the hash required: pip checks it before it looks into the archive."""
    if importlib.util.find_spec("pip") is None:
        raise LayerhintError(
            f"{sys.executable} has no pip to download {recipe.ARCHIVE} with: run "
            f"`{sys.executable} -m ensurepip`, or download the file yourself and give it with --source FILE"
        )
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{recipe.PROJECT}=={recipe.VERSION} --hash=sha256:{recipe.SHA256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    if importlib.util.find_spec("setuptools") is not None:
        # pip reads the archive's metadata with its setup.py; the setuptools at hand will do
        command.append("--no-build-isolation")
    command += ["--require-hashes", "-r", str(wanted), "-d", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    archive = folder / recipe.ARCHIVE
    if result.returncode != 0 or not archive.is_file():
        tail = "\n".join((result.stdout + result.stderr).strip().splitlines()[-5:])
        raise LayerhintError(
            f"pip could not download {recipe.PROJECT}=={recipe.VERSION}; get {recipe.ARCHIVE} from "
            f"https://pypi.org/project/{recipe.PROJECT}/ and give it with --source FILE. pip said:\n{tail}"
        )
    return archive


def _unpack(tar: tarfile.TarFile, target: Path) -> str:
    """Looks at all members before it writes one; returns the top folder, "" for an empty archive."""
    members: list[tarfile.TarInfo] = []
    top, size = "", 0
    for member in tar:
        top = top or next(iter(PurePosixPath(member.name).parts), "")
        size += member.size
        if size > _MAX_BYTES or len(members) >= _MAX_MEMBERS:
            raise LayerhintError(
                f"{tar.name!s}: it unpacks to more than {_MAX_BYTES >> 20} MiB or {_MAX_MEMBERS} files; this is not "
                "the archive that the recipe names"
            )
        _check_member(member, top)
        members.append(member)
    for member in members:
        _write_member(tar, member, target)
    return top


def _check_member(member: tarfile.TarInfo, top: str) -> None:
    path = PurePosixPath(member.name)
    inside = not path.is_absolute() and ".." not in path.parts and path.parts[:1] == (top,)
    if not inside or not (member.isfile() or member.isdir()):
        raise LayerhintError(
            f"archive member {member.name!r}: expected a regular file or folder inside {top!r}; "
            "this is not the archive that the recipe names"
        )


def _write_member(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    path = target / member.name
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    content = tar.extractfile(member)
    if content is None:
        raise LayerhintError(f"archive member {member.name!r} has no content")
    with content, path.open("wb") as file:
        shutil.copyfileobj(content, file)
