"""Makes the tables of a Django project: contrib's, and those of `shop`, with a few rows.

    python make.py sqlite FILE
    python make.py postgres HOST PORT USER PASSWORD NAME SCHEMA
"""

import datetime
import decimal
import sys

import django
from django.conf import settings
from django.core.management import call_command


def database(kind, *rest):
    if kind == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": rest[0]}
    host, port, user, password, name, schema = rest
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": host,
        "PORT": port,
        "USER": user,
        "PASSWORD": password,
        "NAME": name,
        "OPTIONS": {"options": f"-c search_path={schema}"},
    }


settings.configure(
    DATABASES={"default": database(*sys.argv[1:])},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
        "shop",
    ],
    SILENCED_SYSTEM_CHECKS=["admin.E403", "admin.E408", "admin.E409", "admin.E410", "fields.E210"],
    USE_TZ=True,
)
django.setup()
# First the tables that those without migrations point to.
call_command("migrate", verbosity=0)
call_command("migrate", run_syncdb=True, verbosity=0)

from django.contrib.auth.models import User  # noqa: E402
from shop.models import Line, Maker, Product, Restaurant, Tag  # noqa: E402

ann = User.objects.create_user("ann", "ann@example.com", "secret")
product = Product.objects.create(
    maker=Maker.objects.create(name="Olivetti", slug="olivetti"),
    owner=ann,
    title="Lettera",
    type="typewriter",
    mail="ann@example.com",
    home="https://example.com/",
    file="files/a.txt",
    price=decimal.Decimal("12.50"),
    weight=4,
    count=7,
    small=-3,
    big=2**40,
    positive=2**31 - 1,
    positive_small=9,
    positive_big=2**50,
    day=datetime.date(1950, 2, 1),
    time=datetime.time(12, 30, 1, 500),
    span=datetime.timedelta(days=2, seconds=3),
    data={"keys": [1, None, "é"]},
    raw=b"\x00\xff",
    address="2001:db8::1",
)
product.tags.add(Tag.objects.create(name="old"))
product.similar.add(product)
Line.objects.create(order=1, number=2, product=product)
Restaurant.objects.create(name="Trattoria", stars=2)
