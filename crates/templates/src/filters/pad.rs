//! Filters that lay text out by columns and lines, and small ones for its letters: Django's, with Django's results.

use minijinja::{AutoEscape, Environment, Error, State, value::Value};

use super::{
    pass,
    python::{count, escape_text, keep, lines},
    text_of, wrong,
};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("addslashes", addslashes);
    env.add_filter("center", |value: &Value, width: Option<Value>| pad(value, width, "center", Side::Both));
    env.add_filter("cut", cut);
    env.add_filter("linenumbers", linenumbers);
    env.add_filter("ljust", |value: &Value, width: Option<Value>| pad(value, width, "ljust", Side::Right));
    env.add_filter("lower", lower);
    env.add_filter("make_list", make_list);
    env.add_filter("phone2numeric", phone2numeric);
    env.add_filter("rjust", |value: &Value, width: Option<Value>| pad(value, width, "rjust", Side::Left));
    env.add_filter("title", title);
    env.add_filter("wordwrap", wordwrap);
}

/// A backslash before quotes and backslashes.
fn addslashes(value: &Value) -> Result<Value, Error> {
    pass!(value);
    let mut out = String::new();
    for c in text_of(value).chars() {
        if matches!(c, '\\' | '"' | '\'') {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(keep(value, out))
}

/// Without any of this text.
fn cut(value: &Value, what: &str) -> Result<Value, Error> {
    pass!(value);
    let text = text_of(value);
    let out = if what.is_empty() { text.into_owned() } else { text.replace(what, "") };
    // Without its semicolons `&lt;` may become something else.
    Ok(if what == ";" { Value::from(out) } else { keep(value, out) })
}

enum Side {
    Left,
    Right,
    Both,
}

/// Blanks up to a width.
fn pad(value: &Value, width: Option<Value>, filter: &str, side: Side) -> Result<Value, Error> {
    pass!(value);
    // Jinja's `center` knows a width of its own.
    let width = width.unwrap_or(Value::from(80));
    let width = usize::try_from(count(&width, filter)?).unwrap_or(0);
    let text = text_of(value);
    let missing = width.saturating_sub(text.chars().count());
    let left = match side {
        Side::Left => missing,
        Side::Right => 0,
        Side::Both => missing / 2 + (missing & width & 1),
    };
    Ok(keep(value, format!("{}{text}{}", " ".repeat(left), " ".repeat(missing - left))))
}

fn lower(value: &Value) -> Result<Value, Error> {
    pass!(value);
    Ok(keep(value, text_of(value).to_lowercase()))
}

/// The characters of a text, the digits of a number.
fn make_list(value: &Value) -> Result<Value, Error> {
    pass!(value);
    Ok(text_of(value).chars().map(|c| Value::from(c.to_string())).collect())
}

/// Digits in place of the letters on their keys.
fn phone2numeric(value: &Value) -> Result<Value, Error> {
    pass!(value);
    let digit = |c: char| match c {
        'a'..='c' => '2',
        'd'..='f' => '3',
        'g'..='i' => '4',
        'j'..='l' => '5',
        'm'..='o' => '6',
        'p'..='s' => '7',
        't'..='v' => '8',
        'w'..='z' => '9',
        other => other,
    };
    Ok(keep(value, text_of(value).to_lowercase().chars().map(digit).collect::<String>()))
}

/// A capital at the start of each word, and small letters behind: also in `it's`, but not in `3rd`.
fn title(value: &Value) -> Result<Value, Error> {
    pass!(value);
    let text = text_of(value);
    let cased = |c: char| c.is_lowercase() || c.is_uppercase();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(first) = rest.chars().next() {
        let word = cased(first);
        let (run, behind) = rest.split_at(rest.find(|c| cased(c) != word).unwrap_or(rest.len()));
        rest = behind;
        if !word {
            out.push_str(run);
            continue;
        }
        let mut end = out.chars().rev();
        let joined = match (end.next(), end.next()) {
            (Some('\''), Some(letter)) => letter.is_ascii_lowercase(),
            (Some(before), _) => before.is_ascii_digit(),
            _ => false,
        };
        // Small letters of the whole word, as an end may have a form of its own (`ς`).
        let small = run.to_lowercase();
        if joined && first.is_ascii() {
            out.push_str(&small);
        } else {
            capital(&mut out, first);
            let length: usize = first.to_lowercase().map(char::len_utf8).sum();
            out.push_str(small.get(length..).unwrap_or_default());
        }
    }
    Ok(keep(value, out))
}

/// The letter at the start of a word: of a letter that is several (`ǆ`, `ß`), only the first is a capital.
fn capital(out: &mut String, c: char) {
    match c {
        'ǆ' | 'Ǆ' | 'ǅ' => out.push('ǅ'),
        'ǉ' | 'Ǉ' | 'ǈ' => out.push('ǈ'),
        'ǌ' | 'Ǌ' | 'ǋ' => out.push('ǋ'),
        'ǳ' | 'Ǳ' | 'ǲ' => out.push('ǲ'),
        _ => {
            let mut letters = c.to_uppercase();
            out.extend(letters.next());
            for letter in letters {
                // The apostrophe of `ŉ` stands before its letter.
                if out.ends_with('ʼ') { out.push(letter) } else { out.extend(letter.to_lowercase()) }
            }
        }
    }
}

/// Each line with its number.
fn linenumbers(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    pass!(value);
    let text = text_of(value);
    let plain = value.is_safe() || matches!(state.auto_escape(), AutoEscape::None);
    let width = text.split('\n').count().to_string().len();
    let numbered = text.split('\n').enumerate().map(|(i, line)| {
        let line = if plain { line.to_owned() } else { escape_text(line) };
        format!("{:0width$}. {line}", i + 1)
    });
    Ok(Value::from_safe_string(numbered.collect::<Vec<_>>().join("\n")))
}

/// Lines of at most so many characters, broken at blanks; longer words stay whole.
fn wordwrap(value: &Value, width: Value) -> Result<Value, Error> {
    pass!(value);
    let width = match usize::try_from(count(&width, "wordwrap")?) {
        Ok(width) if width > 0 => width,
        _ => return Err(wrong("`wordwrap` needs a width of at least 1")),
    };
    let text = text_of(value);
    let mut out: Vec<String> = Vec::new();
    for line in lines(&text) {
        let wrapped = wrap(line, width);
        if wrapped.is_empty() { out.push(line.to_owned()) } else { out.extend(wrapped) }
    }
    if text.ends_with('\n') {
        out.push(String::new());
    }
    Ok(keep(value, out.join("\n")))
}

/// Python's `textwrap`, without breaking words.
fn wrap(line: &str, width: usize) -> Vec<String> {
    let line = expand_tabs(line);
    let mut pieces = pieces(&line).into_iter().peekable();
    let blank = |piece: &str| piece.chars().all(char::is_whitespace);
    let mut out = Vec::new();
    while pieces.peek().is_some() {
        if !out.is_empty() {
            pieces.next_if(|piece| blank(piece));
        }
        let (mut current, mut length) = (Vec::new(), 0);
        while let Some(piece) = pieces.next_if(|piece| length + piece.chars().count() <= width) {
            length += piece.chars().count();
            current.push(piece);
        }
        if current.is_empty() {
            // Too long for any line, if there is one.
            current.extend(pieces.next());
        }
        if current.last().is_some_and(|last| blank(last)) {
            current.pop();
        }
        if !current.is_empty() {
            out.push(current.concat());
        }
    }
    out
}

fn is_break(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\x0b' | '\x0c' | '\r' | ' ')
}

/// Words and the blanks between them.
fn pieces(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let kind = is_break(first);
        let (piece, behind) = rest.split_at(rest.find(|c| is_break(c) != kind).unwrap_or(rest.len()));
        found.push(piece);
        rest = behind;
    }
    found
}

fn expand_tabs(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut column = 0;
    for c in line.chars() {
        if c == '\t' {
            let blanks = 8 - column % 8;
            out.push_str(&" ".repeat(blanks));
            column += blanks;
        } else {
            out.push(c);
            column += 1;
        }
    }
    out
}
