"""Files and folders that are replaced as a whole: whatever ends a run, a crash of the machine too, leaves old or new.

What is written stands beside its target first, under a name that nothing else has, is synced, and takes the target's
place in one step, which is synced too. While it is written it is locked, so that a later run can tell what a killed
one has left from what another one is writing, and clears it away.

Of several writers at once, all succeed and the last one's content stays.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO

if sys.platform != "win32":
    import fcntl

#: What `rename` says where another folder has taken the name.
_TAKEN = (errno.ENOTEMPTY, errno.EEXIST)
#: What a system or a file system says that cannot exchange two names.
_NO_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)
#: In <fcntl.h> of Linux and <stdio.h> of macOS.
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2

_TOKEN = re.compile(r"[0-9a-f]{12}(\.old)?")


class ForeignFolderError(Exception):
    """A folder may not be replaced, because of what it holds."""


def write_file(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Make ``content``, text as UTF-8, all that the file at ``path`` holds. As `replacing` does. Raises `OSError`."""
    with replacing(path) as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A file to write, which takes the place of that at ``path`` when the block ends without an error.

    A symbolic link stays, and what it points to is replaced; the new file has the permissions of the old one. What is no
    file, such as a pipe or ``/dev/stdout``, is written directly.

    Raises:
        OSError: it cannot be written, or its permissions say that it is not to be.
    """
    try:
        known = os.stat(path)
    except FileNotFoundError:
        known = None
    if known is not None and not stat.S_ISREG(known.st_mode):
        with open(path, "wb") as stream:  # a folder refuses
            yield stream
        return
    target = Path(os.path.realpath(path))
    _refuse_protected(target)
    with _beside(target, _new_file) as temporary:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if known is not None:
            _take_permissions(temporary, known)
        os.replace(temporary, target)
        _sync_folder(target.parent)


def replace_folder(path: str | os.PathLike[str], files: Mapping[str, bytes], is_ours: Callable[[Path], bool]) -> None:
    """Make ``files``, by their names, all that the folder at ``path`` holds; its parents are made.

    What is there is replaced if ``is_ours`` says so of it; a symbolic link stays, and what it points to is replaced. Where
    neither Linux nor macOS exchanges the two folders in one step, a killed run may leave the old one under another name: then
    `recover`, and the next call, put it back.

    Raises:
        ForeignFolderError: what is there may not be replaced.
        OSError: the folder cannot be written.
    """
    target = Path(os.path.realpath(path))
    if target == Path.cwd():
        raise OSError(errno.EBUSY, "it is the current folder, which cannot be replaced")
    _make_folders(target.parent)
    recover(target)
    _refuse_foreign(target, is_ours)
    _refuse_protected(target)
    with _beside(target, os.mkdir) as temporary:
        for name, data in files.items():
            with (temporary / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            _take_permissions(temporary, os.stat(target))
        _sync_folder(temporary)
        _put(temporary, target, is_ours)
        _sync_folder(target.parent)


@contextmanager
def work_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A folder beside ``path`` for work that an interrupted run leaves to the next one; whoever has finished removes it.

    While another process works there, it is one that goes when the block ends. Raises `OSError`.
    """
    target = Path(os.path.realpath(path))
    _make_folders(target.parent)
    shared = target.with_name(_prefix(target) + "parts")
    with contextlib.suppress(FileExistsError):
        shared.mkdir()
    lock = _lock(shared)
    if lock is None:
        with _beside(target, os.mkdir) as temporary:
            yield temporary
        return
    try:
        yield shared
    finally:
        os.close(lock)


def recover(path: str | os.PathLike[str]) -> None:
    """Put the folder at ``path`` back if a killed writer has left it under another name, and clear away what else killed
    writers of ``path`` have left."""
    target = Path(os.path.realpath(path))
    prefix = _prefix(target)
    try:
        with os.scandir(target.parent) as entries:
            names = [e.name for e in entries if e.name.startswith(prefix) and _TOKEN.fullmatch(e.name[len(prefix) :])]
    except OSError:
        return
    for left in map(target.with_name, names):
        if left.suffix and not target.exists():
            with contextlib.suppress(OSError):
                left.rename(target)
            continue
        lock = _lock(left)
        if lock is not None:
            _remove(left)
            os.close(lock)


# beside the target


def _prefix(target: Path) -> str:
    """How names of what belongs to ``target`` begin: short, however long its own name is."""
    return f".altac-{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:12]}-"


