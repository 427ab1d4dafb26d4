"""Circles between the modules of a crate, which `cargo` does not mind and readers do.

Modules that stand side by side (the files and folders of one folder) must not lead to each other round about: of two, one is below
the other. An arrow is a path in the code, `crate::a::b`, `super::b` or a name that the folder's own file re-exports from a
module of it. What a folder's file and its children say of each other is no circle: the file is their face. Tests don't count.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

Module = tuple[str, ...]


def code(source: str) -> str:
    """Without comments, texts and the tests at the end; lines keep their numbers."""
    source = re.split(r"^#\[cfg\(test\)\]\s*\n(?:#\[[^\n]*\]\s*\n)*mod \w+ \{", source, maxsplit=1, flags=re.M)[0]
    pattern = r"//[^\n]*|/\*.*?\*/|r(#+)\".*?\"\1|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])'"
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m[0]), source, flags=re.S)


def module_of(path: PurePosixPath) -> Module:
    parts = list(path.with_suffix("").parts)
    if parts[-1] in ("mod", "lib", "main"):
        parts.pop()
    return tuple(parts)


def leaves(tree: str) -> Iterator[list[str]]:
    """The paths in `a::{b, c::{d, e as f}}`."""
    tree = tree.strip()
    head, brace, rest = tree.partition("{")
    before = [part for part in head.strip().removesuffix("::").split("::") if part]
    if not brace:
        *path, last = before or [""]
        yield [*path, last.split(" as ")[0].strip()]
        return
    depth, start = 0, 0
    inner = rest[: rest.rfind("}")]
    for at, letter in enumerate(inner + ","):
        if letter in "{}":
            depth += 1 if letter == "{" else -1
        elif letter == "," and depth == 0:
            if inner[start:at].strip():
                for path in leaves(inner[start:at]):
                    yield before + path
            start = at + 1


USE = re.compile(r"\b(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);")
PATH = re.compile(r"(?<![\w$:])((?:crate|super|self)(?:::\w+)+)")


class Crate:
    def __init__(self, root: Path, files: list[str]) -> None:
        self.codes = {module_of(PurePosixPath(f)): code((root / f).read_text(encoding="utf-8")) for f in files}
        self.modules = {m[:n] for m in self.codes for n in range(len(m) + 1)}
        # What a module's file hands on from elsewhere: name → where it is from.
        self.handed: dict[Module, dict[str, Module]] = defaultdict(dict)
        for module, text in self.codes.items():
            for visible, tree in USE.findall(text):
                for path in leaves(" ".join(tree.split())):
                    place = self.absolute(module, path)
                    if visible and place:
                        self.handed[module][path[-1]] = place

    def absolute(self, module: Module, path: list[str]) -> Module | None:
        if path[0] == "crate":
            return tuple(path[1:])
        if path[0] == "self":
            return module + tuple(path[1:])
        up = 0
        while up < len(path) and path[up] == "super":
            up += 1
        if up:
            return module[: len(module) - up] + tuple(path[up:])
        return module + tuple(path) if module + (path[0],) in self.modules else None

    def target(self, place: Module, seen: int = 0) -> Module:
        """The module that a path leads to, through what is handed on."""
        inside = max(n for n in range(len(place) + 1) if place[:n] in self.modules)
        module, rest = place[:inside], place[inside:]
        if rest and seen < 8 and (further := self.handed[module].get(rest[0])) and further != place:
            return self.target(further + rest[1:], seen + 1)
        return module

    def arrows(self) -> Iterator[tuple[Module, Module]]:
        for module, text in self.codes.items():
            paths = [p.split("::") for p in PATH.findall(text)]
            for _, tree in USE.findall(text):
                paths.extend(leaves(" ".join(tree.split())))
            for path in paths:
                if place := self.absolute(module, path):
                    yield module, self.target(place)

    def circles(self) -> Iterator[tuple[Module, set[str], int]]:
        """Folder, the modules in it that lead to each other, how many arrows run between them."""
        between: dict[Module, set[tuple[str, str]]] = defaultdict(set)
        for here, there in self.arrows():
            common = next((n for n, (a, b) in enumerate(zip(here, there, strict=False)) if a != b), None)
            if common is not None:
                between[here[:common]].add((here[common], there[common]))
        for folder, arrows in sorted(between.items()):
            for group in tangled(arrows):
                yield folder, group, sum(a in group and b in group for a, b in arrows)


def tangled(arrows: set[tuple[str, str]]) -> Iterator[set[str]]:
    """The groups of which each member is reached from each other one."""
    after: dict[str, set[str]] = defaultdict(set)
    for a, b in arrows:
        after[a].add(b)

    def reach(start: str) -> set[str]:
        found: set[str] = set()
        todo = [start]
        while todo:
            for name in after[todo.pop()] - found:
                found.add(name)
                todo.append(name)
        return found

    names = sorted({name for arrow in arrows for name in arrow})
    reached = {name: reach(name) for name in names}
    done: set[str] = set()
    for name in names:
        group = {other for other in reached[name] if name in reached[other]} if name not in done else set()
        if len(group) > 1:
            done |= group
            yield group


def crates(files: list[str], root: Path) -> Iterator[tuple[str, Crate]]:
    sources = defaultdict(list)
    for file in files:
        if m := re.match(r"(crates/[^/]+)/src/(?!bin/)(.+\.rs)$", file):
            if not re.search(r"(^|/)tests?(\.rs$|/)", m[2]) and "template/" not in m[2]:
                sources[m[1]].append(m[2])
    for crate, own in sorted(sources.items()):
        yield crate, Crate(root / crate / "src", own)


if __name__ == "__main__":
    import subprocess
    import sys

    root = Path(__file__).resolve().parent.parent
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True)
    for name, crate in crates(sorted(set(listed.stdout.split())), root):
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        for folder, group, arrows in crate.circles():
            print(f"{name} {'::'.join(folder) or '(root)'}: {', '.join(sorted(group))} ({arrows} arrows)")
            if len(sys.argv) > 1:
                found = set()
                for here, there in crate.arrows():
                    n = len(folder)
                    if here[:n] == there[:n] == folder and len(here) > n and len(there) > n:
                        if here[n] != there[n] and here[n] in group and there[n] in group:
                            found.add((here[n], there[n], "::".join(here), "::".join(there)))
                for row in sorted(found):
                    print("   ", *row)
