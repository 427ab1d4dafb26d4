"""The sites that are scanned: the demo as a release, and the one with planted holes."""

import base64
import hashlib
import http.client
import http.cookiejar
import json
import os
import re
import secrets
import socket
import ssl
import subprocess
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from front import front
from tools import ROOT, Broken

PASSWORD = "a tune in five parts"
PATIENCE = 60
# So many films are enough to search among, and few enough to look at.
FILMS = 60


@dataclass
class Site:
    url: str  # what a browser asks
    direct: tuple[str, int]  # the site itself, without what stands before it
    headers: dict[str, str] = field(default_factory=dict)  # what makes it answer there as it does behind
    sends: str = "/"  # a path that takes a form
    large: tuple[str, int] = ("/", 2000)  # what is more than the system buffers if it is asked for so many times
    starts: list[str] = field(default_factory=list)  # where a crawler begins, beside the front page
    kept: list[str] = field(default_factory=list)  # what it keeps away from
    asked: list[tuple[str, str | None]] = field(default_factory=list)  # addresses and forms that are taken apart
    asked_of_members: list[tuple[str, str | None]] = field(default_factory=list)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def build(*words: str) -> Path:
    subprocess.run(["cargo", "build", "--quiet", *words], cwd=ROOT, check=True)
    told = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--format-version", "1"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return Path(json.loads(told.stdout)["target_directory"]) / "debug"


def answers(port: int) -> bool:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asked.request("GET", "/")
        return asked.getresponse().status < 500
    except OSError:
        return False
    finally:
        asked.close()


@contextmanager
def running(words: list[str | Path], port: int, env: dict[str, str], log: Path):
    with open(log, "wb") as said:
        process = subprocess.Popen(words, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        until = time.monotonic() + PATIENCE
        while not answers(port):
            if process.poll() is not None or time.monotonic() > until:
                raise Broken(f"{Path(words[0]).name} does not serve:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)
        yield process
        if process.poll() is not None:
            raise Broken(f"{Path(words[0]).name} ended while it was scanned:\n{log.read_text(errors='replace')[-2000:]}")
    finally:
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()


def member(name: str) -> dict:
    """A row for somebody whose password costs the scanners' many logins little."""
    digest = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"ofnouse", 1000)
    hashed = f"pbkdf2_sha256$1000$ofnouse${base64.b64encode(digest).decode()}"
    columns = {"username": name, "password": hashed, "first_name": "", "last_name": "", "email": f"{name}@example.com"}
    flags = {"is_active": True, "is_staff": False, "is_superuser": False, "date_joined": "2026-11-20T12:00:00Z"}
    return {"model": "auth.User", "pk": 1000, "fields": columns | flags}


@contextmanager
def demo(folder: Path):
    """The demo as whoever runs it for others would: no debug, a key of its own, https before it."""
    program = build("-p", "cinema", "--features", "mail") / "cinema"
    port, outside = free_port(), free_port()
    env = {key: value for key, value in os.environ.items() if not key.startswith("QUINTET_")} | {
        "QUINTET_BIND": f"127.0.0.1:{port}",
        "DATABASE_URL": f"sqlite://{folder / 'site.db'}",
        "STORAGE_URL": f"file://{folder / 'media'}",
        "MAIL_URL": "dummy://",
        "QUINTET_MAIL_FROM": "cinema <no-reply@cinema.example>",
        "QUINTET_SECRET_KEY": secrets.token_urlsafe(48),
        "QUINTET_SITE_URL": f"https://127.0.0.1:{outside}",
        "QUINTET_SECURITY_HTTPS_REDIRECT": "true",
        "QUINTET_SECURITY_HSTS": "365d",
        "QUINTET_SECURITY_HSTS_SUBDOMAINS": "true",
        "QUINTET_SECURITY_HSTS_PRELOAD": "true",
        "QUINTET_AUTH_SIGNUP": "true",
        # A scanner that is told to wait sees nothing of what stands behind.
        "QUINTET_AUTH_WRONG_LOGINS": "0",
        # Nor does one that waits for a dear hash at each of a thousand logins.
        "QUINTET_AUTH_PASSWORDS_HASHERS": "pbkdf2_sha256",
        "QUINTET_AUTH_PASSWORDS_PBKDF2_ITERATIONS": "1000",
        "QUINTET_SERVER_ACCESS_LOG": "false",
    }
    films = json.loads((ROOT / "demo/cinema/data/movies.json").read_text())[:FILMS]
    (folder / "films.json").write_text(json.dumps(films))
    (folder / "people.json").write_text(json.dumps([member("member")]))
    given = ["--file", folder / "films.json", "--report", folder / "import.txt"]
    for words in (["migrate"], ["import-films", *given], ["loaddata", folder / "people.json"]):
        done = subprocess.run([program, *words], cwd=ROOT, env=env, capture_output=True, text=True)
        if done.returncode:
            raise Broken(f"cinema {words[0]}: {done.stdout}{done.stderr}")
    with running([program], port, env, folder / "site.log"), front(outside, port, folder) as url:
        token = "csrf_token="
        yield Site(
            url,
            ("127.0.0.1", port),
            {"Host": f"127.0.0.1:{outside}", "X-Forwarded-Proto": "https"},
            "/login/",
            large=("/static/cinema/vendor/htmx.min.js", 60),
            starts=["/films/1/", "/directors/?q=co", "/genres/", "/login/?next=/reviews/mine/", "/account/", "/films/1/review/", "/films.json?q=a&limit=5"],
            # Who logs out sees nothing more.
            kept=["/logout/*", "/sessions/end/*"],
            asked=[
                ("/?q=star&genre=drama&decade=1990&rating=7&sort=newest", None),
                ("/films.json?q=star&decade=1990&sort=gross&limit=5", None),
                ("/directors/?q=co", None),
                ("/films/1*/", None),
                ("/genres/drama*/", None),
                ("/login/?next=/", f"username=ann&password=word&{token}"),
                ("/password/reset/", f"email=ann%40example.com&{token}"),
            ],
            asked_of_members=[
                ("/account/", f"first_name=Ann&last_name=Lee&{token}"),
                ("/films/2/review/", f"stars=4&text=Fine&{token}"),
                ("/tokens/", f"name=robot&days=3&permissions=&{token}"),
            ],
        )


@contextmanager
def holes(folder: Path):
    program = build("-p", "holes") / "holes"
    port, outside = free_port(), free_port()
    env = os.environ | {"HOLES_BIND": f"127.0.0.1:{port}"}
    with running([program], port, env, folder / "site.log"), front(outside, port, folder) as url:
        yield Site(url, ("127.0.0.1", port), sends="/say", asked=[("/item?id=1", None)])


def sign_in(url: str, name: str) -> dict[str, str]:
    """The cookies of somebody who has signed in."""
    jar = http.cookiejar.CookieJar()
    tls = ssl._create_unverified_context()
    browser = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls), urllib.request.HTTPCookieProcessor(jar)
    )
    page = browser.open(f"{url}/login/", timeout=30).read().decode()
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    if not token:
        raise Broken("the page for signing in has no token")
    form = urllib.parse.urlencode({"username": name, "password": PASSWORD, "csrf_token": token[1]})
    asked = urllib.request.Request(f"{url}/login/?next=/account/", form.encode(), {"Origin": url})
    there = browser.open(asked, timeout=30)
    if not there.url.endswith("/account/"):
        raise Broken(f"{name} could not sign in: {there.url}")
    return {cookie.name: cookie.value or "" for cookie in jar}
