//! `film.html#reviews`: one block, without working through the page around it.
//!
//! A fragment gets the values of its block and no others, so the rest of the page must not run. Each template of the
//! inheritance chain is therefore cut: the children stay whole (outside of blocks they show nothing) but extend
//! the cut parent, and of the root only the block and the definitions at its top level (`import`, `macro`, `set`)
//! are left. Lines stay where they were, so that errors point at the file as it is.

use std::{borrow::Cow, ops::Range};

use http::StatusCode;
use quintet_core::{Error, ErrorKind, Result, near::did_you_mean};

use crate::{
    loader::Loader,
    scan::{Is, Tag, TagKind, blank, tags},
    tags::{Tags, rewrite},
};

/// How to render a fragment.
#[derive(Debug, PartialEq)]
pub(crate) enum Cut {
    /// Render this text instead of the template.
    Text(String),
    /// The parent's name is computed: the page must run before the block can be found.
    Whole,
}

pub(crate) fn is_parent(name: &str) -> bool {
    name.contains("##")
}

/// Cuts `template`, whose text is `source` with only the language's own tags, down to `block`.
///
/// # Errors
/// If neither the template nor a parent has the block.
pub(crate) fn cut(loader: &Loader, own: &Tags, template: &str, source: &str, block: &str) -> Result<Cut> {
    if !can_be_cut(loader, own, template, source, block)? {
        return Ok(Cut::Whole);
    }
    Ok(cut_one(source, block))
}

/// The same for a parent, whose child has been found to be fit.
pub(crate) fn cut_one(source: &str, block: &str) -> Cut {
    let tags = tags(source);
    match parent(&tags) {
        Parent::None => Cut::Text(cut_root(source, &tags, block)),
        Parent::Named(name, range) => {
            let mut text = source.to_owned();
            text.replace_range(range, &format!("\"{name}##{block}\""));
            Cut::Text(text)
        }
        Parent::Computed => Cut::Whole,
    }
}

/// `source` without these blocks, where it extends no other template: what stands around a mail's subject. A child's blocks stay, as it
/// shows nothing outside of them.
pub(crate) fn without(source: &str, blocks: &str) -> String {
    let tags = tags(source);
    if !matches!(parent(&tags), Parent::None) {
        return source.to_owned();
    }
    let (mut out, mut at) = (String::with_capacity(source.len()), 0);
    for tag in top_level(&tags) {
        let named = tag.statement() == Some("block")
            && tag.subject().is_some_and(|name| blocks.split(',').any(|b| b == name));
        let Some(index) = tags.iter().position(|t| std::ptr::eq(t, tag)).filter(|_| named) else { continue };
        let end = end_of(&tags, index, source.len());
        out.push_str(source.get(at..tag.range.start).unwrap_or_default());
        blank(&mut out, source.get(tag.range.start..end).unwrap_or_default());
        at = end;
    }
    out.push_str(source.get(at..).unwrap_or_default());
    out
}

/// The names of the blocks of a template and of its parents whose names are written down.
pub(crate) fn blocks(loader: &Loader, own: &Tags, template: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    let mut next = Some(template.to_owned());
    while let Some(name) = next.take().filter(|name| !seen.contains(name)) {
        let Some(text) = loader.text(&name) else { break };
        let text = rewrite(Cow::Borrowed(&text), own);
        let tags = tags(&text);
        let blocks = tags.iter().filter(|tag| tag.statement() == Some("block"));
        names.extend(blocks.filter_map(|tag| tag.subject().map(str::to_owned)));
        if let Parent::Named(parent, _) = parent(&tags) {
            next = Some(parent);
        }
        seen.push(name);
    }
    names
}

/// Can this be written between quotes as it is? (Nobody names a file otherwise; if so, the page runs whole.)
fn plain(name: &str) -> bool {
    !name.contains(['"', '\\', '\n'])
}

enum Parent {
    None,
    Named(String, Range<usize>),
    Computed,
}

