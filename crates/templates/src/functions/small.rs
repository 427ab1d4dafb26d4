//! What Django has as small tags: `firstof`, `widthratio`, `lorem`.

use minijinja::{
    Environment, Error, ErrorKind,
    value::{Rest, Value},
};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_function("firstof", |given: Rest<Value>| {
        given.iter().find(|value| value.is_true()).cloned().unwrap_or_else(|| Value::from(""))
    });
    env.add_function("lorem", lorem);
    env.add_function("widthratio", widthratio);
}

/// How wide a bar is: `widthratio(votes, most, 200)` of 200, as a whole number.
fn widthratio(value: &Value, most: &Value, width: &Value) -> Result<Value, Error> {
    let number = |value: &Value, what: &str| {
        if value.is_undefined() {
            value.get_attr("")?;
        }
        value.to_string().trim().parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidOperation,
                format!(
                    "widthratio takes a value, the largest one and a width: `{value}` as {what} is no number"
                ),
            )
        })
    };
    let (value, most, width) =
        (number(value, "value")?, number(most, "the largest")?, number(width, "width")?);
    // Nothing of nothing is nothing.
    let ratio = if most == 0.0 { 0.0 } else { value / most * width.trunc() };
    #[allow(clippy::cast_possible_truncation, reason = "a cast of a float stops at the largest number")]
    Ok(Value::from(ratio.round_ties_even() as i64))
}

const SENTENCES: [&str; 4] = [
    "Lorem ipsum dolor sit amet, consectetur adipisicing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua.",
    "Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo consequat.",
    "Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur.",
    "Excepteur sint occaecat cupidatat non proident, sunt in culpa qui officia deserunt mollit anim id est laborum.",
];

/// More than any draft needs.
const MOST: usize = 1000;

/// Text to draft a page with: `lorem(2)` paragraphs, `lorem(2, "p")` as HTML, `lorem(7, "w")` words.
fn lorem(count: Option<usize>, kind: Option<&str>) -> Result<Value, Error> {
    let count = count.unwrap_or(1).min(MOST);
    // Always the same text: nobody wants a draft that jumps. A later paragraph begins with a later sentence.
    let paragraphs = (0..count).map(|i| {
        SENTENCES
            .iter()
            .cycle()
            .skip(i % SENTENCES.len())
            .take(SENTENCES.len())
            .copied()
            .collect::<Vec<_>>()
            .join(" ")
    });
    match kind.unwrap_or("b") {
        "b" => Ok(Value::from(paragraphs.collect::<Vec<_>>().join("\n\n"))),
        "p" => {
            let marked: Vec<String> = paragraphs.map(|text| format!("<p>{text}</p>")).collect();
            Ok(Value::from_safe_string(marked.join("\n\n")))
        }
        "w" => {
            let letters = |word: &'static str| word.trim_matches(|c: char| !c.is_alphabetic()).to_lowercase();
            let words = SENTENCES.iter().cycle().flat_map(|sentence| sentence.split(' ')).map(letters);
            Ok(Value::from(words.take(count).collect::<Vec<_>>().join(" ")))
        }
        other => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!(
                "lorem makes \"b\" (paragraphs), \"p\" (paragraphs as HTML) or \"w\" (words), not `{other}`"
            ),
        )),
    }
}
