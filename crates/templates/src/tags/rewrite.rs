//! Tags that the language does not have, as what it has.

use std::{borrow::Cow, ops::Range};

use super::{Form, Tags, block_filter};
use crate::scan::{EDGE, Is, Tag, TagKind, Token, tags};

/// The template with its tags as the language knows them; line by line as it was.
pub(crate) fn rewrite<'a>(source: Cow<'a, str>, own: &Tags) -> Cow<'a, str> {
    let mut writer = Writer { source: &source, own, edits: Vec::new(), open: Vec::new() };
    let found = tags(&source);
    for (i, tag) in found.iter().enumerate() {
        writer.tag(tag, found.get(i + 1));
    }
    let mut edits = writer.edits;
    if edits.is_empty() {
        return source;
    }
    edits.sort_by_key(|edit| edit.at.start);
    let mut out = String::with_capacity(source.len() + edits.len() * 40);
    let mut at = 0;
    for edit in edits {
        out.push_str(source.get(at..edit.at.start).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.at.end;
    }
    out.push_str(source.get(at..).unwrap_or_default());
    Cow::Owned(out)
}

struct Edit {
    at: Range<usize>,
    text: String,
}

/// What waits for its end.
enum Open {
    /// One of the language's own, by name.
    Plain(String),
    /// To be written instead of the end: `{% endspaceless %}` as `{% endfilter %}`.
    Ends(String, &'static str),
    /// `{% ifchanged %}` without values: its first part, then perhaps `{% else %}`.
    Changed { call: String, otherwise: bool },
}

struct Writer<'a> {
    source: &'a str,
    own: &'a Tags,
    edits: Vec<Edit>,
    open: Vec<Open>,
}

/// The statements of the language that have an end.
const BLOCKS: &[&str] = &["for", "if", "with", "block", "filter", "macro", "call", "autoescape"];

const CACHE_END: &str = "endfilter%}{%endif%}{%endwith";

