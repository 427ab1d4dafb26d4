"""The same page in both languages: what Django shows of the one, Quintet must show of the other.

What they share is tested by it: conditions, loops and their variables, white space, inheritance, parts, and the tags that have
another form here.
"""

FILMS = [
    {"title": "Alien", "year": 1979, "studio": {"name": "Fox"}},
    {"title": "Blade <Runner>", "year": 1982, "studio": {"name": "Warner"}},
    {"title": "Aliens", "year": 1986, "studio": {"name": "Fox"}},
    {"title": "Brazil", "year": 1985, "studio": {"name": "Fox"}},
]
GIVEN = {
    "films": FILMS, "none": None, "zero": 0, "empty": [], "yes": True, "no": False, "text": "<b>&", "n": 5, "price": 12.5, "row": {"k": "v", "a": {"b": "c"}},
    "matrix": [[1, 2], [3, 4], []], "pairs": [["a", 1], ["b", 2]], "days": ["Mon", "Mon", "Tue", "Tue", "Mon"],
}

CASES = []


def case(name, django, jinja, given=GIVEN):
    """Texts, or files by name, of which `t` is the page."""
    files = [{"t": text} if isinstance(text, str) else text for text in (django, jinja)]
    CASES.append((name, files[1], files[0], given))


def same(name, text, given=GIVEN):
    case(name, text, text, given)


# Values.
same("text is escaped", "{{ text }} {{ text|safe }} {{ films.1.title }}")
same("a path", "{{ row.a.b }} {{ films.0.studio.name }}")
case("an index", "{{ pairs.1.0 }}", "{{ pairs[1][0] }}")
same("a number", "{{ n }} {{ price }} {{ zero }}")
same("a literal", '{{ "a&b" }}')
case("arguments of filters", '{{ films|length }} {{ text|truncatechars:2 }} {{ n|add:"3" }}', '{{ films|length }} {{ text|truncatechars(2) }} {{ n|add("3") }}')
case("filters in a row", '{{ films.1.title|upper|cut:"E"|lower }}', '{{ films[1].title|upper|cut("E")|lower }}')
case("default", '{{ none|default:"x" }}{{ zero|default:"y" }}{{ n|default:"z" }}', '{{ none|default("x", true) }}{{ zero|default("y", true) }}{{ n|default("z", true) }}')
case("what is missing, if asked for", '{{ nowhere|default:"x" }}{% if nowhere %}a{% else %}b{% endif %}', '{{ nowhere|default("x") }}{% if nowhere %}a{% else %}b{% endif %}')

# if
same("if", "{% if yes %}a{% endif %}{% if no %}b{% endif %}{% if empty %}c{% else %}d{% endif %}{% if films %}e{% endif %}")
same("elif", "{% if no %}a{% elif zero %}b{% elif n %}c{% else %}d{% endif %}")
same("and or not", "{% if yes and no or n %}a{% endif %}{% if not no and not zero %}b{% endif %}{% if no or yes and zero %}c{% else %}d{% endif %}")
same("comparing", "{% if n > 4 %}a{% endif %}{% if n <= 5 %}b{% endif %}{% if n != 5 %}c{% endif %}{% if price == 12.5 %}d{% endif %}{% if n < price %}e{% endif %}")
same("in", '{% if "M" in "Mon" %}a{% endif %}{% if "Tue" in days %}b{% endif %}{% if "Wed" not in days %}c{% endif %}{% if "k" in row %}d{% endif %}')
case("is none", "{% if none is None %}a{% endif %}{% if n is not None %}b{% endif %}", "{% if none is none %}a{% endif %}{% if n is not none %}b{% endif %}", {**GIVEN, "none": None})
case("filters in conditions", "{% if films|length > 3 %}a{% endif %}{% if n|divisibleby:5 %}b{% endif %}", "{% if films|length > 3 %}a{% endif %}{% if n|divisibleby(5) %}b{% endif %}")
case("order in conditions", "{% if no and yes or yes %}a{% endif %}{% if not no == yes %}b{% endif %}", "{% if no and yes or yes %}a{% endif %}{% if not (no == yes) %}b{% endif %}")

