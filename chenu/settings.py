"""Settings of CHE·NU. Everything a person may set is an environment variable (README, “Settings”)."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import dj_email_url
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from chenu.env import (
    BASE_DIR,
    EnvironmentProblem,
    data_dir,
    env,
    key,
    networks,
    outside_accounts,
    places,
    provider_base_urls,
    provider_keys,
    redis_url,
    way_back_uris,
)  # fmt: skip
from chenu.launch.postgres import socket_dir_for

RELEASE = "2026.11"
DEBUG = env.bool("CHENU_DEBUG", False)

# --- Where the installation lives ---------------------------------------------------------------
DATA_DIR: Path = data_dir()
KEYS_DIR = DATA_DIR / "keys"
OUTBOX_DIR = DATA_DIR / "outbox"
EXPORTS_DIR = DATA_DIR / "exports"
HOST = env.str("CHENU_HOST", "127.0.0.1")
PORT = env.int("CHENU_PORT", 8000)
PUBLIC_URL = env.str("CHENU_PUBLIC_URL", "")
ON_LOOPBACK = not PUBLIC_URL
# Where links in e-mails lead that no request asks for.
OWN_ADDRESS = PUBLIC_URL.rstrip("/") or f"http://{HOST}:{PORT}"

# Days between the wish to erase an identity or an account and its end; until then it can be undone.
ERASURE_DAYS = env.int("CHENU_ERASURE_DAYS", 7)
if not 0 <= ERASURE_DAYS <= 90:
    raise EnvironmentProblem("CHENU_ERASURE_DAYS must be a number of days from 0 to 90")

SECRET_KEY = key("secret_key", KEYS_DIR)
MASTER_KEY = key("master_key", KEYS_DIR)
# What signs the log, and the record of what was signed: both outside the database, the record best on another disk.
AUDIT_KEY_FILE = Path(env.str("CHENU_AUDIT_KEY_FILE", str(KEYS_DIR / "audit_key")))
AUDIT_MAIL = env.list("CHENU_AUDIT_MAIL", [])
AUDIT_HEADS_FILE = Path(env.str("CHENU_AUDIT_HEADS_FILE", str(DATA_DIR / "audit" / "heads.jsonl")))

ALLOWED_HOSTS = env.list(
    "CHENU_ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]", *([] if HOST in {"0.0.0.0", "::"} else [HOST])]
)
if PUBLIC_URL:
    _public = urlsplit(PUBLIC_URL)
    if _public.scheme != "https" or not _public.hostname:
        raise EnvironmentProblem("CHENU_PUBLIC_URL must be an https address, such as https://chenu.example.org")
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, _public.hostname]
    CSRF_TRUSTED_ORIGINS = [f"https://{_public.netloc}"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Whose X-Forwarded-For is believed: networks or addresses; behind a public address the proxy on this machine.
TRUSTED_PROXIES = networks("CHENU_TRUSTED_PROXIES", [] if ON_LOOPBACK else ["127.0.0.1", "::1"])
LIMITS_SCALE = env.int("CHENU_LIMITS_SCALE", 1)
if LIMITS_SCALE < 1 or (LIMITS_SCALE > 1 and PUBLIC_URL):
    raise EnvironmentProblem("CHENU_LIMITS_SCALE loosens the limits for benchmarks: with a public URL it must stay 1")

# Where webhooks may go besides the public internet, to the letter: host:port, also without TLS.
WEBHOOK_PRIVATE_HOSTS = places("CHENU_WEBHOOK_PRIVATE_HOSTS")

# --- Applications -------------------------------------------------------------------------------
INSTALLED_APPS = [
    "chenu",
    "meetings",
    "immobilier",
    "agents",
    "threads",
    "spheres",
    "governance",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.microsoft",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.headless",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "django_otp",
    "template_partials",
    "channels",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "chenu.static.StaticFiles",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "governance.access.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "governance.access.door.Door",
]

ROOT_URLCONF = "chenu.urls"
ASGI_APPLICATION = "chenu.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chenu.shell.shell",
            ],
        },
    }
]

# --- Database: PostgreSQL, three roles (design 3.2) -----------------------------------------------
POSTGRES_DIR = DATA_DIR / "postgres"
DATABASE_URL = env.str("DATABASE_URL", "")
DATABASE_IS_EMBEDDED = not DATABASE_URL
if DATABASE_IS_EMBEDDED:
    _database: dict[str, Any] = {"NAME": "chenu", "USER": "chenu_app", "HOST": str(socket_dir_for(POSTGRES_DIR))}
else:
    _database = {**dj_database_url.parse(DATABASE_URL)}
# 0 connections in the pool: one connection per command, and no waiting for a database that is down.
_pool = env.int("CHENU_DATABASE_POOL", 20)
DATABASES = {
    "default": {
        **_database,
        "ENGINE": "governance.isolation.postgres",
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            **_database.get("OPTIONS", {}),
            **({"pool": {"min_size": 1, "max_size": _pool, "timeout": 10}} if _pool else {}),
        },
    }
}
# Migrations, backup and tests connect as the owner of the tables, everything else as `chenu_app`.
DATABASE_OWNER = {"USER": "chenu_owner", "PASSWORD": _database.get("PASSWORD", "")}
if _owner_url := env.str("DATABASE_OWNER_URL", ""):
    _owner = dj_database_url.parse(_owner_url)
    DATABASE_OWNER = {"USER": _owner["USER"], "PASSWORD": _owner["PASSWORD"]}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: cache, broker and presence; one machine needs none -------------------------------------
REDIS_URL = redis_url("REDIS_URL")
# Installations may share a server: each knows its own keys by its master key.
REDIS_PREFIX = f"chenu:{sha256(f'redis {MASTER_KEY}'.encode()).hexdigest()[:12]}"
# With Redis: how many processes `manage.py up` starts to execute jobs; 0: they run elsewhere.
EXECUTORS = env.int("CHENU_EXECUTORS", 1)
if not 0 <= EXECUTORS <= 64:
    raise EnvironmentProblem("CHENU_EXECUTORS must be a number of processes from 0 to 64")
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "governance.redis.cache.Cache",
            "LOCATION": [REDIS_URL],
            "KEY_PREFIX": f"{REDIS_PREFIX}:cache",
        }
    }
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "governance.redis.layer.Layer",
            "CONFIG": {"hosts": [REDIS_URL], "prefix": f"{REDIS_PREFIX}:channels"},
        }
    }
else:
    # Few entries would let a flood of made-up addresses push the counts of failures out.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "chenu_cache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# --- People ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "governance.User"
AUTHENTICATION_BACKENDS = ["governance.access.backend.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "display_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
SIGNUP_POLICY = env.str("CHENU_SIGNUP", "open" if ON_LOOPBACK else "invite")
if SIGNUP_POLICY not in {"open", "invite", "closed"}:
    raise EnvironmentProblem("CHENU_SIGNUP must be one of: open, invite, closed")

ACCOUNT_ADAPTER = "governance.access.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "governance.access.forms.SignupExtras"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = env.str("CHENU_EMAIL_VERIFICATION", "optional" if ON_LOOPBACK else "mandatory")
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
# Five failures of one account, or twenty from one address, stop both for a quarter of an hour.
ACCOUNT_RATE_LIMITS = {"login_failed": "5/15m/key,20/15m/ip", "second_factor": "5/15m/key,20/15m/ip"}
ACCOUNT_EMAIL_SUBJECT_PREFIX = "CHE·NU: "
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = STEP_UP_SECONDS = 10 * 60
STAFF_PROOF_SECONDS = 30 * 60  # reading in the admin; what changes something asks again after STEP_UP_SECONDS
MFA_ADAPTER = "governance.access.factors.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "authenticate": "governance.access.factors.forms.SignInCodeForm",
    "reauthenticate": "governance.access.factors.forms.StepUpCodeForm",
    "login_webauthn": "governance.access.factors.forms.SignInPasskeyForm",
    "authenticate_webauthn": "governance.access.factors.forms.SecondPasskeyForm",
    "reauthenticate_webauthn": "governance.access.factors.forms.StepUpPasskeyForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an address is never replaced before its link is opened
MFA_TOTP_ISSUER = "CHENU"
MFA_TOTP_TOLERANCE = 1
SOCIALACCOUNT_ADAPTER = "governance.access.outside.adapter.OutsideAdapter"
SOCIALACCOUNT_PROVIDERS = outside_accounts()
OAUTH_REDIRECT_URIS = way_back_uris(["http://127.0.0.1/callback", "http://[::1]/callback"])
HEADLESS_ONLY = False
HEADLESS_CLIENTS = ("app",)
HEADLESS_TOKEN_STRATEGY = "allauth.headless.tokens.strategies.jwt.JWTTokenStrategy"
HEADLESS_JWT_ALGORITHM = "HS256"
HEADLESS_JWT_PRIVATE_KEY = key("jwt_key", KEYS_DIR)
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 15 * 60
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = 7 * 24 * 3600
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True
HEADLESS_JWT_ROTATE_REFRESH_TOKEN = True

SESSION_COOKIE_AGE = 30 * 60
SESSION_COOKIE_SECURE = not ON_LOOPBACK
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = not ON_LOOPBACK
CSRF_FAILURE_VIEW = "governance.access.pages.csrf_failure"
SECURE_SSL_REDIRECT = not ON_LOOPBACK
SECURE_HSTS_SECONDS = 0 if ON_LOOPBACK else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not ON_LOOPBACK
SECURE_HSTS_PRELOAD = not ON_LOOPBACK
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# --- Mail -----------------------------------------------------------------------------------------
EMAIL_URL = env.str("EMAIL_URL", "")
EMAIL_IS_FILES = not EMAIL_URL
if EMAIL_IS_FILES:
    EMAIL_BACKEND = "governance.outbox.backend.FileBackend"
else:
    _mail = dj_email_url.parse(EMAIL_URL)
    EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_BACKEND"], _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = _mail["EMAIL_USE_TLS"], _mail["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("CHENU_FROM_EMAIL", "CHE·NU <chenu@localhost>")

# --- Language and time ----------------------------------------------------------------------------
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LANGUAGE_CODE = env.str("CHENU_DEFAULT_LANGUAGE", "fr")
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_PERSON_TIMEZONE = "America/Toronto"

# --- Static files ---------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA_DIR / "files"}},
    "staticfiles": {"BACKEND": "chenu.static.ManifestStorage"},
}

# --- API ------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["governance.access.rest.DoorAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["governance.access.rest.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "governance.access.problems.rest_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CHE·NU",
    "DESCRIPTION": "HTTP API v2 of CHE·NU, the governed cognitive operating system.",
    "VERSION": "2",
    "OAS_VERSION": "3.1.0",
    "ENUM_NAME_OVERRIDES": {
        "StatementFormat": ["csv", "pdf"],
        "OrdersFormat": ["csv", "pdf", "pain"],
        "ItemType": ["note", "link", "document", "reference", "decision"],
        "ToolChoiceType": ["auto", "any", "none", "tool"],
    },
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- Models (chapter 5) ---------------------------------------------------------------------------
ANTHROPIC_API_KEY = env.str("ANTHROPIC_API_KEY", "")
PROVIDER_KEYS = provider_keys()
PROVIDER_BASE_URLS = provider_base_urls()
DEMO_MODE = env.bool("CHENU_DEMO", not ANTHROPIC_API_KEY)
SIMULATOR_PORT = env.int("CHENU_SIMULATOR_PORT", PORT + 1000)
# The host that Nova is locked to: the provider's own, the operator's override, or the simulator's.
ANTHROPIC_BASE_URL = (
    f"http://127.0.0.1:{SIMULATOR_PORT}"
    if DEMO_MODE
    else env.str("CHENU_ANTHROPIC_BASE_URL", "https://api.anthropic.com")
)
# In whole US dollars; with simulated answers nothing is really spent, so the ceiling is a generous one.
MONTHLY_USD_CAP = env.int("CHENU_MONTHLY_USD_CAP", 1000 if DEMO_MODE else 20)
# A provider that nobody has called for so many seconds is asked how it is.
HEALTH_SECONDS = env.int("CHENU_HEALTH_SECONDS", 60)
if not 10 <= HEALTH_SECONDS <= 3600:
    raise EnvironmentProblem("CHENU_HEALTH_SECONDS must be a number of seconds from 10 to 3600")
NOVA_MODEL = env.str("CHENU_NOVA_MODEL", "claude-sonnet-5-5")

# --- Logs: JSON or plain lines; audit is not logging ----------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("CHENU_LOG_LEVEL", "WARNING")},
    # At DEBUG the provider's library writes down whole requests: what people said is no business of a log.
    "loggers": {name: {"level": "WARNING"} for name in ("anthropic", "openai", "httpcore2")},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
