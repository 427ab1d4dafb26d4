//! Hostile texts through every filter: whatever it does with them, they stay text.

use minijinja::{context, value::Value};
use quintet_core::{Site, Value as CoreValue};

use crate::{engine::Engine, filters::names, value::to_template};

const HOSTILE: &[&str] = &[
    "<script>alert('x')</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</textarea><svg/onload=alert`1`>",
    "javascript:alert(1)//http://a.com/\"onclick=\"x",
    "http://a.com/\"onmouseover=\"alert(1) www.a.com/'x'<b> x\"@a.com <x@a.com>",
    "http://a.com/&quot;onclick=1&lt;script&gt; &#x22;&#34;&#60;img&#62;",
    "<<b>script>alert(1)<</b>/script>",
    "<a href=\"javascript:alert(1)\">x</a>\n\n<p onclick='x'>",
    "\u{2028}</script>\u{2029}\0\x1f`=;-\\",
    "\"'<>&",
    "١<ß>ﬁ\u{301}<\u{202e}>",
];

/// What filters make themselves.
const OWN: &[&str] =
    &["<p>", "</p>", "<br>", "<li>", "</li>", "<ul>", "</ul>", "</a>", "</script>", " rel=\"nofollow\">"];

/// The page without what the filter made: nothing of it may be a tag, or end a quoted value.
fn left(shown: &str) -> String {
    let mut out = String::new();
    let mut rest = shown;
    // Links lead to addresses and to mail, and their addresses end at the quote.
    while let Some((before, link)) = rest.split_once("<a href=\"") {
        let (address, behind) = link.split_once('"').unwrap();
        assert!(
            ["http://", "https://", "mailto:"].iter().any(|scheme| address.starts_with(scheme)),
            "{address}"
        );
        out.push_str(before);
        out.push_str(address);
        rest = behind.strip_prefix('>').unwrap_or(behind);
    }
    out.push_str(rest);
    // The id of a script is quoted by the filter; what is in it is escaped.
    if let Some((before, script)) = out.clone().split_once("<script id=\"") {
        let (id, behind) = script.split_once("\" type=\"application/json\">").unwrap();
        out = format!("{before}{id}{behind}");
    }
    OWN.iter().fold(out, |out, own| out.replace(own, ""))
}

#[test]
fn hostile_text_stays_text_in_every_filter() {
    let engine = Engine::new(&Site::new());
    let unsafe_by_name = ["safe", "safeseq"];
    let mut silent = Vec::new();
    for name in names().filter(|name| !unsafe_by_name.contains(name)) {
        let mut shown_once = false;
        for hostile in HOSTILE {
            let text = CoreValue::Text((*hostile).to_owned());
            let row = CoreValue::Map(vec![
                ("name".into(), text.clone()),
                ((*hostile).to_owned().into(), text.clone()),
            ]);
            let list = CoreValue::List(vec![text.clone(), CoreValue::List(vec![text.clone()])]);
            let rows = CoreValue::List(vec![row.clone(), row.clone()]);
            let plain = [
                CoreValue::Int(5),
                CoreValue::Bool(true),
                CoreValue::Date("1979-05-25".parse().unwrap()),
                CoreValue::DateTime("1979-05-25T20:15:00Z".parse().unwrap()),
            ];
            for value in [text, row, list, rows].into_iter().chain(plain) {
                for call in [
                    "",
                    "(1)",
                    "(9)",
                    "('x')",
                    "('name')",
                    "(attribute='name')",
                    "(a)",
                    "(a, a)",
                    "(a, true)",
                    "('UTC')",
                    "(a, 'x')",
                    "('x', a)",
                    "('name', a)",
                    "('2024-01-01')",
                ] {
                    let source = format!("{{{{ v|{name}{call} }}}}");
                    let given = context! { v => to_template(&value), a => Value::from(*hostile) };
                    let Ok(shown) = engine.env().render_named_str("page.html", &source, given) else {
                        continue;
                    };
                    shown_once = true;
                    // JSON is for the inside of scripts and of single quotes, and has quotes of its own.
                    let forbidden: &[char] = match name {
                        "json" | "tojson" => &['<', '>', '\'', '&'],
                        "json_script" => &['<', '>'],
                        _ => &['<', '>', '"', '\''],
                    };
                    assert!(
                        !left(&shown).contains(forbidden),
                        "{source} of {value:?} with {hostile:?} shows {shown}"
                    );
                }
            }
        }
        if !shown_once {
            silent.push(name);
        }
    }
    assert!(silent.is_empty(), "never called with what they take: {silent:?}");
}