@contextmanager
def _beside(target: Path, make: Callable[[Path], object]) -> Iterator[Path]:
    """Something new in the folder of ``target``, locked. What has its name when the block ends is removed."""
    recover(target)
    while True:
        path = target.with_name(_prefix(target) + secrets.token_hex(6))
        make(path)
        try:
            lock = _lock(path, waiting=True)
        except BaseException:
            _remove(path)
            raise
        if lock is not None:
            break  # else another run took it for a leftover before it was locked
    try:
        yield path
    finally:
        _remove(path)
        os.close(lock)


def _new_file(path: Path) -> None:
    path.touch(exist_ok=False)


def _remove(path: Path) -> None:
    """Remove a file or a folder, as far as possible."""
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


if sys.platform == "win32":

    def _lock(path: Path, *, waiting: bool = False) -> int | None:
        """Windows locks no folders: what a writer makes is its own, and nothing is known to be left over."""
        return os.open(os.devnull, os.O_RDONLY) if waiting or path.name.endswith("-parts") else None

    def _sync_folder(path: Path) -> None:
        """Windows syncs no folders."""

else:

    def _lock(path: Path, *, waiting: bool = False) -> int | None:
        """A handle that keeps ``path`` locked until it is closed; None if another process has it, or it is gone.

        With ``waiting``, a file system that has no locks is no hindrance.
        """
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(handle), os.stat(path)):
                return handle
        except (BlockingIOError, FileNotFoundError):
            pass
        except OSError:
            if waiting:
                return handle
        os.close(handle)
        return None

    def _sync_folder(path: Path) -> None:
        """Make the names in a folder outlast a crash, where its file system can."""
        try:
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except PermissionError:
            return  # it may be written, but not read
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in _NO_EXCHANGE:
                raise
        finally:
            os.close(handle)


# taking the place


def _put(new: Path, target: Path, is_ours: Callable[[Path], bool]) -> None:
    """Give the folder ``new`` the name ``target``. What had it stands under the name of ``new`` then, or is gone."""
    while True:
        try:
            os.rename(new, target)
            return
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
        lock = _lock(target, waiting=True)  # so that no other run takes it for a leftover once its name is another
        if lock is None:
            time.sleep(0.005)  # another writer has just put its own there, and is about to finish
            continue
        try:
            _refuse_foreign(target, is_ours)
            if _replaced(new, target, is_ours):
                return
        finally:
            os.close(lock)


def _replaced(new: Path, target: Path, is_ours: Callable[[Path], bool]) -> bool:
    """Put ``new`` in the place of ``target`` and remove what was there; False if another writer came in between."""
    if _exchange(new, target):
        try:
            _refuse_foreign(new, is_ours)  # it may have come in between
        except BaseException:
            _exchange(new, target)
            raise
        _remove(new)
        return True
    old = new.with_name(new.name + ".old")
    os.rename(target, old)
    try:
        os.rename(new, target)
    except OSError as error:
        if error.errno not in _TAKEN:
            with contextlib.suppress(OSError):
                os.rename(old, target)
            raise
        _remove(old)  # another writer's stands there already
        return False
    _remove(old)
    return True


def _refuse_foreign(target: Path, is_ours: Callable[[Path], bool]) -> None:
    if os.path.lexists(target) and not is_ours(target):
        raise ForeignFolderError


def _refuse_protected(target: Path) -> None:
    """Renaming asks for no permission of what is replaced."""
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _exchange(a: Path, b: Path) -> bool:
    """Exchange two names in one step; False if that is not possible here. Raises `OSError`."""
    exchange = _exchanger()
    if exchange is None:
        return False
    error = exchange(os.fsencode(a), os.fsencode(b))
    if error and error not in _NO_EXCHANGE:
        raise OSError(error, os.strerror(error), str(b))
    return not error


@cache
def _exchanger() -> Callable[[bytes, bytes], int] | None:
    """The system's call that exchanges two names; it gives the number of its error, 0 if there is none."""
    import ctypes

    try:
        library = ctypes.CDLL(None, use_errno=True)
        call = library.renameatx_np if sys.platform == "darwin" else library.renameat2
    except (AttributeError, OSError, TypeError):
        return None
    call.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    here = -2 if sys.platform == "darwin" else _AT_FDCWD

    def exchange(a: bytes, b: bytes) -> int:
        return ctypes.get_errno() if call(here, a, here, b, _RENAME_EXCHANGE) else 0

    return exchange


def _take_permissions(path: Path, known: os.stat_result) -> None:
    """Permissions, and as far as possible the owner, of what is replaced."""
    if sys.platform != "win32" and (known.st_uid, known.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(OSError):
            os.chown(path, known.st_uid, known.st_gid)
    os.chmod(path, stat.S_IMODE(known.st_mode))


def _make_folders(path: Path) -> None:
    """Make a folder and its parents, as far as they are missing, and sync them."""
    if path.is_dir():
        return
    _make_folders(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir()
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    _sync_folder(path.parent)
