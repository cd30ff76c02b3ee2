"""Reads the environment once, loudly: a bad value is one clear line, never a traceback."""

from __future__ import annotations

import json
import os
import re
import secrets
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from environs import Env, EnvError

BASE_DIR = Path(__file__).resolve().parent.parent


class EnvironmentProblem(Exception):
    """A setting is missing or wrong; the message is one line a person can act on."""


env = Env(eager=True)
env.read_env(str(BASE_DIR / ".env"), recurse=False)


def data_dir() -> Path:
    """The folder that holds everything the installation keeps, as an absolute path."""
    return Path(env.str("CHENU_DATA_DIR", "var")).expanduser().resolve(strict=False)


def networks(variable: str, default: list[str]) -> list[str]:
    """The networks or addresses named in `variable`, separated by commas."""
    try:
        return [str(ip_network(each.strip(), strict=False)) for each in env.list(variable, default)]
    except ValueError as error:
        raise EnvironmentProblem(f"{variable}: {error}") from error


def places(variable: str) -> frozenset[tuple[str, int]]:
    """The places `host:port` named in `variable`, separated by commas; an IPv6 address stands in brackets."""
    found = set()
    for each in env.list(variable, []):
        host, _, port = each.strip().lower().rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536 or (":" in host) != host.startswith("["):
            raise EnvironmentProblem(f"{variable}: “{each}” is not host:port, such as 192.168.1.20:8123")
        found.add((host.strip("[]"), int(port)))
    return frozenset(found)


def redis_url(variable: str) -> str:
    """The address of a Redis server, or ''."""
    if not (found := env.str(variable, "")):
        return ""
    try:
        parts = urlsplit(found)
        right = parts.scheme in {"redis", "rediss"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        right = False
    if not right or parts.path.strip("/") not in {"", *map(str, range(1024))}:
        raise EnvironmentProblem(f"{variable} must be the address of a Redis server, such as redis://127.0.0.1:6379/0")
    return found


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


def outside_accounts() -> dict[str, Any]:
    """The outside accounts people may sign in with, for allauth: each is on when its client id is set."""
    found: dict[str, Any] = {}
    for kind, name in (("google", "Google"), ("microsoft", "Microsoft"), ("github", "GitHub")):
        if client := env.str(f"CHENU_{kind.upper()}_CLIENT_ID", ""):
            secret = env.str(f"CHENU_{kind.upper()}_CLIENT_SECRET", "")
            found[kind] = {"APPS": [{"name": name, "client_id": client, "secret": secret}], "OAUTH_PKCE_ENABLED": True}
    if client := env.str("CHENU_OIDC_CLIENT_ID", ""):
        server = env.str("CHENU_OIDC_URL", "")
        if not server.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise EnvironmentProblem("CHENU_OIDC_URL must be the https address of the OIDC provider")
        found["openid_connect"] = oidc(
            client, env.str("CHENU_OIDC_CLIENT_SECRET", ""), server, env.str("CHENU_OIDC_NAME", "OIDC")
        )
    return found


def provider_keys() -> dict[str, str]:
    """Keys of model providers, by the names the shipped data knows, and CHENU_<PROVIDER>_API_KEY of added ones."""
    data = json.loads((BASE_DIR / "agents" / "llm" / "data" / "providers.json").read_bytes())
    rows = data["providers"]
    names = {name for row in rows for name in (row["key_env"], *row["key_env_aliases"]) if name}
    names |= {name for name in os.environ if re.fullmatch(r"CHENU_[A-Z0-9_]+_API_KEY", name)}
    return {name: value.strip() for name in sorted(names) if (value := os.environ.get(name, "")).strip()}


def provider_base_urls() -> dict[str, str]:
    """CHENU_<PROVIDER>_BASE_URL: the operator's own address of a provider, wherever that is."""
    found = {}
    for name, value in sorted(os.environ.items()):
        named = re.fullmatch(r"CHENU_([A-Z0-9_]+)_BASE_URL", name)
        if named is None or not value.strip():
            continue
        url = value.strip().rstrip("/")
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
            raise EnvironmentProblem(f"{name} must be an http or https address, such as http://127.0.0.1:11434/v1")
        found[named[1].lower().replace("_", "-")] = url
    return found


def way_back_uris(default: list[str]) -> list[str]:
    """Where programs may be sent back to by an outside account: whole addresses, https or of this very machine."""
    found = env.list("CHENU_OAUTH_REDIRECT_URIS", default)
    for uri in found:
        parts = urlsplit(uri)
        at_home = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"}
        if not (parts.scheme == "https" or at_home) or not parts.hostname or parts.fragment or parts.username:
            raise EnvironmentProblem(f"CHENU_OAUTH_REDIRECT_URIS: {uri} is no https address, nor one of this machine")
    return found


def oidc(client: str, secret: str, server: str, name: str) -> dict[str, Any]:
    app = {
        "provider_id": "oidc",
        "name": name,
        "client_id": client,
        "secret": secret,
        "settings": {"server_url": server},
    }
    return {"APPS": [app], "OAUTH_PKCE_ENABLED": True}


__all__ = [
    "BASE_DIR", "EnvError", "EnvironmentProblem", "data_dir", "env", "key", "networks", "outside_accounts", "places",
    "provider_base_urls", "provider_keys",
]  # fmt: skip
