"""What scripts/scan does: a site is started, the scanners look at it, and what they found is told."""

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import slow
import sqlmap
import wapiti
from sites import PASSWORD, demo, holes, sign_in
from tools import Broken, venv

# What has to be found in tests/holes: the words of each finding.
PLANTED = (
    "Content Security Policy",
    "Cross Site Request Forgery",
    "HttpOnly",
    "Secure Flag",
    "Clickjacking",
    "MIME Type Confusion",
    "Reflected Cross Site Scripting",
    "wapiti: SQL Injection",
    "sqlmap: SQL injection",
    "Path Traversal",
    "Open Redirect",
    "slow head",
    "slow body",
    "slow read",
)


def log(text: str) -> None:
    print(text, flush=True)


def of_demo(bin: Path, folder: Path, stack: ExitStack) -> list[str]:
    site = stack.enter_context(demo(folder))
    log("sqlmap, as a stranger")
    found = sqlmap.run(bin, site.url, folder, site.asked, None, log)
    log("sqlmap, as a member")
    found += sqlmap.run(bin, site.url, folder, site.asked_of_members, sign_in(site.url, "member"), log)
    for who, member in (("a stranger", None), ("a member", ("member", PASSWORD))):
        log(f"wapiti, as {who}")
        found += [f"{what} (as {who})" for what in wapiti.run(bin, site.url, folder, member, site.starts, site.kept, 20, log)]
    return found + slow.run(site.direct, site.headers, site.sends, site.large, log)


def of_holes(bin: Path, folder: Path, stack: ExitStack) -> list[str]:
    site = stack.enter_context(holes(folder))
    log("wapiti")
    found = wapiti.run(bin, site.url, folder, None, [], [], 5, log)
    log("sqlmap")
    found += sqlmap.run(bin, site.url, folder, site.asked, None, log)
    return found + slow.run(site.direct, site.headers, site.sends, site.large, log)


def main(words: list[str]) -> int:
    try:
        if words == ["--venv"]:
            log(str(venv()))
            return 0
        if words not in (["demo"], ["holes"]):
            print("scripts/scan demo, scripts/scan holes or scripts/scan --venv", file=sys.stderr)
            return 2
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="quintet-scan-") as name, ExitStack() as stack:
            found = (of_demo if words == ["demo"] else of_holes)(venv(), Path(name), stack)
        log(f"\nscan of {words[0]}: {time.monotonic() - begun:.0f} s")
        for what in found:
            log(f"FOUND {what}")
        if words == ["holes"]:
            missed = [hole for hole in PLANTED if not any(hole.lower() in what.lower() for what in found)]
            for hole in missed:
                log(f"MISSED {hole}")
            log(f"{len(PLANTED) - len(missed)} of {len(PLANTED)} kinds of planted holes found")
            if missed:
                return 2
        log(f"{len(found)} findings")
        return 1 if found else 0
    except Broken as why:
        print(f"scripts/scan: {why}", file=sys.stderr)
        return 2
