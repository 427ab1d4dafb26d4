//! `.env`: lines of `NAME=value`, with `export`, comments and quotes as shells know them.

use super::problem::Problem;
use crate::error::SourcePlace;

/// A variable of the file, with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) number: usize,
}

/// Reads the file; with all wrong lines if there are any. No message repeats a value: it may be secret.
///
/// Single quotes keep everything; double quotes know `\n`, `\t`, `\"`, `\\` and may go over several lines;
/// without quotes a blank before `#` begins a comment. `$` has no meaning.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Line>, Vec<Problem>> {
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut number = 1;
    while !rest.is_empty() {
        let before = rest;
        match entry(rest) {
            Ok((Some((name, value)), after)) => {
                lines.push(Line { name, value, number });
                rest = after;
            }
            Ok((None, after)) => rest = after,
            Err(why) => {
                problems.push(Problem::at(why, SourcePlace::new(file, number)));
                rest = rest.split_once('\n').map_or("", |(_, after)| after);
            }
        }
        let used = before.len() - rest.len();
        number += before.get(..used).map_or(0, |used| used.matches('\n').count());
    }
    if problems.is_empty() { Ok(lines) } else { Err(problems) }
}

type Pair = Option<(String, String)>;

/// One line, or as many as a quoted value has; with what follows.
fn entry(text: &str) -> Result<(Pair, &str), String> {
    let (line, after) = text.split_once('\n').unwrap_or((text, ""));
    let start = line.trim_start();
    if start.trim_end().is_empty() || start.starts_with('#') {
        return Ok((None, after));
    }
    let start = start.strip_prefix("export ").map_or(start, str::trim_start);
    let (name, _) = start.split_once('=').ok_or("a line of this file is NAME=value")?;
    let name = name.trim_end();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(plain) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("the name before `=` has letters, digits and underscores only".to_owned());
    }
    // From the `=` of the first line on, over the following lines, for a quoted value may need them.
    let value = text.split_once('=').map_or("", |(_, value)| value).trim_start_matches([' ', '\t']);
    let (value, after) = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let (value, after) = quoted(value.get(1..).unwrap_or_default(), quote)
                .ok_or_else(|| format!("the quote of `{name}` is not closed"))?;
            let (tail, after) = after.split_once('\n').unwrap_or((after, ""));
            if !tail.trim().is_empty() && !tail.trim().starts_with('#') {
                return Err(format!("something follows the closing quote of `{name}`"));
            }
            (value, after)
        }
        _ => {
            let (value, after) = value.split_once('\n').unwrap_or((value, ""));
            let value = if value.starts_with('#') { "" } else { value };
            let comment = value.find(" #").or_else(|| value.find("\t#")).unwrap_or(value.len());
            (value.get(..comment).unwrap_or(value).trim().to_owned(), after)
        }
    };
    Ok((Some((name.to_owned(), value)), after))
}

fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            c if c == quote => return Some((value, text.get(i + 1..)?)),
            '\\' if quote == '"' => match chars.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                c @ ('"' | '\\' | '$') => value.push(c),
                other => value.extend(['\\', other]),
            },
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_shells_do() {
        let text = "# comment\n\nA=1\nexport B = two words # not this\r\nC='a # \\n b'\nD=\"x\\ny\nz\" # end\nE=\nF=a#b\nG= # none";
        let read = parse(".env", text).unwrap();
        let pairs: Vec<_> = read.iter().map(|l| (l.name.as_str(), l.value.as_str(), l.number)).collect();
        assert_eq!(
            pairs,
            [
                ("A", "1", 3),
                ("B", "two words", 4),
                ("C", "a # \\n b", 5),
                ("D", "x\ny\nz", 6),
                ("E", "", 8),
                ("F", "a#b", 9),
                ("G", "", 10),
            ]
        );
    }

    #[test]
    fn wrong_lines_are_told_by_number_without_their_text() {
        let problems = parse(".env", "hunter2\nA=1\nB C=hunter2\nD='hunter2\n").unwrap_err();
        let said: Vec<_> =
            problems.iter().map(|p| format!("{}: {}", p.place.as_ref().unwrap(), p.message)).collect();
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(
            said[0].starts_with(".env:1: ")
                && said[1].starts_with(".env:3: ")
                && said[2].starts_with(".env:4: ")
        );
        assert!(said.iter().all(|s| !s.contains("hunter2")), "{said:?}");
    }
}