impl Writer<'_> {
    fn tag(&mut self, tag: &Tag<'_>, next: Option<&Tag<'_>>) {
        if tag.kind != TagKind::Statement {
            return;
        }
        let (Some(name), Some(first)) = (tag.statement(), tag.tokens.first()) else { return };
        if let Some(ended) = name.strip_prefix("end").filter(|ended| !ended.is_empty()) {
            return self.end(ended, tag);
        }
        match name {
            "else" => self.otherwise(first),
            "cycle" => self.call(tag, &format!("__cycle({},", tag.range.start), ")"),
            "spaceless" => self.filter(tag, "filter __spaceless", None),
            "ifchanged" => self.ifchanged(tag),
            "cache" => {
                self.put(&first.range, "with __cached=__cache(");
                self.commas(tag);
                self.close(
                    tag,
                    ")%}{%if __cached.hit%}{{__cached.text}}{%else%}{%filter __cache_store(__cached)",
                );
                self.open.push(Open::Ends(name.to_owned(), CACHE_END));
            }
            "verbatim" => self.put(&first.range, "raw"),
            "comment" => self.comment(tag, next),
            "include" => self.include(tag),
            _ if BLOCKS.contains(&name) => self.open.push(Open::Plain(name.to_owned())),
            "set" if !tag.tokens.iter().any(|token| token.is == Is::Mark('=')) => {
                self.open.push(Open::Plain(name.to_owned()));
            }
            _ => match self.own.form(name) {
                Some(Form::Inline) => self.inline(tag, name),
                Some(Form::Block) => self.block(tag, name),
                None => {}
            },
        }
    }

    /// Puts `text` between edges in place of `range`, with as many blanks as it stands for characters.
    fn put(&mut self, range: &Range<usize>, text: &str) {
        let stands_for = self.source.get(range.clone()).unwrap_or_default().chars().count();
        let text = format!("{EDGE}{text}{}{EDGE}", " ".repeat(stands_for));
        self.edits.push(Edit { at: range.clone(), text });
    }

    /// Puts `text` before the tag's closing sign.
    fn close(&mut self, tag: &Tag<'_>, text: &str) {
        let end = tag.tokens.last().map_or(tag.range.start + 2, |token| token.range.end);
        self.put(&(end..end), text);
    }

    /// `{% … %}` as `{{ … }}`.
    fn expression(&mut self, tag: &Tag<'_>) {
        let (start, end) = (tag.range.start, tag.range.end);
        self.edits.push(Edit { at: start..start + 2, text: "{{".to_owned() });
        self.edits.push(Edit { at: end - 2..end, text: "}}".to_owned() });
    }

    fn call(&mut self, tag: &Tag<'_>, opening: &str, closing: &str) {
        let Some(name) = tag.tokens.first() else { return };
        self.expression(tag);
        self.put(&name.range, opening);
        self.commas(tag);
        self.close(tag, closing);
    }

    /// `{% stars 5 %}`, or `{% stars 5 as shown %}`.
    fn inline(&mut self, tag: &Tag<'_>, name: &str) {
        match target(tag) {
            None => self.call(tag, &format!("{name}("), ")"),
            Some((target, range)) => {
                let Some(first) = tag.tokens.first() else { return };
                self.put(&first.range, &format!("set {target}={name}("));
                self.commas(tag);
                self.put(&range, ")");
            }
        }
    }

    /// `{% box "red" %}…{% endbox %}`, or `{% box "red" as shown %}…{% endbox %}`.
    fn block(&mut self, tag: &Tag<'_>, name: &str) {
        let filter = block_filter(name);
        match target(tag) {
            None => self.filter(tag, &format!("filter {filter}("), Some(")")),
            Some((target, range)) => {
                let Some(first) = tag.tokens.first() else { return };
                self.put(&first.range, &format!("set {target}|{filter}("));
                self.commas(tag);
                self.put(&range, ")");
                self.open.push(Open::Ends(name.to_owned(), "endset"));
            }
        }
    }

    fn filter(&mut self, tag: &Tag<'_>, opening: &str, closing: Option<&str>) {
        let (Some(first), Some(name)) = (tag.tokens.first(), tag.statement()) else { return };
        self.put(&first.range, opening);
        if let Some(closing) = closing {
            self.commas(tag);
            self.close(tag, closing);
        }
        self.open.push(Open::Ends(name.to_owned(), "endfilter"));
    }

    /// `{% ifchanged film.year %}` compares values, `{% ifchanged %}` what is between it and its end.
    fn ifchanged(&mut self, tag: &Tag<'_>) {
        let Some(first) = tag.tokens.first() else { return };
        let call = format!("__changed({},loop", tag.range.start);
        if tag.tokens.len() > 1 {
            self.put(&first.range, &format!("if {call},"));
            self.commas(tag);
            self.close(tag, ")");
            self.open.push(Open::Ends("ifchanged".to_owned(), "endif"));
        } else {
            self.put(&first.range, "with __shown=''%}{%set __shown");
            self.open.push(Open::Changed { call, otherwise: false });
        }
    }

    fn otherwise(&mut self, token: &Token<'_>) {
        if let Some(Open::Changed { call, otherwise }) = self.open.last_mut()
            && !*otherwise
        {
            *otherwise = true;
            let text = format!("endset%}}{{%if {call},__shown)%}}{{{{__shown}}}}{{%else");
            self.put(&token.range, &text);
        }
    }

    fn end(&mut self, ended: &str, tag: &Tag<'_>) {
        // Behind the end, the name may stand again: `{% endbox box %}`.
        let (Some(first), Some(last)) = (tag.tokens.first(), tag.tokens.last()) else { return };
        let range = first.range.start..last.range.end;
        if ended == "verbatim" {
            return self.put(&range, "endraw");
        }
        // What does not belong together is for the compiler to tell.
        let belongs = self.open.last().is_some_and(|open| match open {
            Open::Plain(name) | Open::Ends(name, _) => name == ended,
            Open::Changed { .. } => ended == "ifchanged",
        });
        if !belongs {
            return;
        }
        match self.open.pop() {
            Some(Open::Ends(_, text)) => self.put(&range, text),
            Some(Open::Changed { otherwise: true, .. }) => self.put(&range, "endif%}{%endwith"),
            Some(Open::Changed { call, otherwise: false }) => {
                let text = format!("endset%}}{{%if {call},__shown)%}}{{{{__shown}}}}{{%endif%}}{{%endwith");
                self.put(&range, &text);
            }
            Some(Open::Plain(_)) | None => {}
        }
    }

    /// `{% comment %}…{% endcomment %}`: nothing in it is read.
    fn comment(&mut self, tag: &Tag<'_>, next: Option<&Tag<'_>>) {
        let Some(end) = next.filter(|next| next.statement() == Some("endcomment")) else { return };
        let range = tag.range.start..end.range.end;
        let mut text = String::new();
        crate::scan::blank(&mut text, self.source.get(range.clone()).unwrap_or_default());
        self.edits.push(Edit { at: range, text });
    }

    /// `{% include "film.html" with film=best only %}`
    fn include(&mut self, tag: &Tag<'_>) {
        let Some(first) = tag.tokens.first() else { return };
        let word = |word: &str| {
            tag.tokens.iter().skip(2).position(|token| token.is == Is::Name(word)).map(|at| at + 2)
        };
        let token = |at: usize| tag.tokens.get(at);
        let without = word("without").filter(|at| token(at + 1).is_some_and(|t| t.is == Is::Name("context")));
        let with = word("with").filter(|at| token(at + 1).is_some_and(|t| t.is != Is::Name("context")));
        let last = tag.tokens.last().filter(|token| token.is == Is::Name("only") && tag.tokens.len() > 2);
        if let Some(only) = without
            .and_then(|at| Some(token(at)?.range.start..token(at + 1)?.range.end))
            .or(last.map(|t| t.range.clone()))
        {
            self.expression(tag);
            self.put(&first.range, "__include_only(");
            if let Some(with) = with.and_then(token) {
                self.put(&with.range, ",");
                self.commas_from(tag, with.range.end, only.start);
            }
            return self.put(&only, ")");
        }
        let Some(with) = with.and_then(token) else { return };
        // The values stand behind the name, and the language wants them before it.
        let end = tag.tokens.last().map_or(with.range.end, |token| token.range.end);
        let values = with_commas(self.source, tag, with.range.end, end);
        self.put(&first.range, &format!("with {values}%}}{{%include"));
        self.put(&(with.range.start..end), "%}{%endwith");
    }

    /// Commas between values that stand side by side: `{% cycle "odd" "even" %}`.
    fn commas(&mut self, tag: &Tag<'_>) {
        let start = tag.tokens.first().map_or(tag.range.start, |token| token.range.end);
        let end = target(tag).map_or(tag.range.end, |(_, range)| range.start);
        self.commas_from(tag, start, end);
    }

    fn commas_from(&mut self, tag: &Tag<'_>, start: usize, end: usize) {
        for at in missing_commas(tag, start, end) {
            self.put(&(at..at), ",");
        }
    }
}

