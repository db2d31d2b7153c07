"""Files and folders that are replaced: whole, at every moment, whoever else writes, and nothing but what may be."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from altac import durable
from altac.durable import ForeignFolderError, recover, replace_folder, replacing, work_folder, write_file

OLD, NEW = {"a": b"old", "b": b"old"}, {"a": b"new", "c": b"new"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def ours(folder: Path) -> bool:
    return folder.is_dir() and not (folder / "mine").exists()


@pytest.fixture(params=[True, False], ids=["exchange", "two-renames"])
def exchanged(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """With and without the system's call that exchanges two names."""
    if not request.param:
        monkeypatch.setattr(durable, "_exchanger", lambda: None)
    return bool(request.param)


# files


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_file(path, "é")
    assert path.read_bytes() == "é".encode()
    path.chmod(0o640)
    write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["f"]


def test_a_new_file_has_the_permissions_that_the_user_wants(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "f", "")
        replace_folder(tmp_path / "d", NEW, ours)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "d").stat().st_mode) == 0o750


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("old")

    def interrupted() -> None:
        with replacing(path) as file:
            file.write(b"ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["f"]


def test_what_a_link_points_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there/f")
    for text in ("old", "new"):
        write_file(tmp_path / "link", text)
        assert (tmp_path / "there" / "f").read_text() == text
        assert (tmp_path / "link").is_symlink()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="symbolic links"):
        write_file(tmp_path / "loop", "")


def test_what_is_no_file_is_written_directly(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, "text")
    reader.join(10)
    assert found == [b"text"] and stat.S_ISFIFO(pipe.stat().st_mode)
    write_file("/dev/null", "text")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(IsADirectoryError):
        write_file(tmp_path, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_an_error() -> None:
    with pytest.raises(OSError) as raised:
        write_file("/dev/full", "text")
    assert raised.value.errno == errno.ENOSPC


def test_a_protected_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renaming over it would be allowed."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # as for anyone but root, who runs tests at times
    write_file(tmp_path / "f", "old")
    replace_folder(tmp_path / "d", OLD, ours)
    with pytest.raises(PermissionError):
        write_file(tmp_path / "f", "new")
    with pytest.raises(PermissionError):
        replace_folder(tmp_path / "d", NEW, ours)
    assert (tmp_path / "f").read_text() == "old"
    assert contents(tmp_path / "d") == OLD


def test_a_file_is_synced_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []

    def noted(name: str) -> Callable[..., None]:
        call = getattr(os, name)

        def note(*arguments: Any) -> None:
            is_folder = name == "fsync" and stat.S_ISDIR(os.fstat(arguments[0]).st_mode)
            steps.append("sync folder" if is_folder else name)
            call(*arguments)

        return note

    for name in ("fsync", "replace", "rename"):
        monkeypatch.setattr(os, name, noted(name))
    write_file(tmp_path / "f", "text")
    assert steps == ["fsync", "replace", "sync folder"]
    steps.clear()
    replace_folder(tmp_path / "d", NEW, ours)
    assert steps == ["fsync", "fsync", "sync folder", "rename", "sync folder"]


def test_a_long_name_is_no_hindrance(tmp_path: Path) -> None:
    write_file(tmp_path / ("f" * 255), "text")
    replace_folder(tmp_path / ("d" * 255), NEW, ours)
    with work_folder(tmp_path / ("w" * 255)) as folder:
        assert folder.is_dir()


# folders


def test_a_folder_is_written_and_replaced(tmp_path: Path, exchanged: bool) -> None:
    folder = tmp_path / "new" / "parents" / "d"
    replace_folder(folder, OLD, ours)
    assert contents(folder) == OLD
    folder.chmod(0o770)
    replace_folder(folder, NEW, ours)
    assert contents(folder) == NEW
    assert stat.S_IMODE(folder.stat().st_mode) == 0o770
    assert os.listdir(folder.parent) == ["d"]


def test_what_a_link_to_a_folder_points_to_is_replaced(tmp_path: Path, exchanged: bool) -> None:
    replace_folder(tmp_path / "there", OLD, ours)
    (tmp_path / "link").symlink_to("there")
    replace_folder(tmp_path / "link", NEW, ours)
    assert (tmp_path / "link").is_symlink()
    assert contents(tmp_path / "there") == NEW
    (tmp_path / "dangling").symlink_to("elsewhere")
    replace_folder(tmp_path / "dangling", NEW, ours)
    assert contents(tmp_path / "elsewhere") == NEW


def test_a_foreign_folder_stays(tmp_path: Path, exchanged: bool) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "mine").write_text("mine")
    (tmp_path / "f").write_text("mine")
    for name in ("d", "f"):
        with pytest.raises(ForeignFolderError):
            replace_folder(tmp_path / name, NEW, ours)
    assert contents(tmp_path / "d") == {"mine": b"mine"}
    assert (tmp_path / "f").read_text() == "mine"


