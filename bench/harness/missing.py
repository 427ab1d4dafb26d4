"""What a machine doesn't have."""


class Missing(Exception):
    """A server or a database that this machine can't have; the reason is for people."""
