"""The settings of a site: defaults that run on a laptop, scalars from the environment, a local file read last.

Every ``DESCANT_…`` variable is described in docs/reference/settings.md.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from descant import __version__
from descant.site.configuring.databases import ERRORS, GLOBAL, PERFORMANCE, databases, is_of_databases
from descant.site.configuring.errors import errors
from descant.site.configuring.observing import logging, observing
from descant.site.configuring.secrets import secret_in
from descant.site.configuring.variables import VERIFICATIONS, Variables, changed_names
from descant.site.front.places import freshness_file
from django_headroom.conf import EVERYWHERE, PARTITIONED

PACKAGE = Path(__file__).resolve().parent.parent
said = Variables(os.environ)
is_on_servers = bool(said.text("DESCANT_DATABASE"))

# --- Where it runs -----------------------------------------------------------------------------------------------
DESCANT_DATA = Path(said.text("DESCANT_DATA", "data")).resolve()
DESCANT_DATA.mkdir(mode=0o700, parents=True, exist_ok=True)
DESCANT_PORT = said.number("DESCANT_PORT", 8000)
DESCANT_URL = said.text("DESCANT_URL", f"http://localhost:{DESCANT_PORT}").rstrip("/")
DESCANT_WILDCARD = said.text("DESCANT_WILDCARD")  # ".comments.example": NAME.comments.example is forum NAME
DESCANT_DEMO = said.is_on("DESCANT_DEMO")
# Of each web process, for what is not answered from memory.
DESCANT_THREADS = said.number("DESCANT_THREADS", 3 if is_on_servers else 1, least=1)
DESCANT_RELEASE = said.text("DESCANT_RELEASE") or __version__  # what records and errors call it
DESCANT_METRICS = said.text("DESCANT_METRICS")  # where Prometheus asks: 127.0.0.1:9464
DESCANT_METRICS_TOKEN = said.secret("DESCANT_METRICS_TOKEN")
DESCANT_RUN = said.text("DESCANT_RUN")  # what the processes of one start know each other by
DESCANT_HOT_MB = said.number("DESCANT_HOT_MB", 64)  # of each web process, for hot pages
DESCANT_LIVE = said.is_on("DESCANT_LIVE", "1")
DESCANT_LIVE_READERS = said.number("DESCANT_LIVE_READERS", 12000)  # of each web process, in all
DESCANT_LIVE_OF_FORUM = said.number("DESCANT_LIVE_OF_FORUM", 10000)
DESCANT_LIVE_OF_ADDRESS = said.number("DESCANT_LIVE_OF_ADDRESS", 100)
DESCANT_ONE_MACHINE = said.is_on("DESCANT_ONE_MACHINE", "0" if is_on_servers else "1")
DESCANT_TRUSTED_PROXIES = said.words("DESCANT_TRUSTED_PROXIES")

DEBUG = False
SECRET_KEY = said.secret("DESCANT_SECRET_KEY") or secret_in(DESCANT_DATA / "secret.key")
ALLOWED_HOSTS = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    urlsplit(DESCANT_URL).hostname or "localhost",
    *said.words("DESCANT_HOSTS"),
    *([DESCANT_WILDCARD] if DESCANT_WILDCARD else []),
]

# --- Databases ---------------------------------------------------------------------------------------------------
DATABASES, _places = databases(said, DESCANT_DATA)
DATABASE_ROUTERS = ["django_headroom.partitions.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
HEADROOM = {
    **_places,
    "LEDGER": "default",
    "DIRECTORY": "descant.forums.directory.forums",
    "REFUSE_BARE_SAVE": True,
    "ANSWER_SECONDS": said.seconds("DESCANT_ANSWER_SECONDS", 1.5),
    "FRESHNESS_FILE": said.text("DESCANT_FRESHNESS_FILE") or str(freshness_file(DESCANT_DATA)),
    "COUNTERS_FOLDER": str(DESCANT_DATA / "counters"),
    "CACHE": said.words("DESCANT_CACHE", between=","),
    "CACHE_FOLDER": str(DESCANT_DATA / "cache"),
    "RELEASE": DESCANT_RELEASE,
    **observing(said, DESCANT_DATA),
    **errors(said, DESCANT_DATA),
    "HOMES": {
        "accounts": "default",
        "forums": "default",
        "followups": "default",
        "exchange": "default",
        "discussion": PARTITIONED,
        "delayed": EVERYWHERE,
        "counters": EVERYWHERE,
        "switches": EVERYWHERE,
        "auth": "default",
        "contenttypes": "default",
        "sessions": "default",
        "messages": "default",
        "staticfiles": "default",
        "account": "default",
        "socialaccount": "default",
    },
}

# --- What may be written, and how fast ---------------------------------------------------------------------------
DESCANT_TEXT_MAX = said.number("DESCANT_TEXT_MAX", 10000)
DESCANT_NAME_MAX = said.number("DESCANT_NAME_MAX", 60)
DESCANT_EDIT_SECONDS = said.number("DESCANT_EDIT_SECONDS", 900)
DESCANT_COMMENTS_PER_MINUTE = said.number("DESCANT_COMMENTS_PER_MINUTE", 10)  # of an account or address
DESCANT_VOTES_PER_MINUTE = said.number("DESCANT_VOTES_PER_MINUTE", 60)
DESCANT_API_PER_HOUR = said.number("DESCANT_API_PER_HOUR", 10000)
DESCANT_TOKEN_DAYS = said.number("DESCANT_TOKEN_DAYS", 30)
DESCANT_SIGN_ON_SECONDS = said.number("DESCANT_SIGN_ON_SECONDS", 7200)

# --- Judges outside ----------------------------------------------------------------------------------------------
# What of our own network they may be: HOST:PORT, ….
DESCANT_EGRESS_ALLOWED = said.words("DESCANT_EGRESS_ALLOWED")
# By name; the local file may add some: {"ours": {"kind": "http", "url": "https://judge.example/", "secret": "…"}}.
CLASSIFIERS: dict[str, dict[str, str]] = {}
if _akismet := said.secret("DESCANT_AKISMET_KEY"):
    CLASSIFIERS["akismet"] = {"kind": "akismet", "key": _akismet}

# --- Caches on the way -------------------------------------------------------------------------------------------
# Who is told which pages have changed; the local file may add headers:
# {"url": "https://api.fastly.com/service/ID/purge", "headers": {"Fastly-Key": "…"}}.
PURGES = [{"url": url} for url in said.words("DESCANT_PURGE")]

# --- The parts ---------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    *(f"allauth.socialaccount.providers.{name}" for name in said.words("DESCANT_SOCIAL")),
    "django_headroom.counters",
    "django_headroom.delayed",
    "django_headroom.operations.performance",
    "django_headroom.operations.switches",
    "django_headroom.operations.errors",
    "descant.accounts",
    "descant.forums",
    "descant.discussion",
    "descant.followups",
    "descant.exchange",
    "descant.embed",
    "descant.moderate",
    "descant.community",
    "descant.operate",
    "descant.api",
    "descant.site",
]
MIDDLEWARE = [
    "django_headroom.operations.performance.Recorded",
    "django_headroom.connections.patience.AnsweredInTime",
    "django_headroom.operations.switches.holding.HeldSwitches",
    "descant.site.copies.OneCopy",
    "descant.site.headers.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "descant.accounts.passing.Session",
    "descant.site.headers.Language",
    "django.middleware.csrf.CsrfViewMiddleware",
    "descant.accounts.passing.Authentication",
    "descant.accounts.passing.Messages",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "descant.site.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [PACKAGE / "embed" / "templates", PACKAGE / "moderate" / "templates"],
        "OPTIONS": {"environment": "descant.embed.jinja.environment"},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "accounts" / "templates", PACKAGE / "site" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

# --- Who signs in, and how ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_ADAPTER = "descant.accounts.hooks.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "descant.accounts.hooks.forms.NameForm"
ACCOUNT_FORMS = {"confirm_login_code": "descant.accounts.hooks.codes.FilledInCodeForm"}
ACCOUNT_LOGIN_BY_CODE_ENABLED = ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_PREVENT_ENUMERATION = True
# Addresses are confirmed where mail can be sent; the code is asked in the window in which somebody signs up.
_usual = "mandatory" if said.text("DESCANT_MAIL_HOST") else "optional"
ACCOUNT_EMAIL_VERIFICATION = said.one_of("DESCANT_EMAIL_VERIFICATION", _usual, choices=VERIFICATIONS)
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = ACCOUNT_EMAIL_VERIFICATION == "mandatory"
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(DESCANT_URL).scheme
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USERNAME_MIN_LENGTH = 2
SOCIALACCOUNT_ADAPTER = "descant.accounts.hooks.adapters.SocialAdapter"
SOCIALACCOUNT_PROVIDERS: dict[str, object] = {}  # the local file names them, by DESCANT_SOCIAL
LOGIN_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "/"
LOGIN_URL = "account_login"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = DESCANT_URL.startswith("https:")
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [DESCANT_URL]
# A name with __Host- keeps a neighbour under the same domain from setting a cookie of ours.
_host = "__Host-" if SESSION_COOKIE_SECURE else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_host}descant", f"{_host}descant_csrf"
LANGUAGE_COOKIE_NAME = f"{_host}descant_language"
MIDDLEWARE += ["descant.accounts.headers.AccountPages"]
# Limits on signing in are kept in the global database, so that they hold over all processes and machines.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_remembered",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
HEADROOM["HOMES"]["django_cache"] = "default"  # as Django's database cache calls itself to a router

# --- Mail --------------------------------------------------------------------------------------------------------
EMAIL_HOST = said.text("DESCANT_MAIL_HOST")
EMAIL_PORT = said.number("DESCANT_MAIL_PORT", 587)
EMAIL_HOST_USER = said.text("DESCANT_MAIL_USER")
EMAIL_HOST_PASSWORD = said.secret("DESCANT_MAIL_PASSWORD")
EMAIL_USE_TLS = EMAIL_PORT == 587
EMAIL_TIMEOUT = 10
DESCANT_ERRORS_MAIL = said.words("DESCANT_ERRORS_MAIL")
DESCANT_ERRORS_TRACKER = said.text("DESCANT_ERRORS_TRACKER")  # https://…/new?title={title}&body={link}
DEFAULT_FROM_EMAIL = said.text("DESCANT_MAIL_FROM", "Descant <comments@localhost>")
# Answers to letters come in there, by `descant mail receive`: reply@comments.example for reply+…@comments.example.
DESCANT_MAIL_INBOUND = said.text("DESCANT_MAIL_INBOUND")
DESCANT_MAIL_AUTHENTICATED_BY = said.text("DESCANT_MAIL_AUTHENTICATED_BY")
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if EMAIL_HOST
    else "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_FILE_PATH = DESCANT_DATA / "mail"  # without a mail server: one file for each mail, to read

# --- Languages, times, files -------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German")), ("fr", _("French")), ("ar", _("Arabic"))]
LOCALE_PATHS = [PACKAGE / "locale", PACKAGE / "accounts" / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = DESCANT_DATA / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "descant.site.storage.HashedFiles"},
}

# --- Bounds of a request -----------------------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DESCANT_IMPORT_MB = said.number("DESCANT_IMPORT_MB", 512, least=1)  # of a file that owners hand over
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
if DESCANT_TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = logging(said)

# --- The local file, read last: a broken one stops with its own traceback, a missing one is silent ---------------
LOCAL_FILE = Path(said.text("DESCANT_SETTINGS_FILE") or DESCANT_DATA / "settings.py")
said.refuse_unknown()
if LOCAL_FILE.is_file():
    _before = dict(globals())
    exec(compile(LOCAL_FILE.read_text(), str(LOCAL_FILE), "exec"))
    FROM_THE_FILE = changed_names(_before, globals(), str(LOCAL_FILE))
    # It may name databases as the environment does, which has the last word.
    _named = {name: value for name, value in globals().items() if is_of_databases(name)}
    if _named:
        DATABASES, _places = databases(Variables({**_named, **os.environ}), DESCANT_DATA)
        HEADROOM |= _places

HEADROOM["HOMES"].setdefault(PERFORMANCE, PERFORMANCE if PERFORMANCE in DATABASES else GLOBAL)
HEADROOM["HOMES"].setdefault(ERRORS, ERRORS if ERRORS in DATABASES else GLOBAL)
