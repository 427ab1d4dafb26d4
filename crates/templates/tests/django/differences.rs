//! Where Quintet's filters answer otherwise than Django's, and why. The names stand in `docs/templates.md`, too.

use quintet_core::value::JsonValue;

use super::{Answer, Case};

/// One way to differ.
pub(super) struct Difference {
    /// As the guide has it.
    pub(super) name: &'static str,
    /// Is this what the case, Django's answer and Quintet's show?
    holds: fn(&Case, Option<&str>, Option<&str>) -> bool,
}

impl Difference {
    pub(super) fn explains(&self, case: &Case, django: &Answer, quintet: &Answer) -> bool {
        (self.holds)(case, django.as_deref(), quintet.as_deref())
    }
}

pub(super) const DIFFERENCES: &[Difference] = &[
    Difference {
        name: "Nothing passes through a filter and is shown empty",
        holds: |case, _, quintet| quintet == Some("") && (case.value.is_null() || case.value[0].is_null()),
    },
    Difference {
        name: "Nothing in a list is shown empty",
        holds: |case, django, quintet| {
            case.value == serde_json::json!([null, true])
                && django.map(|d| d.replace("None", "").replace("True", "true")).as_deref() == quintet
        },
    },
    Difference {
        name: "True and false are shown in small letters",
        holds: |_, django, quintet| {
            let small = |text: &str| text.replace("Tru", "tru").replace("False", "false").replace("T…", "t…");
            let list = |text: &str| text.replace("&#x27;T&#x27;", "&#x27;t&#x27;").replace("'T'", "'t'");
            django.is_some_and(|d| quintet == Some(&small(d)) || quintet == Some(&list(d)))
        },
    },
    Difference {
        name: "Dates that no filter forms are shown in ISO form",
        holds: |case, _, quintet| {
            let coded =
                ["$date", "$datetime", "$time"].into_iter().find_map(|kind| case.value.get(kind)?.as_str());
            coded.is_some_and(|iso| quintet == Some(&iso.replace("+00:00", "Z")))
        },
    },
    Difference {
        name: "`add` adds fractions as well",
        holds: |case, django, quintet| {
            let exact = |json: &JsonValue| ["$float", "$decimal"].iter().any(|kind| json.get(kind).is_some());
            let whole = |text: Option<&str>| text.is_some_and(|text| text.parse::<i64>().is_ok());
            let number = |text: Option<&str>| text.is_some_and(|text| text.parse::<f64>().is_ok());
            case.filter == "add"
                && (exact(&case.value) || case.argument.as_ref().is_some_and(exact))
                && whole(django)
                && number(quintet)
        },
    },
    Difference {
        name: "`join` joins what is no text where nothing is escaped, too",
        holds: |case, django, quintet| {
            let glue = case.argument.as_ref().and_then(JsonValue::as_str).unwrap_or_default();
            case.filter == "join"
                && django.map(|d| d.trim_matches(['[', ']']).replace(", ", glue)).as_deref() == quintet
        },
    },
    Difference {
        name: "The letter `U` tells the seconds of the year 1 as well",
        holds: |case, django, quintet| {
            case.argument.as_ref().is_some_and(|a| a == "U")
                && django.is_none()
                && quintet == Some("-62135596800")
        },
    },
    Difference {
        name: "An instant has a date for `time`, too",
        holds: |case, django, quintet| {
            let clock = case.value.get("$time").is_some();
            case.filter == "time"
                && django == Some("")
                && quintet.is_some_and(|q| !clock || q.trim().is_empty())
        },
    },
    Difference {
        name: "A day is its midnight where it meets an instant",
        holds: |case, django, quintet| {
            let day = |json: Option<&JsonValue>| json.is_some_and(|json| json.get("$date").is_some());
            ["timesince", "timeuntil"].contains(&case.filter.as_str())
                && day(Some(&case.value)) != day(case.argument.as_ref())
                && django == Some("")
                && quintet.is_some_and(|q| !q.is_empty())
        },
    },
    Difference {
        name: "JSON has no blanks between its parts, and letters as they are",
        holds: |case, django, quintet| {
            let data = |page: &str| -> Option<JsonValue> {
                let json = page.split_once('>')?.1.strip_suffix("</script>")?;
                // Django cuts a time off behind its milliseconds.
                serde_json::from_str(&json.replace(".250001", ".250")).ok()
            };
            let start = |page: &str| page.split_once('>').map(|(start, _)| start.to_owned());
            case.filter == "json_script"
                && django
                    .zip(quintet)
                    .is_some_and(|(d, q)| data(d).is_some() && data(d) == data(q) && start(d) == start(q))
        },
    },
    Difference {
        name: "Lists show letters as they are",
        holds: |case, django, quintet| {
            let plain = |text: &str| {
                let named = [
                    ("\\xa0", "\u{a0}"),
                    ("\\u2003", "\u{2003}"),
                    ("\\u200d", "\u{200d}"),
                    ("\\u2028", "\u{2028}"),
                ];
                let controls =
                    [("\\u2029", "\u{2029}"), ("\\x00", "\\0"), ("\\x1f", "\\u{1f}"), ("\\x1f", "\u{1f}")];
                named.iter().chain(&controls).fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
            };
            case.filter == "make_list" && django.map(plain) == quintet.map(plain)
        },
    },
    Difference {
        name: "`upper` leaves HTML that is marked as safe to be HTML",
        holds: |case, _, quintet| {
            case.filter == "upper"
                && case.value["$safe"].as_str().map(str::to_uppercase).as_deref() == quintet
        },
    },
    Difference {
        name: "`slugify` keeps letters such as ø and ł without their strokes",
        holds: |case, _, quintet| case.filter == "slugify" && quintet == Some("smorrebrod-pa-lodz"),
    },
    Difference {
        name: "What can't be done is an error",
        holds: |case, django, quintet| {
            quintet.is_none() && django.is_some_and(|django| refused(case, django))
        },
    },
];

/// Pages that show something else: the case, what Quintet shows, and why.
pub(super) const SYNTAX: &[(&str, &str, &str)] =
    &[("a literal", "a&amp;b", "Text that is written in a template is escaped as well")];

/// Django shows nothing, a zero or the value as it came, and nobody learns of the mistake.
fn refused(case: &Case, django: &str) -> bool {
    let argument = case.argument.as_ref();
    let asked = |texts: &[&str]| argument.and_then(JsonValue::as_str).is_some_and(|a| texts.contains(&a));
    match case.filter.as_str() {
        "add" | "dictsort" | "stringformat" => django.is_empty(),
        "truncatechars" | "truncatechars_html" | "truncatewords" | "truncatewords_html" | "yesno" => {
            asked(&["x"])
        }
        "floatformat" => asked(&["x"]) || django.is_empty(),
        "pluralize" => django.is_empty(),
        "filesizeformat" => django == "0\u{a0}bytes",
        "get_digit" => {
            argument.and_then(JsonValue::as_i64).is_some_and(|place| place < 1)
                || asked(&["x"])
                || case.value == "abc"
        }
        "slice" => case.value == 5 || asked(&["x", "::0"]),
        "join" | "length" => !case.value.is_array() && !case.value.is_string(),
        "first" | "last" | "date" | "time" | "timesince" | "timeuntil" => django.is_empty(),
        _ => false,
    }
}
