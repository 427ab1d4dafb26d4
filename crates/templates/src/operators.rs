//! `price > 5`: the comparing operators of the language know neither decimals nor dates, and put values of different kinds into
//! some order instead of refusing. So they are read as the tests of the same meaning (`price is gt(5)`), which
//! [`filters`](crate::filters) has taught both, before the template is compiled.

use std::borrow::Cow;

use crate::scan::{EDGE, Is, Tag, Token, tags};

/// The template with its comparisons as tests; line by line as it was.
pub(crate) fn rewrite(source: Cow<'static, str>) -> Cow<'static, str> {
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    for tag in tags(&source) {
        edits.extend(Reader::default().read(&tag));
    }
    if edits.is_empty() {
        return source;
    }
    edits.sort_by_key(|(start, _, _)| *start);
    let mut out = String::with_capacity(source.len() + edits.len() * 12);
    let mut at = 0;
    for (start, end, text) in edits {
        out.push_str(source.get(at..start).unwrap_or_default());
        out.push(EDGE);
        out.push_str(&text);
        out.push(EDGE);
        at = end;
    }
    out.push_str(source.get(at..).unwrap_or_default());
    Cow::Owned(out)
}

/// The column in the file of what ends this piece of a line of a rewritten template.
pub(crate) fn column(before: &str) -> usize {
    let mut column = 1;
    for (piece, ours) in before.split(EDGE).zip([false, true].into_iter().cycle()) {
        column += match Operator::in_text(piece).filter(|_| ours) {
            Some(operator) => operator.sign().len(),
            // Other things that are put in have as many blanks at their end as they stand for characters.
            None if ours => piece.len() - piece.trim_end_matches(' ').len(),
            None => piece.chars().count(),
        };
    }
    column
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Operator {
    const ALL: [(Operator, &'static str, &'static str); 6] = [
        (Operator::Eq, "==", "eq"),
        (Operator::Ne, "!=", "ne"),
        (Operator::Le, "<=", "le"),
        (Operator::Ge, ">=", "ge"),
        (Operator::Lt, "<", "lt"),
        (Operator::Gt, ">", "gt"),
    ];

    fn names(self) -> (&'static str, &'static str) {
        Self::ALL.iter().find(|(o, _, _)| *o == self).map_or(("", ""), |(_, sign, test)| (sign, test))
    }

    fn sign(self) -> &'static str {
        self.names().0
    }

    /// The operator that what was put in stands for.
    fn in_text(text: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, sign, test)| {
            text == format!(")is {test}(") || text == format!(",'{sign}',") || text == chain(sign)
        });
        found.map(|(operator, _, _)| *operator)
    }

    /// The operator that begins at this token, and how many tokens it is.
    fn at(tokens: &[Token<'_>]) -> Option<(Self, usize)> {
        let mark = |i: usize| match tokens.get(i)?.is {
            Is::Mark(c) => Some(c),
            _ => None,
        };
        let joined = tokens.first()?.range.end == tokens.get(1).map_or(0, |next| next.range.start);
        let second = mark(1).filter(|_| joined);
        match (mark(0)?, second) {
            ('=', Some('=')) => Some((Operator::Eq, 2)),
            ('!', Some('=')) => Some((Operator::Ne, 2)),
            ('<', Some('=')) => Some((Operator::Le, 2)),
            ('>', Some('=')) => Some((Operator::Ge, 2)),
            ('<', _) => Some((Operator::Lt, 1)),
            ('>', _) => Some((Operator::Gt, 1)),
            _ => None,
        }
    }
}

/// `a < b <= c` is one test, so that each of them is looked at once.
fn chain(sign: &str) -> String {
    format!(")is compared('{sign}',")
}

/// One expression as far as it was read: from an opening bracket, a comma or a word such as `and`.
#[derive(Default)]
struct Part {
    /// The operands so far; the last one is still being read.
    operands: Vec<Option<(usize, usize)>>,
    operators: Vec<(Operator, usize, usize)>,
    /// `in` is of the same rank as the comparisons: a chain with it is left as it is.
    mixed: bool,
}

impl Part {
    fn take(&mut self, start: usize, end: usize) {
        if self.operands.is_empty() {
            self.operands.push(None);
        }
        if let Some(last) = self.operands.last_mut() {
            *last = Some((last.map_or(start, |(start, _)| start), end));
        }
    }

    fn is_empty(&self) -> bool {
        self.operands.last().is_none_or(Option::is_none)
    }

