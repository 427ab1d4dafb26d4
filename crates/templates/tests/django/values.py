"""The values that filters are asked about, and how they are written down."""

import datetime as dt
import math
from decimal import Decimal

from django.utils.safestring import SafeData, mark_safe

UTC = dt.timezone.utc

HOSTILE = [
    "<script>alert('x')</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</textarea><svg/onload=alert`1`>",
    "javascript:alert(1)//http://a.com/\"onclick=\"x",
    "&lt;b&gt; &amp; &#39; &quot;",
    "]]><!--<a href=\"http://evil.example/?a=1&b=<>\">",
    "\u2028</script>\u2029\0\x1f`=;-\\",
]

TEXTS = [
    "",
    " ",
    "a",
    "Hello big world",
    "it's o'Clock, the 3RD of MAY-june_july 2tests",
    "<b>bold</b> & \"q\" 'a'",
    "äöü ß Éa ŉ ﬁn ǆ İstanbul ΟΔΟΣ",
    "日本語 テスト",
    "😀 four 𝔘👨‍👩‍👧",
    "שלום עולם",
    "e\u0301a o\u0308 combining",
    "one\ntwo\r\nthree\rfour\n\n\nfive\n",
    "tab\tx  two\u00a0nbsp\u2003em",
    "C:\\path\\\"x\"",
    "1",
    "-12.5",
    " 7 ",
    "None",
    "<p>Joel is a <b>slug</b><br/>and <i class='x'>more",
    "1 < 2 > 0 & a<b",
    "mail ann@example.com, see www.example.com/a_b?x=1&y=<2>. (http://a.example/(b)) https://ä.example/é",
    "1-800-COLLECT",
    *HOSTILE,
]

SAFE = [mark_safe(t) for t in ("", "a <b>c</b> &amp; d", "<i>x\ny</i>", "see http://a.com/?a=1&amp;b=2 <b>now</b>")]

NUMBERS = [
    0, 1, -1, 7, 42, -123, 1234567, 2**53 + 1, 2**63 - 1,
    0.5, -0.04, 1.0, 12.345, -1234.5678, 1e16, 1e-7, 1e40, math.inf, math.nan,
    Decimal("12.50"), Decimal("0.00"), Decimal("-0.005"), Decimal("1234567.895"), Decimal("79228162514264337593543950335"),
]

LISTS = [
    [],
    ["a"],
    ["a", "<b>", "c&d"],
    [1, 2, 3],
    [3, 1, 2],
    ["x", ["y", ["<z>"]], "w"],
    [None, True],
]

ROWS = [
    [{"n": 2, "name": "b"}, {"n": 3, "name": "a"}, {"n": 1, "name": "<c>"}],
    [{"n": 1, "name": "x", "of": {"k": 2}}, {"n": 1, "name": "y", "of": {"k": 1}}],
]

DATES = [
    dt.date(1979, 5, 25), dt.date(2024, 2, 29), dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(2026, 1, 3),
    dt.datetime(1979, 5, 25, 20, 15, 7, 250001, tzinfo=UTC), dt.datetime(2024, 12, 31, 0, 0, tzinfo=UTC), dt.datetime(1969, 12, 31, 12, 0, 59, tzinfo=UTC),
]
TIMES = [dt.time(0, 0), dt.time(12, 0), dt.time(20, 15, 7, 250001), dt.time(1, 5)]

PLAIN = [None, True, False]

ALL = [*TEXTS, *SAFE, *NUMBERS, *LISTS, *PLAIN, {"a": 1, "b": "<x>"}, DATES[0], DATES[5], TIMES[2]]


def coded(value):
    """The value as JSON; what JSON has no type for is an object with one name that begins with `$`."""
    match value:
        case SafeData():
            return {"$safe": str(value)}
        case None | bool() | str():
            return value
        case int():
            return value
        case float():
            return {"$float": repr(value)}
        case Decimal():
            return {"$decimal": str(value)}
        case dt.datetime():
            return {"$datetime": value.isoformat()}
        case dt.date():
            return {"$date": value.isoformat()}
        case dt.time():
            return {"$time": value.isoformat()}
        case dict():
            return {k: coded(v) for k, v in value.items()}
        case list() | tuple():
            return [coded(v) for v in value]
    raise TypeError(f"no code for {value!r}")
