"""Write a document to a file: whole or not at all, and never over what is there unasked."""

from __future__ import annotations

import os
import stat

from matcalc.errors import MatcalcError


def write_output(path: str, text: str, *, source: str = "", force: bool = False) -> None:
    """Write a text to a file; `source` is the file that it was made of.

    A file that is there is replaced only by `force`, and stays as it is where writing fails. A
    link is replaced, not followed. Raises E705 for what cannot be written, E706 for what is there.
    """
    data = text.encode()
    try:
        kind = _kind(path)
        _refuse(path, kind, source, force)
        if kind is None or stat.S_ISREG(kind) or stat.S_ISLNK(kind):
            _replace(path, data, force)
        else:
            _write(path, data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MatcalcError("E705", f"cannot write {path}: {reason}") from None


def _kind(path: str) -> int | None:
    """Return the mode of what a path names, a link's own; None where nothing is there."""
    try:
        return os.lstat(path).st_mode
    except FileNotFoundError:
        return None


def _refuse(path: str, kind: int | None, source: str, force: bool) -> None:
    if source and kind is not None and os.path.exists(path) and os.path.samefile(path, source):
        message = f"{path} is the file that is read"
        raise MatcalcError("E706", message, hint="write to another file; --force does not help")
    if kind is not None and not force and (stat.S_ISREG(kind) or stat.S_ISLNK(kind)):
        raise MatcalcError("E706", f"there is a file {path} already", hint="--force replaces it")


def _replace(path: str, data: bytes, force: bool) -> None:
    """Write beside the file, then put what is written in its place."""
    from tempfile import mkstemp

    handle, beside = mkstemp(".tmp", ".matcalc-", os.path.dirname(path) or ".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, _permissions(path))
        if force:
            os.replace(beside, path)
        else:
            _link(beside, path)
    finally:
        if os.path.lexists(beside):
            os.unlink(beside)


def _link(beside: str, path: str) -> None:
    """Give a file a name that nothing has; what came there meanwhile stays."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise MatcalcError("E706", f"there is a file {path} already") from None
    except OSError:  # a file system without hard links
        os.replace(beside, path)


def _permissions(path: str) -> int:
    """Return the permissions of the file that is there, or of a new one."""
    kind = _kind(path)
    if kind is not None and stat.S_ISREG(kind):
        return stat.S_IMODE(kind)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _write(path: str, data: bytes) -> None:
    """Write to a device or a pipe; a pipe that nobody reads does not block."""
    handle = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "wb") as file:
        os.set_blocking(handle, True)
        file.write(data)
