import os

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

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["BENCH_DATABASE"],
        "CONN_MAX_AGE": None,
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
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
