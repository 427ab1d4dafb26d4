"""Which filters are asked, with which arguments and of which values. `NAMES` are all that Django has."""

import datetime as dt
from decimal import Decimal

from values import ALL, DATES, HOSTILE, LISTS, NUMBERS, PLAIN, ROWS, SAFE, TEXTS, TIMES, UTC

NONE = object()
"""No argument."""

STRINGS = [*TEXTS, *SAFE, 7, 12.345, Decimal("12.50"), None, True, DATES[0], ["a", "<b>"]]
LISTED = [*LISTS, "", "abc", "日本<語>", None, 5]
# Python's versions read broken comments in their own ways.
WELL_FORMED = [text for text in STRINGS if "<!--" not in str(text)]
WIDTHS = [0, 1, 5, 12, -3, "8", "x"]
NUMERIC = [*NUMBERS, "", "1", "-12.5", "x", " 7 ", None, True, [], [1, 2], "1e3", "<b>"]
FORMATS = [
    NONE, "", "j F Y", "Y-m-d", "N jS, Y", "D d M y", "l W z w t L o b E n", "c", "r", "U", r"\Y\e\a\r Y <b>", "DATE_FORMAT", "SHORT_DATE_FORMAT",
    "YEAR_MONTH_FORMAT", "MONTH_DAY_FORMAT", "DATETIME_FORMAT", "?!", "B",
]
CLOCKS = [NONE, "", "P", "f A a", "g:i G H h s u", "H:i:s", "TIME_FORMAT", "c", "<H>", "e T O Z I"]
MORE = dt.timedelta
THEN = dt.datetime(2020, 2, 29, 12, 0, tzinfo=UTC)
SPANS = [
    THEN + delta
    for delta in (
        MORE(0), MORE(seconds=59), MORE(minutes=1), MORE(hours=2, minutes=30), MORE(days=1), MORE(days=1, minutes=5), MORE(days=7), MORE(days=18, hours=5),
        MORE(days=29), MORE(days=31), MORE(days=45), MORE(days=365), MORE(days=366), MORE(days=400), MORE(days=1461), MORE(days=4000, hours=3), MORE(days=-1),
    )
] + [dt.date(2020, 3, 31), dt.date(2021, 2, 28), "", None]

