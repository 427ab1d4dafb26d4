"""The scanners from PyPI, and running programs for a while."""

import fcntl
import os
import subprocess
import sys
import zlib
from pathlib import Path

PACKAGES = ("wapiti3==3.2.3", "sqlmap==1.10.10")
ROOT = Path(__file__).resolve().parent.parent.parent


class Broken(Exception):
    """The scan itself does not work: no word about the site."""


def cache() -> Path:
    return Path(os.environ.get("QUINTET_CI_CACHE") or Path.home() / ".cache" / "quintet-ci")


def venv() -> Path:
    """The folder of the scanners' programs."""
    wanted = " ".join(PACKAGES)
    folder = cache() / f"scanners-{zlib.crc32(wanted.encode())}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "wanted"
        if not done.exists() or done.read_text() != wanted:
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            pip = [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
            if subprocess.run(pip).returncode and subprocess.run(pip).returncode:
                raise Broken("the scanners can not be had from PyPI here")
            done.write_text(wanted)
    return folder / "bin"


def output_of(words: list[str | Path], seconds: float, folder: Path) -> str:
    """What a scanner says. One that does not come to an end is broken."""
    # No proxy that the environment may name stands before this machine.
    env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")} | {"HOME": str(folder), "NO_COLOR": "1"}
    try:
        ended = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds, env=env, cwd=folder
        )
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"").decode(errors="replace")[-2000:]
        raise Broken(f"{Path(words[0]).name} has not ended after {seconds:.0f} s; it said:\n{said}") from None
    return ended.stdout.decode(errors="replace")
