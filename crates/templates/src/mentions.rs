//! Which names a template may ask for: those that are written down in it, in its parents and in its parts.

use std::collections::BTreeSet;

use crate::{
    loader::Loader,
    scan::{Is, Tag, Token, tags},
    tags::Tags,
};

/// May rendering this template ask for this name? Yes, where that can't be told: of a part whose name is computed, or a tag of an app.
pub(crate) fn mentions(loader: &Loader, own: &Tags, template: &str, name: &str) -> bool {
    let mut seen = BTreeSet::from([template.to_owned()]);
    let mut waiting = vec![template.to_owned()];
    while let Some(template) = waiting.pop() {
        let Some(text) = loader.text(&template) else { continue };
        for tag in tags(&text) {
            if tag.tokens.iter().any(|token| token.is == Is::Name(name)) {
                return true;
            }
            // An app's tag, or its call, may show a template of its own.
            if tag.tokens.iter().any(|token| matches!(token.is, Is::Name(word) if own.form(word).is_some())) {
                return true;
            }
            match parts(&tag) {
                None => return true,
                Some(parts) => waiting.extend(parts.into_iter().filter(|part| seen.insert(part.clone()))),
            }
        }
    }
    false
}

/// The templates that this one extends and includes by names that are written down, and those that they do.
pub(crate) fn parts_of(loader: &Loader, template: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut waiting = vec![template.to_owned()];
    while let Some(of) = waiting.pop() {
        let Some(text) = loader.text(&of) else { continue };
        for part in tags(&text).iter().filter_map(parts).flatten() {
            if part != template && !found.contains(&part) {
                found.push(part.clone());
                waiting.push(part);
            }
        }
    }
    found
}

/// The templates that a tag names; `None` where it computes them.
fn parts(tag: &Tag<'_>) -> Option<Vec<String>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags::Form;
    use quintet_core::{App, EmbeddedFile, Folder, Site};

    #[test]
    fn names_are_found_in_parents_and_parts() {
        static FILES: &[EmbeddedFile] = &[
            EmbeddedFile { path: "templates/base.html", bytes: b"{{ menu }}{% block a %}{% endblock %}" },
            EmbeddedFile {
                path: "templates/child.html",
                bytes: b"{% extends 'base.html' %}{% include 'part.html' with x=1 %}",
            },
            EmbeddedFile {
                path: "templates/part.html",
                bytes: b"{{ request.cart }}{# hidden #}{% include 'child.html' %}",
            },
            EmbeddedFile { path: "templates/computed.html", bytes: b"{% include layout %}" },
            EmbeddedFile { path: "templates/tagged.html", bytes: b"{% latest 5 %}" },
            EmbeddedFile { path: "templates/plain.html", bytes: b"menu cart 'messages'" },
        ];
        let loader = Loader::new(&Site::new().install(App::new("a").folder(Folder::embedded("/a", FILES))));
        let mut own = Tags::default();
        own.add("latest", Form::Inline);
        let found = |template: &str, name: &str| mentions(&loader, &own, template, name);
        assert!(found("child.html", "menu") && found("child.html", "cart") && found("child.html", "x"));
        assert!(
            !found("child.html", "hidden") && !found("base.html", "cart") && !found("plain.html", "menu")
        );
        assert!(found("computed.html", "anything") && found("tagged.html", "anything"));
    }
}
