"""Is the Redis of REDIS_URL one that CHE·NU can work with? Asked once at the start, without Django."""

from __future__ import annotations

from urllib.parse import urlsplit

from chenu.launch.errors import LaunchError

OLDEST = (6, 0)
WITHIN = 5.0  # seconds
PROBE = "chenu:start"


def reach_redis(url: str) -> None:
    """Raises LaunchError, which says what is wrong and never the password."""
    import redis
    from redis import exceptions as errors
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    at = urlsplit(url)
    where = f"the Redis of REDIS_URL ({at.hostname}:{at.port or 6379})"
    client = redis.Redis.from_url(
        url, socket_timeout=WITHIN, socket_connect_timeout=WITHIN, retry=Retry(NoBackoff(), 0)
    )
    try:
        version = str(client.info("server").get("redis_version", "0"))
        client.set(PROBE, "1", ex=1)
    except (
        redis.AuthenticationError,
        redis.exceptions.AuthorizationError,
        redis.exceptions.NoPermissionError,
    ) as error:
        raise LaunchError(f"{where} does not let us in: {error}") from error
    except errors.ReadOnlyError as error:
        raise LaunchError(f"{where} can only be read: name the one that is written to") from error
    except errors.InvalidResponse as error:
        raise LaunchError(f"what answers at REDIS_URL ({at.hostname}:{at.port or 6379}) is not Redis") from error
    except (redis.ConnectionError, redis.TimeoutError) as error:
        raise LaunchError(f"{where} does not answer: start it, or take REDIS_URL away ({error})") from error
    except redis.RedisError as error:
        raise LaunchError(f"{where} refuses to work: {error}") from error
    finally:
        client.close()
    if _number(version) < OLDEST:
        raise LaunchError(f"{where} is version {version}: {'.'.join(map(str, OLDEST))} or later is needed")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
