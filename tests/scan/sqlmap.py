"""sqlmap takes the parameters of addresses and forms apart, one by one."""

import re
from collections.abc import Callable
from pathlib import Path

from tools import Broken, output_of

LONGEST = 600


def run(
    bin: Path, url: str, folder: Path, asked: list[tuple[str, str | None]], cookies: dict[str, str] | None, log: Callable[[str], None]
) -> list[str]:
    found = []
    for path, form in asked:
        words: list[str | Path] = [bin / "sqlmap", "-u", url + path, "--batch", "--flush-session", "--disable-coloring"]
        words += ["--output-dir", folder / "sqlmap", "--level", "2", "--risk", "2", "--technique", "BEU", "--threads", "4", "--timeout", "20"]
        if cookies:
            words += ["--cookie", "; ".join(f"{name}={value}" for name, value in cookies.items())]
        if form is not None:
            # The form's own fields: the rest of such a request is that of pages, which are taken apart without a token each time.
            fields = [name for name in re.findall(r"(\w+)=", form) if name != "csrf_token"]
            words += ["--data", form, "-p", ",".join(fields)]
            if "csrf_token" in form:
                words += ["--csrf-token", "csrf_token", "--csrf-url", url + path, "--threads", "1", "-H", f"Origin: {url}"]
        said = output_of(words, LONGEST, folder)
        points = re.findall(r"^Parameter: (.+)$", said, re.M)
        # One that has looked at nothing has found nothing, either.
        tested = re.findall(r"testing if .*parameter '([^']+)'|parameter '([^']+)' does not (?:seem|appear)", said)
        names = sorted({a or b for a, b in tested})
        log(f"  {path}: {', '.join(names) or 'nothing'} tested")
        if not points and not names:
            raise Broken(f"sqlmap has tested nothing of {path}:\n{said[-3000:]}")
        found += [f"sqlmap: SQL injection: {path}: {point}" for point in sorted(set(points))]
    return found