# for
same("for", "{% for film in films %}{{ film.title }},{% endfor %}")
case("empty", "{% for x in empty %}a{% empty %}b{% endfor %}{% for x in films %}c{% empty %}d{% endfor %}", "{% for x in empty %}a{% else %}b{% endfor %}{% for x in films %}c{% else %}d{% endfor %}")
case(
    "loop variables",
    "{% for x in days %}{{ forloop.counter }}{{ forloop.counter0 }}{{ forloop.revcounter }}{{ forloop.revcounter0 }}{% if forloop.first %}F{% endif %}{% if forloop.last %}L{% endif %}{% if not forloop.last %}, {% endif %}{% endfor %}",
    "{% for x in days %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{% if loop.first %}F{% endif %}{% if loop.last %}L{% endif %}{% if not loop.last %}, {% endif %}{% endfor %}",
)
case(
    "loops in loops",
    "{% for row in matrix %}{% for x in row %}{{ forloop.parentloop.counter }}.{{ forloop.counter }}={{ x }} {% empty %}none{% endfor %}{% endfor %}",
    "{% for row in matrix %}{% set outer = loop %}{% for x in row %}{{ outer.index }}.{{ loop.index }}={{ x }} {% else %}none{% endfor %}{% endfor %}",
)
same("taken apart", "{% for name, number in pairs %}{{ name }}{{ number }}{% endfor %}")
case("backwards", "{% for x in days reversed %}{{ x }}{% endfor %}", "{% for x in days|reverse %}{{ x }}{% endfor %}")
case("a map's items", "{% for k, v in row.a.items %}{{ k }}={{ v }}{% endfor %}", "{% for k, v in row.a|items %}{{ k }}={{ v }}{% endfor %}")
same("the outer name is back behind the loop", "{% for n in days %}{% endfor %}{{ n }}")
case("what is set in a part of a page", "{% with n=1 m=2 %}{{ n }}{{ m }}{% endwith %}{{ n }}", "{% with n=1, m=2 %}{{ n }}{{ m }}{% endwith %}{{ n }}")

# White space and comments.
same("lines stay", "a\n{% if yes %}\n  b\n{% endif %}\n\nc")
same("a comment", "a{# {{ nowhere.to }} {% bad #}b")
same("a long comment", "a{% comment %}x\n{{ y }}{% endcomment %}b{% comment 'why' %}{% endif %}{% endcomment %}c")
same("verbatim", "{% verbatim %}{{ a }}{% if %}{# c #}{% endverbatim %}")
case("signs of the language", "{% templatetag openblock %} x {% templatetag closevariable %}", '{{ "{%" }} x {{ "}}" }}')
same("braces that are no tags", "{ a } {a: {b: 1}} } }} %} #} {")

# Inheritance.
BASE = "<title>{% block title %}Base{% endblock %}</title>{% block body %}<p>{{ text }}</p>{% endblock %}-end"
same("a block of its own", {"t": '{% extends "base" %}ignored{% block title %}Own{% endblock %}', "base": BASE})
case(
    "what the parent shows",
    {"t": '{% extends "base" %}{% block body %}a{{ block.super }}b{% endblock %}', "base": BASE},
    {"t": '{% extends "base" %}{% block body %}a{{ super() }}b{% endblock %}', "base": BASE},
)
case(
    "three of them",
    {"t": '{% extends "mid" %}{% block title %}T {{ block.super }}{% endblock %}', "mid": '{% extends "base" %}{% block title %}M {{ block.super }}{% endblock %}{% block body %}<i>{% block inner %}mid{% endblock %}</i>{% endblock %}', "base": BASE},
    {"t": '{% extends "mid" %}{% block title %}T {{ super() }}{% endblock %}', "mid": '{% extends "base" %}{% block title %}M {{ super() }}{% endblock %}{% block body %}<i>{% block inner %}mid{% endblock %}</i>{% endblock %}', "base": BASE},
)
same("a block in a block", {"t": '{% extends "base" %}{% block inner %}new{% endblock %}', "base": "{% block outer %}[{% block inner %}old{% endblock %}]{% endblock %}"})
same("a block in a loop", {"t": '{% extends "base" %}{% block row %}<{{ x }}>{% endblock %}', "base": "{% for x in days %}{% block row %}{{ x }}{% endblock %}{% endfor %}"})
same("a parent from a value", {"t": "{% extends parent %}{% block title %}x{% endblock %}", "base": BASE}, {**GIVEN, "parent": "base"})
same("a block's name at its end", "{% block a %}x{% endblock a %}")

# Parts.
same("include", {"t": 'a{% include "part" %}b', "part": "[{{ n }}]"})
same("include in a loop", {"t": '{% for film in films %}{% include "part" %}{% endfor %}', "part": "<li>{{ film.title }}</li>"})
same("include by a value", {"t": "{% include name %}", "part": "p"}, {**GIVEN, "name": "part"})
case("include of the first that is there", {"t": "{% include names %}", "part": "p"}, {"t": "{% include names %}", "part": "p"}, {**GIVEN, "names": ["gone", "part"]})

