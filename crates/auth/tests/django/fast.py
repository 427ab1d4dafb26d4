"""Django's own hashers, but for less work: a test has other things to do."""

from django.contrib.auth import hashers


class Argon2(hashers.Argon2PasswordHasher):
    memory_cost = 1024


class Pbkdf2(hashers.PBKDF2PasswordHasher):
    iterations = 1000


class Pbkdf2Sha1(hashers.PBKDF2SHA1PasswordHasher):
    iterations = 1000


class BcryptSha256(hashers.BCryptSHA256PasswordHasher):
    rounds = 5


class Bcrypt(hashers.BCryptPasswordHasher):
    rounds = 5


class Scrypt(hashers.ScryptPasswordHasher):
    work_factor = 1024
