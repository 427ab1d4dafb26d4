//! `price > 5`, `price * 2`: the operators of the language know neither decimals nor dates, and put values of different kinds into
//! some order instead of refusing. So they are read as the tests and filters of the same meaning (`price is gt(5)`,
//! `price|__mul(2)`), which [`filters`](crate::filters) has taught both, before the template is compiled.
//!
//! `reader` takes the expressions of a tag apart at brackets, commas and words; `part` knows what binds how tightly.
mod part;
mod reader;

use std::borrow::Cow;

use crate::scan::{EDGE, tags};

/// What is put in place of a piece of the template.
#[derive(Debug)]
struct Edit {
    start: usize,
    end: usize,
    text: String,
    /// Where several stand at one place: what ends there, what begins there, what is replaced there.
    rank: u8,
}

impl Edit {
    fn closing(at: usize) -> Edit {
        Edit { start: at, end: at, text: ")".to_owned(), rank: 0 }
    }

    fn opening(at: usize) -> Edit {
        Edit { start: at, end: at, text: "(".to_owned(), rank: 1 }
    }

    fn instead(start: usize, end: usize, text: String) -> Edit {
        Edit { start, end, text, rank: 2 }
    }
}

/// The template with its operators as tests and filters; line by line as it was.
pub(crate) fn rewrite(source: Cow<'static, str>) -> Cow<'static, str> {
    let mut edits: Vec<Edit> = tags(&source).iter().flat_map(reader::read).collect();
    if edits.is_empty() {
        return source;
    }
    edits.sort_by_key(|edit| (edit.start, edit.rank));
    let mut out = String::with_capacity(source.len() + edits.len() * 12);
    let mut at = 0;
    for Edit { start, end, text, .. } in edits {
        out.push_str(source.get(at..start).unwrap_or_default());
        // As many blanks at its end as it stands for characters: operators are ASCII.
        out.push_str(&format!("{EDGE}{text}{}{EDGE}", " ".repeat(end - start)));
        at = end;
    }
    out.push_str(source.get(at..).unwrap_or_default());
    Cow::Owned(out)
}

/// The column in the file of what ends this piece of a line of a rewritten template.
pub(crate) fn column(before: &str) -> usize {
    let mut column = 1;
    for (piece, ours) in before.split(EDGE).zip([false, true].into_iter().cycle()) {
        column += match ours {
            true => piece.len() - piece.trim_end_matches(' ').len(),
            false => piece.chars().count(),
        };
    }
    column
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &'static str) -> String {
        // Without the blanks that stand for what was replaced.
        let rewritten = rewrite(Cow::Borrowed(source));
        let pieces = rewritten.split(EDGE).zip([false, true].into_iter().cycle());
        pieces.map(|(piece, ours)| if ours { piece.trim_end_matches(' ') } else { piece }).collect()
    }

    #[test]
    fn comparisons_become_tests_and_nothing_else_changes() {
        for (source, expected) in [
            ("{% if price > 5 %}", "{% if (price )is gt( 5) %}"),
            ("{% if not a.b[0] <= c|length and d %}", "{% if not (a.b[0] )is le( c|length) and d %}"),
            ("{{ 'y' if a == 'x > y' else b != 1 }}", "{{ 'y' if (a )is eq( 'x > y') else (b )is ne( 1) }}"),
            ("{{ f(a > 1, k=b<2) > 3 }}", "{{ (f((a )is gt( 1), k=(b)is lt(2)) )is gt( 3) }}"),
            ("{{ a + 1 ~ 'x' >= -b }}", "{{ ((a )|__add( 1 ~ 'x') )is ge( __neg(b)) }}"),
            ("{{ a.b * -2 + c|abs ** 2 }}", "{{ ((a.b )|__mul( -2) )|__add( (c|abs )|__pow( 2)) }}"),
            ("{{ a - b - c }}", "{{ ((a )|__sub( b) )|__sub( c) }}"),
            ("{{ f(-x|abs, *rest, **named)[n-1:] }}", "{{ f(__neg(x)|abs, *rest, **named)[(n)|__sub(1):] }}"),
            ("{{ a * b in c }}", "{{ (a )|__mul( b) in c }}"),
            ("{{ 1e-7 - -1 }}", "{{ (1e-7 )|__sub( -1) }}"),
            ("{% set x = (a + b) // 2 %}", "{% set x = (((a )|__add( b)) )|__floordiv( 2) %}"),
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
        let source = "é {% if a.b >= 5 and c < d < e * -f ** 2 %}{{ here }}";
        let rewritten = rewrite(Cow::Borrowed(source));
        for word in ["a.b", "5 and", "c <", " d <", "e ", "f ", "here"] {
            let word = word.trim_end_matches(" and").trim_end_matches(" <");
            let (old, new) = (source.find(word).unwrap(), rewritten.find(word).unwrap());
            let chars = source[..old].chars().count() + 1;
            assert_eq!(column(&rewritten[..new]), chars, "{word}");
        }
    }

    /// For plain numbers the operators are right as they are, so that both forms must give the same.
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
            let sign = ["+", "-", "*", "/", "//", "%"][random(6) as usize];
            let space = ["", " "][random(2) as usize];
            match random(if depth == 0 { 4 } else { 11 }) {
                0 => "a".to_owned(),
                1 => "b.c".to_owned(),
                2 => random(4).to_string(),
                3 => "0.5".to_owned(),
                4 => format!("-{}", number(random, depth - 1)),
                5 => format!("{} + {}", number(random, depth - 1), number(random, depth - 1)),
                6 => format!("[{}, 1][0]", number(random, depth - 1)),
                7 => format!("({} * 2)|abs", number(random, depth - 1)),
                8 => {
                    format!("{}{space}{sign}{space}{}", number(random, depth - 1), number(random, depth - 1))
                }
                9 => format!("({}) ** 2", number(random, depth - 1)),
                _ => format!("(1 if {} else 2)", truth(random, depth - 1)),
            }
        }
        fn truth(random: &mut impl FnMut(u64) -> u64, depth: u64) -> String {
            let sign = ["==", "!=", "<", "<=", ">", ">="][random(6) as usize];
            let space = ["", " "][random(2) as usize];
            match random(if depth == 0 { 2 } else { 8 }) {
                0 | 1 => format!("{}{space}{sign}{space}{}", number(random, depth), number(random, depth)),
                2 => format!("not {}", truth(random, depth - 1)),
                3 => format!("{} and {}", truth(random, depth - 1), truth(random, depth - 1)),
                4 => format!("({}) or {}", truth(random, depth - 1), truth(random, depth - 1)),
                5 => format!("{} < {} {sign} 2", number(random, depth - 1), number(random, depth - 1)),
                6 => format!("{} ~ 1 == {} ~ '1'", number(random, depth - 1), number(random, depth - 1)),
                _ => format!("{} in [0, 1]", number(random, depth - 1)),
            }
        }
        let mut failed = 0;
        for round in 0..4000 {
            let expression = if round % 2 == 0 { truth(&mut random, 3) } else { number(&mut random, 3) };
            let source = format!("{{{{ {expression} }}}}");
            let values = minijinja::context! { a => 1, b => minijinja::context! { c => 2 } };
            // What divides by 0 fails in both.
            let expected = plain.render_str(&source, values.clone()).ok();
            failed += usize::from(expected.is_none());
            let rewritten = rewrite(Cow::Owned(source));
            assert_eq!(plain.render_str(&rewritten, values).ok(), expected, "{expression}: {rewritten}");
        }
        assert!(failed < 1500, "{failed}");
    }
}