# Tags.
case("autoescape", "{% autoescape off %}{{ text }}{% endautoescape %}{{ text }}", "{% autoescape false %}{{ text }}{% endautoescape %}{{ text }}")
case("filter", "{% filter upper %}a{{ text }}{% endfilter %}", "{% filter upper %}a{{ text }}{% endfilter %}", {"text": "b c"})
case("firstof", '{% firstof none zero text n %}{% firstof none "x<" %}', '{{ firstof(none, zero, text, n) }}{{ firstof(none, "x<"|safe) }}')
case("lorem", "{% lorem 1 b %}|{% lorem 7 w %}|{% lorem 1 p %}", '{{ lorem() }}|{{ lorem(7, "w") }}|{{ lorem(1, "p") }}')
case("regroup", "{% regroup films by studio.name as studios %}{% for s in studios %}{{ s.grouper }}:{% for f in s.list %}{{ f.title }};{% endfor %}{% endfor %}",
     '{% for s in films|regroup("studio.name") %}{{ s.grouper }}:{% for f in s.list %}{{ f.title }};{% endfor %}{% endfor %}')
case("regroup taken apart", "{% regroup films by studio.name as studios %}{% for name, fs in studios %}{{ name }}{{ fs|length }}{% endfor %}",
     '{% for name, fs in films|regroup("studio.name") %}{{ name }}{{ fs|length }}{% endfor %}')
case("widthratio", "{% widthratio n 10 100 %} {% widthratio 175 200 100 %} {% widthratio 5 zero 100 %} {% widthratio 1 8 4 %} {% widthratio 3 8 4 %}",
     "{{ widthratio(n, 10, 100) }} {{ widthratio(175, 200, 100) }} {{ widthratio(5, zero, 100) }} {{ widthratio(1, 8, 4) }} {{ widthratio(3, 8, 4) }}")
case("make_list", '{% for c in "<ä1"|make_list %}{{ c }}.{% endfor %}', '{% for c in "<ä1"|make_list %}{{ c }}.{% endfor %}')
case("dictsort in a loop", '{% for f in films|dictsort:"year" %}{{ f.year }} {% endfor %}{% for f in films|dictsortreversed:"title" %}{{ f.title }} {% endfor %}',
     '{% for f in films|dictsort("year") %}{{ f.year }} {% endfor %}{% for f in films|dictsortreversed("title") %}{{ f.title }} {% endfor %}')
case("safeseq", '{{ x|safeseq|join:", " }}', '{{ x|safeseq|join(", ") }}', {"x": ["<a>", "b&"]})
same("cycle", "{% for x in days %}{% cycle 'odd' 'even' %} {% endfor %}")
case("cycle by values", "{% for x in days %}{% cycle text n %}{% endfor %}", "{% for x in days %}{% cycle text, n %}{% endfor %}")
same("cycle in an inner loop", "{% for row in matrix %}{% for x in row %}{% cycle 'a' 'b' 'c' %}{% endfor %}|{% endfor %}")
case("cycle by name", "{% for x in days %}{% cycle 'a' 'b' as c silent %}{% if x == 'Tue' %}{% resetcycle c %}{% endif %}{{ c }}{% endfor %}",
     "{% set c = cycler('a', 'b') %}{% for x in days %}{% set now = c.next() %}{% if x == 'Tue' %}{{ c.reset() }}{% endif %}{{ now }}{% endfor %}")
same("ifchanged", "{% for x in days %}{% ifchanged %}{{ x }}{% endifchanged %}{% endfor %}")
same("ifchanged by values", "{% for x in days %}{% ifchanged x n %}{{ x }}{% else %}.{% endifchanged %}{% endfor %}")
same("ifchanged with else", "{% for x in days %}{% ifchanged %}{{ x }}{% else %}.{% endifchanged %}{% endfor %}")
same("ifchanged in an inner loop", "{% for row in matrix %}{% for x in days %}{% ifchanged x %}{{ x }}{% endifchanged %}{% endfor %};{% endfor %}")
same("two of them in a loop", "{% for f in films %}{% ifchanged f.studio.name %}S{% endifchanged %}{% ifchanged %}{{ f.year }}{% endifchanged %}{% endfor %}")
same("spaceless", "{% spaceless %} <p>\n <a> x </a>\n\t</p> {{ text }} <b> </b> {% endspaceless %}")
same("include with values", {"t": '{% include "part" with n=1 m=text %}{{ n }}', "part": "[{{ n }}{{ m }}{{ zero }}]"})
same("include with values only", {"t": '{% include "part" with m=text only %}', "part": "[{{ m }}{% if n %}n{% endif %}]"})
same("include without any", {"t": '{% include "part" only %}', "part": "[{% if n %}n{% endif %}]"})