fn parent(tags: &[Tag<'_>]) -> Parent {
    let mut found = tags.iter().filter(|t| t.statement() == Some("extends"));
    match (found.next(), found.next()) {
        (None, _) => Parent::None,
        (Some(tag), None) if top_level(tags).any(|t| std::ptr::eq(t, tag)) => match tag.tokens.as_slice() {
            [_, name] => match &name.is {
                Is::Text(text) => Parent::Named(text.clone().into_owned(), name.range.clone()),
                _ => Parent::Computed,
            },
            _ => Parent::Computed,
        },
        _ => Parent::Computed,
    }
}

/// Looks through the chain of parents: is the block anywhere, and is each parent's name written down?
fn can_be_cut(loader: &Loader, own: &Tags, template: &str, source: &str, block: &str) -> Result<bool> {
    let mut names: Vec<String> = Vec::new();
    let mut seen = vec![template.to_owned()];
    let mut text = Cow::Borrowed(source);
    loop {
        let tags = tags(&text);
        let blocks = tags.iter().filter(|t| t.statement() == Some("block"));
        names.extend(blocks.filter_map(|t| Some(t.subject()?.to_owned())));
        let next = match parent(&tags) {
            Parent::None => break,
            Parent::Named(name, _) if plain(&name) && plain(block) => name,
            Parent::Named(..) | Parent::Computed => return Ok(false),
        };
        // Compiling tells what is wrong with a cycle or with a parent that isn't there.
        let Some(parent) = loader.text(&next).filter(|_| !seen.contains(&next)) else { return Ok(true) };
        text = Cow::Owned(rewrite(parent, own).into_owned());
        seen.push(next);
    }
    if names.iter().any(|name| name == block) {
        return Ok(true);
    }
    let known =
        if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
    Err(Error::of_kind(
        ErrorKind::Template,
        StatusCode::INTERNAL_SERVER_ERROR,
        format!(
            "the template `{template}` has no block `{block}`: {known}{}",
            did_you_mean(block, names.iter().map(String::as_str))
        ),
    ))
}

fn cut_root(source: &str, tags: &[Tag<'_>], block: &str) -> String {
    let mut kept: Vec<Range<usize>> = Vec::new();
    let mut has_block = false;
    for (i, tag) in tags.iter().enumerate() {
        if tag.statement() == Some("block") && tag.subject() == Some(block) {
            has_block = true;
            kept.push(tag.range.start..end_of(tags, i, source.len()));
        }
    }
    for tag in top_level(tags) {
        let Some(i) = tags.iter().position(|t| std::ptr::eq(t, tag)) else { continue };
        let range = match tag.statement() {
            Some("import" | "from") => tag.range.clone(),
            Some("set") if !opens(tag) => tag.range.clone(),
            Some("set" | "macro") => tag.range.start..end_of(tags, i, source.len()),
            _ => continue,
        };
        if !kept.iter().any(|k| k.contains(&range.start)) {
            kept.push(range);
        }
    }
    kept.sort_by_key(|range| range.start);
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for range in kept {
        blank(&mut out, source.get(at..range.start).unwrap_or_default());
        out.push_str(source.get(range.clone()).unwrap_or_default());
        at = range.end;
    }
    if !has_block {
        // Only a child has it.
        out.push_str(&format!("{{% block {block} %}}{{% endblock %}}"));
    }
    out
}

/// Does this statement have an end of its own?
fn opens(tag: &Tag<'_>) -> bool {
    match tag.statement() {
        Some("set") => !tag.tokens.iter().any(|t| t.is == Is::Mark('=')),
        Some("for" | "if" | "with" | "block" | "filter" | "macro" | "call" | "autoescape") => true,
        _ => false,
    }
}

/// The tags that stand in no other.
fn top_level<'t, 's>(tags: &'t [Tag<'s>]) -> impl Iterator<Item = &'t Tag<'s>> {
    let mut depth = 0usize;
    tags.iter().filter(move |tag| {
        if tag.kind == TagKind::Expression {
            return depth == 0;
        }
        if tag.statement().is_some_and(|s| s.starts_with("end")) {
            depth = depth.saturating_sub(1);
            return false;
        }
        let here = depth == 0;
        depth += usize::from(opens(tag));
        here
    })
}

/// Where the statement that opens at `tags[first]` ends.
fn end_of(tags: &[Tag<'_>], first: usize, otherwise: usize) -> usize {
    let mut depth = 0usize;
    for tag in tags.iter().skip(first) {
        if tag.kind == TagKind::Statement {
            if tag.statement().is_some_and(|s| s.starts_with("end")) {
                depth = depth.saturating_sub(1);
            } else {
                depth += usize::from(opens(tag));
            }
            if depth == 0 {
                return tag.range.end;
            }
        }
    }
    otherwise
}

#[cfg(test)]
mod tests {
    use super::*;
    use quintet_core::Site;

    fn root(source: &str, block: &str) -> String {
        match cut(&Loader::new(&Site::new()), &Tags::default(), "t.html", source, block).unwrap() {
            Cut::Text(text) => text,
            Cut::Whole => "whole".into(),
        }
    }

    #[test]
    fn of_a_root_the_block_and_the_definitions_are_left_on_their_lines() {
        let source = "<h1>{{ title }}</h1>\n{% set n = 2 %}{% for x in y %}{% set z = 1 %}{% endfor %}\n<p>\n{% block a %}A{% block b %}B{% endblock %}{% endblock %}";
        let cut = root(source, "b");
        assert_eq!(cut.lines().count(), source.lines().count());
        assert!(cut.contains("{% set n = 2 %}") && !cut.contains("title") && !cut.contains("z = 1"), "{cut}");
        assert!(cut.lines().last().unwrap().ends_with("{% block b %}B{% endblock %}"), "{cut}");
        let column = |text: &str| text.lines().last().unwrap().find("{% block b");
        assert_eq!(column(&cut), column(source));
    }

    #[test]
    fn a_child_extends_the_cut_parent() {
        let source = "{% extends 'base.html' %}{% block a %}{{ super() }}{% endblock %}";
        assert_eq!(
            root(source, "a"),
            "{% extends \"base.html##a\" %}{% block a %}{{ super() }}{% endblock %}"
        );
        assert_eq!(root("{% extends layout %}{% block a %}{% endblock %}", "a"), "whole");
        assert_eq!(root("{% if x %}{% extends 'a' %}{% endif %}", "a"), "whole");
    }

    #[test]
    fn what_stands_around_blocks_keeps_its_lines() {
        let source = "{% block subject %}\nHi{% endblock %}<p>{% block b %}{% block text %}in{% endblock %}{% endblock %}</p>{% block text %}t{% endblock %}";
        let rest = without(source, "subject,text");
        assert_eq!(rest.lines().count(), source.lines().count());
        assert!(
            !rest.contains("Hi")
                && !rest.contains(">t<")
                && rest.contains("<p>{% block b %}{% block text %}in"),
            "{rest}"
        );
        let child = "{% extends 'a.html' %}{% block subject %}Hi{% endblock %}";
        assert_eq!(without(child, "subject,text"), child);
    }

    #[test]
    fn a_block_that_is_nowhere_is_named_with_the_nearest() {
        let error = cut(
            &Loader::new(&Site::new()),
            &Tags::default(),
            "t.html",
            "{% block reviews %}{% endblock %}",
            "reviewz",
        )
        .unwrap_err();
        assert!(
            error.to_string().contains("no block `reviewz`")
                && error.to_string().contains("did you mean `reviews`"),
            "{error}"
        );
    }
}
