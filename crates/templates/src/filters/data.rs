//! Filters that hand data to scripts.

use minijinja::{Environment, Error, ErrorKind, value::Value};

use super::text::script;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("json", json);
    env.add_filter("tojson", json);
    env.add_filter("json_script", json_script);
}

/// The value as JSON that is safe in HTML, in a quoted attribute and in a script.
///
/// Dates, times and decimals become text. It is not escaped again: `&`, `<`, `>` and `'` are written as `\u0026` and
/// so on, so put attributes in single quotes: `data-film='{{ film|json }}'`.
fn json(value: &Value) -> Result<Value, Error> {
    Ok(Value::from_safe_string(safe_json(value)?))
}

/// `{{ films|json_script("films") }}`: the value in a `<script type="application/json">` of that id, the way to
/// hand data to a script where the content security policy forbids scripts in the page.
fn json_script(value: &Value, id: &str) -> Result<Value, Error> {
    script(&safe_json(value)?, id)
}

fn safe_json(value: &Value) -> Result<String, Error> {
    if value.is_undefined() {
        return value.get_attr("").map(|_| String::new());
    }
    let json = serde_json::to_string(value).map_err(|e| {
        Error::new(ErrorKind::BadSerialization, "this can't be written as JSON").with_source(e)
    })?;
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\'' => out.push_str("\\u0027"),
            // Line ends in JavaScript before 2019, though not in JSON.
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::to_template;
    use minijinja::{AutoEscape, context};
    use quintet_core::Value as CoreValue;

    fn show(source: &str, value: CoreValue) -> String {
        let mut env = Environment::new();
        env.set_auto_escape_callback(|_| AutoEscape::Html);
        add(&mut env);
        env.render_str(source, context! { v => to_template(&value) }).unwrap()
    }

    #[test]
    fn data_stays_data_wherever_it_is_put() {
        let attack = CoreValue::Text("</script><script>alert('x')</script>&\u{2028}".into());
        let json = show("{{ v|json }}", attack.clone());
        assert!(!json.contains(['<', '>', '&', '\'', '\u{2028}']), "{json}");
        assert_eq!(
            serde_json::from_str::<String>(&json).unwrap(),
            "</script><script>alert('x')</script>&\u{2028}"
        );
        let element = show("{{ v|json_script('a\"><b>') }}", attack);
        assert!(
            element.starts_with("<script id=\"a&quot;&gt;&lt;b&gt;\" type=")
                && element.matches("</script>").count() == 1,
            "{element}"
        );
    }

    #[test]
    fn exact_values_are_text_and_order_is_kept() {
        let value = CoreValue::Map(vec![
            ("z".into(), CoreValue::Decimal("1.50".parse().unwrap())),
            ("a".into(), CoreValue::Date("1979-05-25".parse().unwrap())),
            (
                "n".into(),
                CoreValue::List(vec![CoreValue::Null, CoreValue::Bool(true), CoreValue::Float(0.5)]),
            ),
        ]);
        assert_eq!(show("{{ v|tojson }}", value), r#"{"z":"1.50","a":"1979-05-25","n":[null,true,0.5]}"#);
    }
}
