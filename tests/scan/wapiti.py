"""Wapiti crawls a site and attacks what it finds."""

import json
from collections.abc import Callable
from pathlib import Path

from tools import Broken, output_of

MODULES = "csp,cookieflags,http_headers,csrf,xss,sql,file,redirect"
# The longest that crawling, and each kind of attack, may take, in seconds.
CRAWL = 90
ATTACK = 300
# Not the site's fault: a machine that was busy.
NO_FINDING = {"Resource consumption"}


def run(
    bin: Path,
    url: str,
    folder: Path,
    member: tuple[str, str] | None,
    starts: list[str],
    kept: list[str],
    least: int,
    log: Callable[[str], None],
) -> list[str]:
    """What it found. Fewer than `least` pages are no scan."""
    report = folder / f"wapiti-{'member' if member else 'stranger'}.json"
    words: list[str | Path] = [bin / "wapiti", "-u", f"{url}/", "--scope", "folder", "-m", MODULES, "-f", "json", "-o", report]
    words += ["--flush-session", "--store-session", folder / report.stem, "--store-config", folder / "wapiti-config", "--no-bugreport"]
    words += ["-v", "1", "-d", "4", "--max-links-per-page", "30", "--max-files-per-dir", "5", "--max-parameters", "12", "-t", "20"]
    words += ["--max-scan-time", str(CRAWL), "--max-attack-time", str(ATTACK), "--tasks", "4", "-S", "normal"]
    for start in starts:
        words += ["-s", url + start]
    for path in kept:
        words += ["-x", url + path]
    if member:
        words += ["--form-user", member[0], "--form-password", member[1], "--form-url", f"{url}/login/"]
    said = output_of(words, CRAWL + ATTACK * 8 + 120, folder)
    if not report.exists():
        raise Broken(f"wapiti has written no report:\n{said[-2000:]}")
    if member and "Login success" not in said:
        raise Broken(f"wapiti could not sign in:\n{said[:2000]}")
    # What was broken off has not been looked for.
    if cut := [line.strip() for line in said.splitlines() if "Max attack time was reached" in line]:
        raise Broken(f"wapiti had to stop after {ATTACK} s: {'; '.join(cut)}")
    told = json.loads(report.read_text())
    pages = told["infos"].get("crawled_pages_nbr") or 0
    log(f"  {pages} pages")
    if pages < least:
        raise Broken(f"wapiti has seen only {pages} pages:\n{said[-2000:]}")
    found = []
    for kinds in (told["vulnerabilities"], told["anomalies"]):
        for kind, all in kinds.items():
            if kind not in NO_FINDING:
                found += [f"wapiti: {kind}: {one['method']} {one['path']}: {one['info']}" for one in all]
    return found
