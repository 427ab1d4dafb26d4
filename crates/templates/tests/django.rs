//! Filters and syntax against the real Django, whose answers are stored in `django/filters.json` and `django/syntax.json`
//! (`django/run` writes and checks them). Where Quintet answers otherwise on purpose, `django/differences.rs` says why.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "django/differences.rs"]
mod differences;
mod support;

use std::collections::{BTreeMap, BTreeSet};

use differences::{DIFFERENCES, SYNTAX};
use quintet_core::{
    Value,
    value::{JsonValue, Map},
};
use quintet_templates::Engine;
use support::{engine, render, values};

/// One filter asked about one value; what came out, as HTML and without escaping.
struct Case {
    filter: String,
    argument: Option<JsonValue>,
    value: JsonValue,
    shown: Answer,
    plain: Answer,
}

/// `None` is an error.
type Answer = Option<String>;

impl Case {
    fn of(line: &JsonValue) -> Case {
        let answer = |json: &JsonValue| json.as_str().map(str::to_owned);
        let shown = answer(&line[3]);
        Case {
            filter: line[0].as_str().unwrap().to_owned(),
            argument: line[1].get(0).cloned(),
            value: line[2].clone(),
            plain: line.get(4).map_or(shown.clone(), answer),
            shown,
        }
    }

    /// The template that asks for it, by name and text.
    fn template(&self, ending: &str) -> (String, String) {
        let safe = self.value.get("$safe").is_some();
        let argument = if self.argument.is_some() { "a" } else { "" };
        let name = format!("{}-{argument}-{safe}.{ending}", self.filter);
        // Django's `default` is Jinja's with `true` behind.
        let call = match self.filter.as_str() {
            "default" => "default(a, true)".to_owned(),
            filter => format!("{filter}({argument})"),
        };
        (name, format!("{{{{ v{}|{call} }}}}", if safe { "|safe" } else { "" }))
    }

    fn ask(&self, engine: &Engine, ending: &str) -> Answer {
        let argument = self.argument.as_ref().map_or(Value::Null, decoded);
        let given = values([("v", decoded(&self.value)), ("a", argument)]);
        render(engine, &self.template(ending).0, &given).ok()
    }
}

fn decoded(json: &JsonValue) -> Value {
    if let Some((name, coded)) =
        json.as_object().and_then(|o| o.iter().next()).filter(|(n, _)| n.starts_with('$'))
    {
        let text = coded.as_str().unwrap();
        return match name.as_str() {
            "$safe" => Value::Text(text.into()),
            "$float" => Value::Float(text.parse().unwrap()),
            "$decimal" => Value::Decimal(text.parse().unwrap()),
            "$date" => Value::Date(text.parse().unwrap()),
            "$time" => Value::Time(text.parse().unwrap()),
            "$datetime" => Value::DateTime(text.parse().unwrap()),
            other => panic!("{other}"),
        };
    }
    match json {
        JsonValue::Null => Value::Null,
        JsonValue::Bool(v) => Value::Bool(*v),
        JsonValue::Number(v) => Value::Int(v.as_i64().unwrap()),
        JsonValue::String(v) => Value::Text(v.clone()),
        JsonValue::Array(items) => Value::List(items.iter().map(decoded).collect()),
        JsonValue::Object(entries) => {
            Value::Map(entries.iter().map(|(name, v)| (name.clone().into(), decoded(v))).collect())
        }
    }
}

fn stored(text: &str) -> Vec<JsonValue> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn filters_answer_as_djangos() {
    let cases: Vec<Case> = stored(include_str!("django/filters.json")).iter().map(Case::of).collect();
    let templates: BTreeMap<String, String> =
        cases.iter().flat_map(|case| [case.template("html"), case.template("txt")]).collect();
    let files: Vec<(&str, &str)> =
        templates.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let engine = engine(&files);
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    for case in &cases {
        for (ending, expected) in [("html", &case.shown), ("txt", &case.plain)] {
            let found = case.ask(&engine, ending);
            if found == *expected {
                continue;
            }
            let known = DIFFERENCES.iter().find(|d| d.explains(case, expected, &found));
            match known {
                Some(difference) => {
                    used.insert(difference.name);
                }
                None => wrong.push(format!(
                    "{} {} {ending}: {}\n  Django  {expected:?}\n  Quintet {found:?}",
                    case.value,
                    case.filter,
                    case.argument.as_ref().map(JsonValue::to_string).unwrap_or_default(),
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let unused: Vec<_> = DIFFERENCES.iter().map(|d| d.name).filter(|name| !used.contains(name)).collect();
    assert!(unused.is_empty(), "these differences are none: {unused:?}");
}

/// The guide has them all.
#[test]
fn differences_are_in_the_guide() {
    let guide = include_str!("../../../docs/templates.md");
    let names = DIFFERENCES.iter().map(|d| d.name).chain(SYNTAX.iter().map(|(.., why)| *why));
    let missing: Vec<&str> = names.filter(|name| !guide.contains(name)).collect();
    assert!(missing.is_empty(), "not in docs/templates.md: {missing:?}");
}

/// The same page in both languages shows the same.
#[test]
fn syntax_shows_what_djangos_shows() {
    let mut wrong = Vec::new();
    for case in stored(include_str!("django/syntax.json")) {
        let files = case["templates"].as_object().unwrap();
        let files: Vec<(&str, &str)> =
            files.iter().map(|(name, text)| (name.as_str(), text.as_str().unwrap())).collect();
        let Value::Map(given) = decoded(&case["values"]) else { panic!("a map of values") };
        let given: Map = given;
        let shown = render(&engine(&files), "t.html", &given).map_err(|error| error.to_string());
        let name = case["name"].as_str().unwrap();
        let other = SYNTAX.iter().find(|(known, ..)| *known == name);
        let expected = other.map_or(case["shown"].as_str().unwrap(), |(_, shown, _)| shown);
        if shown.as_deref() != Ok(expected) {
            wrong.push(format!("{name}\n  Django  {}\n  Quintet {shown:?}", case["shown"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