def test_a_foreign_file_that_comes_in_between_stays(tmp_path: Path) -> None:
    if durable._exchanger() is None:
        pytest.skip("needs a system that exchanges names")
    replace_folder(tmp_path / "d", OLD, ours)
    asked = 0

    def late(folder: Path) -> bool:
        nonlocal asked
        asked += 1
        if asked == 3:  # the exchange is done
            (folder / "mine").write_text("mine")
        return ours(folder)

    with pytest.raises(ForeignFolderError):
        replace_folder(tmp_path / "d", NEW, late)
    assert contents(tmp_path / "d") == OLD | {"mine": b"mine"}
    assert os.listdir(tmp_path) == ["d"]


def test_the_current_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match="current folder"):
        replace_folder(".", NEW, ours)
    assert not list(tmp_path.iterdir())


def test_a_failure_leaves_the_old_folder(tmp_path: Path, exchanged: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_folder(tmp_path / "d", OLD, ours)
    real = os.fsync
    left = iter(range(3))

    def full(handle: int) -> None:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    for allowed in range(4):
        left = iter(range(allowed))
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="space"):
            replace_folder(tmp_path / "d", NEW, ours)
        assert contents(tmp_path / "d") == (OLD if allowed < 3 else NEW)
        assert os.listdir(tmp_path) == ["d"]


def _write_many(folder: str, exchange: bool, number: int) -> None:
    if not exchange:
        durable._exchanger = lambda: None  # type: ignore[assignment]
    for turn in range(20):
        replace_folder(folder, {"a": f"{number} {turn}".encode(), "b": f"{number} {turn}".encode()}, ours)


def test_many_writers_at_once_all_succeed(tmp_path: Path, exchanged: bool) -> None:
    spawn = get_context("spawn")
    writers = [spawn.Process(target=_write_many, args=(str(tmp_path / "d"), exchanged, i)) for i in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0, 0]
    written = contents(tmp_path / "d")
    assert written["a"] == written["b"] and written["a"].endswith(b" 19")
    assert os.listdir(tmp_path) == ["d"]


def test_a_writer_that_others_overtake_between_two_renames_tries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable, "_exchanger", lambda: None)
    replace_folder(tmp_path / "d", OLD, ours)
    rename, overtaken = os.rename, 0

    def slow(source: Path, target: Path) -> None:
        nonlocal overtaken
        rename(source, target)
        if str(target).endswith(".old") and overtaken < 3:
            overtaken += 1
            (tmp_path / "d").mkdir()
            (tmp_path / "d" / "a").write_text("another writer's")

    monkeypatch.setattr(os, "rename", slow)
    replace_folder(tmp_path / "d", NEW, lambda path: True)
    assert contents(tmp_path / "d") == NEW and os.listdir(tmp_path) == ["d"]
    assert overtaken == 3


# what killed writers leave


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A folder that another writer of ``tmp_path / "d"`` is working on."""
    with durable._beside(tmp_path / "d", os.mkdir) as folder:
        yield folder


def test_leftovers_are_cleared_away_and_the_work_of_others_stays(tmp_path: Path, locked: Path) -> None:
    prefix = durable._prefix(tmp_path / "d")
    (tmp_path / f"{prefix}0123456789ab").mkdir()
    (tmp_path / f"{prefix}0123456789ab" / "a").write_text("half")
    (tmp_path / f"{prefix}ba9876543210").write_text("half")
    others = {".altac-other", f"{prefix}notes", "notes"}
    for name in others:
        (tmp_path / name).write_text("mine")
    replace_folder(tmp_path / "d", NEW, ours)
    assert set(os.listdir(tmp_path)) == {"d", locked.name, *others}


def test_a_folder_under_another_name_is_put_back(tmp_path: Path) -> None:
    parked = tmp_path / f"{durable._prefix(tmp_path / 'd')}0123456789ab.old"
    replace_folder(parked, OLD, ours)
    recover(tmp_path / "d")
    assert contents(tmp_path / "d") == OLD
    replace_folder(parked, NEW, ours)
    recover(tmp_path / "d")
    assert contents(tmp_path / "d") == OLD
    assert os.listdir(tmp_path) == ["d"]


def test_a_work_folder_is_found_again_and_never_shared(tmp_path: Path) -> None:
    with work_folder(tmp_path / "t") as first:
        (first / "part").write_text("done")
        with work_folder(tmp_path / "t") as second:
            assert second != first and not list(second.iterdir())
        assert not second.exists()
    with work_folder(tmp_path / "t") as again:
        assert contents(again) == {"part": b"done"}