    fn edits(&self) -> Vec<(usize, usize, String)> {
        let operands: Option<Vec<(usize, usize)>> = self.operands.iter().copied().collect();
        let Some(operands) = operands.filter(|all| !self.mixed && all.len() == self.operators.len() + 1)
        else {
            return Vec::new();
        };
        let (Some((start, _)), Some((_, end)), false) =
            (operands.first(), operands.last(), self.operators.is_empty())
        else {
            return Vec::new();
        };
        let mut edits = vec![(*start, *start, "(".to_owned())];
        for (i, (operator, from, to)) in self.operators.iter().enumerate() {
            let (sign, test) = operator.names();
            let text = match (i, self.operators.len()) {
                (0, 1) => format!(")is {test}("),
                (0, _) => chain(sign),
                _ => format!(",'{sign}',"),
            };
            edits.push((*from, *to, text));
        }
        edits.push((*end, *end, ")".to_owned()));
        edits
    }
}

#[derive(Default)]
struct Reader {
    /// One for each open bracket.
    parts: Vec<Part>,
    edits: Vec<(usize, usize, String)>,
}

impl Reader {
    fn read(mut self, tag: &Tag<'_>) -> Vec<(usize, usize, String)> {
        let statement = tag.statement();
        let tokens = tag.tokens.get(usize::from(statement.is_some())..).unwrap_or_default();
        let mut part = Part::default();
        let mut i = 0;
        while let Some(token) = tokens.get(i) {
            let (start, end) = (token.range.start, token.range.end);
            let before = i.checked_sub(1).and_then(|i| tokens.get(i)).map(|t| &t.is);
            if let Some((operator, length)) = tokens.get(i..).and_then(Operator::at) {
                let end = tokens.get(i + length - 1).map_or(end, |last| last.range.end);
                part.operators.push((operator, start, end));
                part.operands.push(None);
                i += length;
                continue;
            }
            match &token.is {
                Is::Mark('(' | '[' | '{') => {
                    part.take(start, end);
                    self.parts.push(std::mem::take(&mut part));
                }
                Is::Mark(')' | ']' | '}') => {
                    self.edits.extend(part.edits());
                    part = self.parts.pop().unwrap_or_default();
                    part.take(start, end);
                }
                Is::Mark(',' | ':' | '=') => self.ends(&mut part),
                // A filter's, a test's or an attribute's name is none of these words.
                Is::Name(word) if !named(tokens, i, before) => match *word {
                    "and" | "or" | "if" | "else" => self.ends(&mut part),
                    "recursive" if statement == Some("for") => self.ends(&mut part),
                    "in" => {
                        part.mixed = true;
                        part.operands.push(None);
                    }
                    // Before an operand it is `not`, behind one it is the half of `not in`.
                    "not" if part.is_empty() => {}
                    "not" => part.mixed = true,
                    _ => part.take(start, end),
                },
                _ => part.take(start, end),
            }
            i += 1;
        }
        self.ends(&mut part);
        // Brackets that are not closed: the compiler tells.
        if self.parts.is_empty() { self.edits } else { Vec::new() }
    }

    fn ends(&mut self, part: &mut Part) {
        self.edits.extend(std::mem::take(part).edits());
    }
}

