"""Passwords as the real Django treats them. A JSON object comes in, the same questions answered go out:

encode    [[hasher, password], …]        the stored texts that Django makes of them
verify    [[password, stored], …]        does Django take them?
validate  [[password, user], …]          which rules do they break, for a user with these attributes?
username  [name, …], email [address, …]  the form in which they are stored
"""

import json
import sys
from types import SimpleNamespace

import django
from django.conf import settings
from django.contrib.auth import hashers

settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    PASSWORD_HASHERS=[
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        *(f"fast.{name}" for name in ("Pbkdf2", "Pbkdf2Sha1", "BcryptSha256", "Bcrypt", "Scrypt")),
    ],
    AUTH_PASSWORD_VALIDATORS=[
        {"NAME": f"django.contrib.auth.password_validation.{name}Validator"}
        for name in ("MinimumLength", "UserAttributeSimilarity", "CommonPassword", "NumericPassword")
    ],
)
django.setup()

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager  # noqa: E402
from django.contrib.auth.password_validation import validate_password  # noqa: E402
from django.core.exceptions import ValidationError  # noqa: E402


def broken(password, user):
    try:
        validate_password(password, SimpleNamespace(_meta=Meta, **user))
    except ValidationError as error:
        return [one.code for one in error.error_list]
    return []


class Meta:
    @staticmethod
    def get_field(name):
        return SimpleNamespace(verbose_name=name)


asked = json.load(sys.stdin)
answers = {
    "encode": [hashers.make_password(password, hasher=hasher) for hasher, password in asked["encode"]],
    "verify": [hashers.check_password(password, stored) for password, stored in asked["verify"]],
    "validate": [broken(password, user) for password, user in asked["validate"]],
    "username": [AbstractBaseUser.normalize_username(name) for name in asked["username"]],
    "email": [BaseUserManager.normalize_email(address) for address in asked["email"]],
}
json.dump(answers, sys.stdout)
