//! Filters that choose.

use minijinja::{Environment, Error, value::Value};

use super::wrong;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("default_if_none", default_if_none);
    env.add_filter("yesno", yesno);
}

/// Another value in place of nothing. (What is missing is still an error; `default` helps there.)
fn default_if_none(value: &Value, other: Value) -> Result<Value, Error> {
    if value.is_undefined() {
        return value.get_attr("");
    }
    Ok(if value.is_none() { other } else { value.clone() })
}

/// Words for true, false and nothing: `yesno`, `yesno("on,off")`, `yesno("on,off,unknown")`.
fn yesno(value: &Value, words: Option<&str>) -> Result<Value, Error> {
    if value.is_undefined() {
        return value.get_attr("");
    }
    let (yes, no, maybe) = match words.unwrap_or("yes,no,maybe").split(',').collect::<Vec<_>>().as_slice() {
        [yes, no] => (*yes, *no, *no),
        [yes, no, maybe] => (*yes, *no, *maybe),
        _ => return Err(wrong("yesno takes two or three words: \"yes,no\" or \"yes,no,unknown\"")),
    };
    Ok(Value::from(match value {
        value if value.is_none() => maybe,
        value if value.is_true() => yes,
        _ => no,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_answers() {
        let mut env = Environment::new();
        add(&mut env);
        for (source, expected) in [
            ("{{ true|yesno }} {{ false|yesno }} {{ none|yesno }}", "yes no maybe"),
            ("{{ 1|yesno('on,off') }} {{ ''|yesno('on,off') }} {{ none|yesno('on,off') }}", "on off off"),
            ("{{ none|yesno('a,b,c') }} {{ []|yesno }}", "c no"),
            (
                "{{ none|default_if_none('–') }} {{ 0|default_if_none('–') }} {{ ''|default_if_none('–') }}.",
                "– 0 .",
            ),
        ] {
            assert_eq!(env.render_str(source, ()).unwrap(), expected, "{source}");
        }
        assert!(
            env.render_str("{{ true|yesno('yes') }}", ()).unwrap_err().to_string().contains("two or three")
        );
    }
}