/// Does the word at `i` name a filter, a test or an attribute?
fn named(tokens: &[Token<'_>], i: usize, before: Option<&Is<'_>>) -> bool {
    match before {
        Some(Is::Mark('.' | '|')) | Some(Is::Name("is")) => true,
        // `is not in(..)`
        Some(Is::Name("not")) => {
            matches!(i.checked_sub(2).and_then(|i| tokens.get(i)).map(|t| &t.is), Some(Is::Name("is")))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &'static str) -> String {
        rewrite(Cow::Borrowed(source)).replace(EDGE, "")
    }

    #[test]
    fn comparisons_become_tests_and_nothing_else_changes() {
        for (source, expected) in [
            ("{% if price > 5 %}", "{% if (price )is gt( 5) %}"),
            ("{% if not a.b[0] <= c|length and d %}", "{% if not (a.b[0] )is le( c|length) and d %}"),
            ("{{ 'y' if a == 'x > y' else b != 1 }}", "{{ 'y' if (a )is eq( 'x > y') else (b )is ne( 1) }}"),
            ("{{ f(a > 1, k=b<2) > 3 }}", "{{ (f((a )is gt( 1), k=(b)is lt(2)) )is gt( 3) }}"),
            ("{{ a + 1 ~ 'x' >= -b }}", "{{ (a + 1 ~ 'x' )is ge( -b) }}"),
            ("{{ a < b <= c }}", "{{ (a )is compared('<', b ,'<=', c) }}"),
            ("{% for x in xs if x.n > 1 recursive %}", "{% for x in xs if (x.n )is gt( 1) recursive %}"),
            ("{% set big = n > 1 %}", "{% set big = (n )is gt( 1) %}"),
            ("{{ {'a': b > 1}[c == d] }}", "{{ {'a': (b )is gt( 1)}[(c )is eq( d)] }}"),
            ("{% if a is not in([1]) or x.in > 1 %}", "{% if a is not in([1]) or (x.in )is gt( 1) %}"),
            ("{%- if a is defined and a > b -%}", "{%- if a is defined and (a )is gt( b) -%}"),
            // As they were.
            ("{% if a in b == c %}", "{% if a in b == c %}"),
            ("{% if a not in b %}{{ x|select('>', 1) }}", "{% if a not in b %}{{ x|select('>', 1) }}"),
            (
                "<a b=1> {# {{ a > b }} #}{% raw %}{{ a > b }}{% endraw %}",
                "<a b=1> {# {{ a > b }} #}{% raw %}{{ a > b }}{% endraw %}",
            ),
            ("{{ a > }} {{ (a > b }}", "{{ a > }} {{ (a > b }}"),
        ] {
            assert_eq!(read(source), expected);
        }
    }

    #[test]
    fn columns_are_those_of_the_file() {
        let source = "é {% if a.b >= 5 and c < d < e %}{{ here }}";
        let rewritten = rewrite(Cow::Borrowed(source));
        for word in ["a.b", "5 and", "c <", " d <", "here"] {
            let word = word.trim_end_matches(" and").trim_end_matches(" <");
            let (old, new) = (source.find(word).unwrap(), rewritten.find(word).unwrap());
            let chars = source[..old].chars().count() + 1;
            assert_eq!(column(&rewritten[..new]), chars, "{word}");
        }
    }

    /// For whole numbers the operators are right as they are, so that both forms must give the same.
    #[test]
    fn random_expressions_keep_their_meaning() {
        let mut plain = minijinja::Environment::new();
        crate::filters::add(&mut plain);
        let mut seed = 7u64;
        let mut random = move |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % n
        };
        fn number(random: &mut impl FnMut(u64) -> u64, depth: u64) -> String {
            match random(if depth == 0 { 3 } else { 8 }) {
                0 => "a".to_owned(),
                1 => "b.c".to_owned(),
                2 => random(4).to_string(),
                3 => format!("-{}", number(random, depth - 1)),
                4 => format!("{} + {}", number(random, depth - 1), number(random, depth - 1)),
                5 => format!("[{}, 1][0]", number(random, depth - 1)),
                6 => format!("({} * 2)|abs", number(random, depth - 1)),
                _ => format!("(1 if {} else 2)", truth(random, depth - 1)),
            }
        }
        fn truth(random: &mut impl FnMut(u64) -> u64, depth: u64) -> String {
            let sign = ["==", "!=", "<", "<=", ">", ">="][random(6) as usize];
            let space = ["", " "][random(2) as usize];
            match random(if depth == 0 { 2 } else { 7 }) {
                0 | 1 => format!("{}{space}{sign}{space}{}", number(random, depth), number(random, depth)),
                2 => format!("not {}", truth(random, depth - 1)),
                3 => format!("{} and {}", truth(random, depth - 1), truth(random, depth - 1)),
                4 => format!("({}) or {}", truth(random, depth - 1), truth(random, depth - 1)),
                5 => format!("{} < {} {sign} 2", number(random, depth - 1), number(random, depth - 1)),
                _ => format!("{} in [0, 1]", number(random, depth - 1)),
            }
        }
        for _ in 0..2000 {
            let expression = truth(&mut random, 3);
            let source = format!("{{% if {expression} %}}yes{{% else %}}no{{% endif %}}");
            let values = minijinja::context! { a => 1, b => minijinja::context! { c => 2 } };
            let expected = plain.render_str(&source, values.clone()).unwrap();
            let rewritten = rewrite(Cow::Owned(source));
            assert_eq!(plain.render_str(&rewritten, values).unwrap(), expected, "{expression}");
        }
    }
}