ASKED = {
    "add": [([1, -5, "2", "b", 0.5, "<", Decimal("0.10")], [*NUMBERS[:12], NUMBERS[19], *TEXTS[:6], " 7 ", "1", None]), ([[9]], LISTS[:4])],
    "addslashes": [([NONE], STRINGS)],
    "capfirst": [([NONE], STRINGS)],
    "center": [(WIDTHS, STRINGS)],
    "cut": [([" ", "a", "<", "&", ";", "", "日"], STRINGS)],
    "date": [(FORMATS, [*DATES, None, ""]), ([*CLOCKS, "DATETIME_FORMAT"], DATES[5:])],
    "default": [(["x", "<b>", 0, None], ALL)],
    "default_if_none": [(["x", "<b>", 0], ALL)],
    "dictsort": [(["name", "n", "of.k"], ROWS)],
    "dictsortreversed": [(["name", "n"], ROWS)],
    "divisibleby": [([1, 2, 3, -7, "3"], [*NUMBERS[:9], "12", " 7 ", 12.345, True])],
    "escape": [([NONE], ALL)],
    "escapejs": [([NONE], STRINGS)],
    "escapeseq": [([NONE], LISTS)],
    "filesizeformat": [([NONE], [*NUMERIC, 1023, 1024, 1025, 10240, 1048575, 1048576, 123456789, 2**30, 2**40, 2**50, 2**60, -2048, 999.9])],
    "first": [([NONE], LISTED)],
    "floatformat": [([NONE, 0, 1, 2, -2, 3, "2g", "g", "-3g", "2u", "x", "", 10, -10], NUMERIC)],
    "force_escape": [([NONE], STRINGS)],
    "get_digit": [([0, 1, 2, 10, -1, "2", "x"], [0, 7, 1234567, -123, "123", "abc", 12.345, 2**63 - 1])],
    "iriencode": [([NONE], STRINGS)],
    "join": [([", ", "<br>", "", "&"], [*LISTS[:5], LISTS[6], "abc", "<>", 5])],
    "json_script": [(["x", "a\"><b>"], [*TEXTS, *NUMBERS[:13], NUMBERS[19], *LISTS, *PLAIN, *ROWS, DATES[0], TIMES[2]])],
    "last": [([NONE], LISTED)],
    "length": [([NONE], [*LISTED, *TEXTS[:12], {"a": 1}, 12.5, True])],
    "linebreaks": [([NONE], STRINGS)],
    "linebreaksbr": [([NONE], STRINGS)],
    "linenumbers": [([NONE], [*STRINGS, "\n".join("abcdefghijkl")])],
    "ljust": [(WIDTHS, STRINGS)],
    "lower": [([NONE], STRINGS)],
    "make_list": [([NONE], STRINGS)],
    "phone2numeric": [([NONE], TEXTS)],
    "pluralize": [([NONE, "es", "y,ies", "a,b,c"], NUMERIC)],
    "random": [([NONE], [["a"], ["<b>"]])],
    "rjust": [(WIDTHS, STRINGS)],
    "safe": [([NONE], STRINGS)],
    "safeseq": [([NONE], LISTS[:4])],
    "slice": [([":2", "1:", "-2:", ":-1", "1:3", "::2", "::-1", "5:", "3:1", "-100:100", "x", "::0", "2"], [*LISTS[:5], "", "abcdef", "日本<語>", 5])],
    "slugify": [([NONE], [*STRINGS, "Smørrebrød på Łódź", "a--b __c__ -d-"])],
    "stringformat": [(["s", "d", "05d", "+d", ".2f", "10s", "-10s|", ".3s", "x", "X", "o", "e", ".1e", "g", "5.1f", "c", "%", "q", "#x", " d", "05.1f"],
                     [0, 1, -123, 42, 0.5, 12.345, 1e16, 1e-7, "text", "日<b>", "", Decimal("12.50"), True, None])],
    "striptags": [([NONE], WELL_FORMED)],
    "time": [(CLOCKS, [*TIMES, *DATES[5:], None, ""])],
    "timesince": [([THEN + MORE(days=4000), THEN + MORE(days=1), THEN, dt.date(2024, 2, 28)], SPANS)],
    "timeuntil": [([THEN - MORE(days=100), THEN, dt.date(2019, 12, 31)], SPANS)],
    "title": [([NONE], [*STRINGS, "ÉCOLE d'été l'Été", "3D 2ND x2y ²a", "ΑΣ ΑΣ2", "aB'cD'Ef"])],
    "truncatechars": [([0, 1, 2, 5, 12, -1, "6", "x"], STRINGS)],
    "truncatechars_html": [([0, 1, 5, 12, -1, "x"], WELL_FORMED)],
    "truncatewords": [([0, 1, 2, 3, -1, "2", "x"], STRINGS)],
    "truncatewords_html": [([0, 1, 3, -1, "x"], WELL_FORMED)],
    "unordered_list": [([NONE], [*LISTS, ["a", ["b", "c", ["d"]], "e"], [["a"], "b"], "ab"])],
    "upper": [([NONE], STRINGS)],
    "urlencode": [([NONE, "", "/:@", "ä"], STRINGS)],
    "urlize": [([NONE], [
        *STRINGS, "http://a.com", "https://a.com/x.", "(http://a.com)", "[http://a.com/(b)]", "http://a.com/(b))", "www.a.com", "a.com", "a.org/x", "a.io", "x@a.com",
        "X.y+z@sub.a.co.uk;", "x@a", "http://a.com?x=1&y=2", "http://a.com?x=1&amp;y=2;", "http://a.com/a b", "HTTP://A.COM", "http://", "ftp://a.com", "http://[::1]/x",
        "http://a.com/%zz%20ü", "http://a.com/<b>", "http://a.com/'x'", "http://a.com/x!?;:,.", "http://a.com\"onclick=1", "a.com.", "foo.com/x,y", "http://a.com/?q=a+b&r=%26#f",
        "http://user:pw@a.com:80/x", "javascript:alert(1)", "xhttp://a.com", "http.com", "data:text/html,a.com", "mailto:x@a.com", "a&b@a.com", "http://a.com/&lt;script&gt;",
    ])],
    "urlizetrunc": [([0, 1, 10, 15, 100, "12"], ["http://example.com/a/long/path?x=1", "see www.example.com <b>", "x@example.com", "http://a.com/'\"<", ""])],
    "wordcount": [([NONE], STRINGS)],
    "wordwrap": [([1, 3, 10, 20, "8"], STRINGS), ([12], ["a verylongwordthatdoesnotfit b", "  lead and   double  ", "a\n\n\nb c\n", "x-y-z hyphen-ated words", "\t\ttabs\tin it"])],
    "yesno": [([NONE, "on,off", "a,b,c", "<y>,<n>", "x"], [*PLAIN, 0, 1, "", "a", [], [1], Decimal("0.00"), 0.5])],
}

# What has no answer to compare: drawn by lot, or Python's own notation.
LEFT_OUT = {"pprint": "shows Python's notation; here it shows the language's"}
