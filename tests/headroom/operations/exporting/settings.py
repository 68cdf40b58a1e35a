"""The settings of a small site that tells of itself as its environment says."""

import os

SECRET_KEY = "only for tests"
INSTALLED_APPS = ["django_headroom.operations.performance"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
MIDDLEWARE = ["django_headroom.operations.performance.Recorded"]
ROOT_URLCONF = "tests.headroom.operations.exporting.at_work"
ALLOWED_HOSTS = ["testserver"]
USE_TZ = True
LOGGING = {
    "version": 1,
    "formatters": {"traced": {"()": "django_headroom.operations.exporting.logs.Traced"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "traced"}},
    "root": {"handlers": ["console"]},
}
HEADROOM = {
    "RELEASE": "7",
    "PERFORMANCE_PACKAGES": ("tests",),
    "PERFORMANCE_METRICS": os.environ.get("TOLD_METRICS", ""),
    "PERFORMANCE_TRACES": os.environ.get("TOLD_TRACES", ""),
    "PERFORMANCE_COMMENTS": True,
}
