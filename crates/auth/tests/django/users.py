"""Users in a database as the real Django has them.

    users.py make URL     its tables, with users of several hashers, a group and permissions
    users.py tell URL     which passwords it takes, what each user may do: lines of text
"""

import sys
from urllib.parse import urlsplit

import django
from django.conf import settings

what, url = sys.argv[1:]
if url.startswith("sqlite://"):
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": url.removeprefix("sqlite://")}
else:
    parts = urlsplit(url)
    database = {
        "ENGINE": "django.db.backends.postgresql", "NAME": parts.path[1:], "USER": parts.username, "PASSWORD": parts.password,
        "HOST": parts.hostname, "PORT": parts.port,
    }
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    DATABASES={"default": database},
    USE_TZ=True,
    PASSWORD_HASHERS=[f"fast.{name}" for name in ("Argon2", "Pbkdf2", "Scrypt", "BcryptSha256")],
)
django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.contrib.auth.models import Group, Permission, User  # noqa: E402
from django.core.management import call_command  # noqa: E402

if what == "make":
    call_command("migrate", verbosity=0)
    critics = Group.objects.create(name="critics")
    critics.permissions.add(Permission.objects.get(codename="change_group"))
    for name, hasher in [("ann", "argon2"), ("bob", "pbkdf2_sha256"), ("cyd", "scrypt"), ("dee", "bcrypt_sha256")]:
        user = User.objects.create(username=name, email=f"{name}@example.com", password=make_password(f"{name}'s word", hasher=hasher))
        user.groups.add(critics)
    User.objects.get(username="bob").user_permissions.add(Permission.objects.get(codename="view_user"))
    User.objects.create_superuser("eve", "eve@example.com", "eve's word")
else:
    for user in User.objects.order_by("username"):
        taken = [word for word in (f"{user.username}'s word", "ours") if user.check_password(word)]
        print(user.username, user.email, user.is_active, taken, sorted(user.get_all_permissions()))
