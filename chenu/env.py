"""Reads the environment once, loudly: a bad value is one clear line, never a traceback."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from environs import Env, EnvError

BASE_DIR = Path(__file__).resolve().parent.parent


class EnvironmentProblem(Exception):
    """A setting is missing or wrong; the message is one line a person can act on."""


env = Env(eager=True)
env.read_env(str(BASE_DIR / ".env"), recurse=False)


def data_dir() -> Path:
    """The folder that holds everything the installation keeps, as an absolute path."""
    return Path(env.str("CHENU_DATA_DIR", "var")).expanduser().resolve(strict=False)


def key(name: str, folder: Path) -> str:
    """The secret `CHENU_<NAME>`, from the environment, from the file it names, or from the data folder.

    The first start writes a fresh one to `<folder>/<name>`, mode 0600. Two processes that start
    together agree: the file is created exclusively and the loser reads the winner's.
    """
    variable = f"CHENU_{name.upper()}"
    if value := os.environ.get(variable):
        return value
    if named := os.environ.get(f"{variable}_FILE"):
        return _read(Path(named), variable)
    path = folder / name
    if not path.exists():
        _create(path, secrets.token_urlsafe(48))
    return _read(path, variable)


def _create(path: Path, value: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        finally:
            draft.unlink()
    except OSError as error:
        raise EnvironmentProblem(f"{path.parent} cannot keep the key “{path.name}”: {error.strerror}") from error


def _read(path: Path, variable: str) -> str:
    try:
        value = path.read_text().strip()
    except OSError as error:
        raise EnvironmentProblem(f"{variable}: {path} cannot be read: {error.strerror}") from error
    if len(value) < 32:
        raise EnvironmentProblem(f"{variable}: the key in {path} is too short (32 characters at least)")
    return value


__all__ = ["BASE_DIR", "EnvError", "EnvironmentProblem", "data_dir", "env", "key"]
