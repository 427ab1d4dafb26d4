#!/usr/bin/env python3
"""Asks the real Django, and writes down what it answers.

    corpus.py           writes filters.json and syntax.json beside this file
    corpus.py --check   says whether they are what Django answers today; exit status 1 if not

`run` beside this file gets Django first.
"""

import json
import sys
from pathlib import Path

import django
from django.conf import settings

settings.configure(USE_TZ=True, TIME_ZONE="UTC", USE_I18N=False, INSTALLED_APPS=[])
django.setup()

from django.template import Context, Engine  # noqa: E402
from django.template.defaultfilters import register  # noqa: E402
from django.utils.safestring import SafeData  # noqa: E402

from filters import ASKED, LEFT_OUT, NONE  # noqa: E402
from syntax import CASES  # noqa: E402
from values import coded  # noqa: E402

HERE = Path(__file__).resolve().parent
ENGINES = {True: Engine(autoescape=True), False: Engine(autoescape=False)}


def answer(filter_name, argument, value, autoescape):
    call = filter_name if argument is NONE else f"{filter_name}:a"
    try:
        return ENGINES[autoescape].from_string("{{ v|%s }}" % call).render(Context({"v": value, "a": argument}, autoescape=autoescape))
    except Exception as error:  # noqa: BLE001  # whatever it raises is its answer
        return {"$error": type(error).__name__}


def filters():
    missing = set(register.filters) - set(ASKED) - set(LEFT_OUT)
    unknown = set(ASKED) - set(register.filters)
    assert not missing and not unknown, (missing, unknown)
    for name, groups in ASKED.items():
        for arguments, values in groups:
            for argument in arguments:
                for value in values:
                    shown, plain = (answer(name, argument, value, autoescape) for autoescape in (True, False))
                    case = [name, None if argument is NONE else [coded(argument)], coded(value), shown]
                    # Without escaping, where that is another answer.
                    yield case if plain == shown else [*case, plain]


def syntax():
    for name, jinja, templates, context in CASES:
        engine = Engine(loaders=[("django.template.loaders.locmem.Loader", templates)])
        shown = engine.get_template("t").render(Context(context))
        yield {"name": name, "templates": {("t.html" if k == "t" else k): v for k, v in jinja.items()}, "values": coded(context), "shown": str(shown)}


def written(lines):
    return "[\n" + ",\n".join(json.dumps(line, ensure_ascii=True) for line in lines) + "\n]\n"


def main():
    stale = False
    for name, lines in (("filters.json", filters()), ("syntax.json", syntax())):
        text, file = written(lines), HERE / name
        if "--check" not in sys.argv[1:]:
            file.write_text(text, encoding="utf-8")
            print(f"{name}: {text.count(chr(10)) - 2} cases of Django {django.__version__}")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            old = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
            changed = [line for line in text.splitlines() if line not in set(old)]
            print(f"{name} is not what Django {django.__version__} answers; {len(changed)} lines differ, such as\n{chr(10).join(changed[:5])}")
            stale = True
        else:
            print(f"{name} is what Django {django.__version__} answers: {text.count(chr(10)) - 2} cases")
    sys.exit(1 if stale else 0)


main()
