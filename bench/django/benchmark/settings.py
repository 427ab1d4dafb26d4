import os
from urllib.parse import urlsplit

DEBUG = False
ALLOWED_HOSTS = ["*"]
SECRET_KEY = "signs nothing: there are no sessions"  # noqa: S105
ROOT_URLCONF = "benchmark.urls"
USE_TZ = True

INSTALLED_APPS = ["benchmark.apps.Benchmark"]

# What Quintet does by default as well: headers, limits. Sessions, CSRF and messages would come on top.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

url = urlsplit(os.environ["DATABASE_URL"])
if url.scheme == "sqlite":
    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": url.path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "init_command": """
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = NORMAL;
                PRAGMA temp_store = MEMORY;
                PRAGMA cache_size = -16000;
                PRAGMA mmap_size = 134217728;
                PRAGMA journal_size_limit = 67108864;
            """,
        },
    }
else:
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.removeprefix("/"),
        "HOST": url.hostname,
        "PORT": url.port,
        "USER": url.username,
        "PASSWORD": url.password,
    }
# One for each thread, kept.
DATABASES = {"default": database | {"CONN_MAX_AGE": None}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
