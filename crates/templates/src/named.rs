//! The templates that a template names.

use crate::{
    loader::Loader,
    scan::{Is, Tag, Token, tags},
};

/// The templates that this one extends and includes by names that are written down, and those that they do.
pub(crate) fn parts_of(loader: &Loader, template: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut waiting = vec![template.to_owned()];
    while let Some(of) = waiting.pop() {
        let Some(text) = loader.text(&of) else { continue };
        for part in tags(&text).iter().filter_map(named_by).flatten() {
            if part != template && !found.contains(&part) {
                found.push(part.clone());
                waiting.push(part);
            }
        }
    }
    found
}

/// The templates that a tag names; `None` where it computes them.
pub(crate) fn named_by(tag: &Tag<'_>) -> Option<Vec<String>> {
    let Some("extends" | "include" | "import" | "from") = tag.statement() else { return Some(Vec::new()) };
    match tag.tokens.get(1..).unwrap_or_default() {
        [Token { is: Is::Text(name), .. }] => Some(vec![name.clone().into_owned()]),
        [Token { is: Is::Text(name), .. }, Token { is: Is::Name(word), .. }, ..]
            if matches!(*word, "import" | "as" | "ignore" | "with" | "without" | "only") =>
        {
            Some(vec![name.clone().into_owned()])
        }
        _ => None,
    }
}