/// `shown` of `{% stars 5 as shown %}`, and where it stands.
fn target<'t>(tag: &'t Tag<'_>) -> Option<(&'t str, Range<usize>)> {
    let [.., word, name] = tag.tokens.as_slice() else { return None };
    match (&word.is, &name.is) {
        (Is::Name("as"), Is::Name(target)) => Some((*target, word.range.start..name.range.end)),
        _ => None,
    }
}

/// Where a value ends and the next begins, with nothing between.
fn missing_commas<'t>(tag: &'t Tag<'_>, start: usize, end: usize) -> impl Iterator<Item = usize> + 't {
    const WORDS: &[&str] = &["and", "or", "not", "in", "is", "if", "else"];
    let word = |token: &Token<'_>| matches!(&token.is, Is::Name(name) if WORDS.contains(name));
    let within = move |token: &&Token<'_>| token.range.start >= start && token.range.end <= end;
    let tokens: Vec<&Token<'_>> = tag.tokens.iter().filter(within).collect();
    let mut found = Vec::new();
    for pair in tokens.windows(2) {
        let [one, other] = pair else { continue };
        let ends = match &one.is {
            Is::Mark(mark) => matches!(mark, ')' | ']' | '}'),
            Is::Name(_) => !word(one),
            Is::Text(_) => true,
        };
        let begins = matches!(other.is, Is::Name(_) | Is::Text(_)) && !word(other);
        if ends && begins {
            found.push(one.range.end);
        }
    }
    found.into_iter()
}

fn with_commas(source: &str, tag: &Tag<'_>, start: usize, end: usize) -> String {
    let mut out = String::new();
    let mut at = start;
    for comma in missing_commas(tag, start, end) {
        out.push_str(source.get(at..comma).unwrap_or_default());
        out.push(',');
        at = comma;
    }
    out.push_str(source.get(at..end).unwrap_or_default());
    // A line break would move all lines behind it.
    out.trim().replace(['\n', '\r'], " ")
}
