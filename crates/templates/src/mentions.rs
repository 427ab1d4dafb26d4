//! Which names a template may ask for: those that are written down in it, in its parents and in its parts.

use std::collections::BTreeSet;

use crate::{
    loader::Loader,
    named::named_by,
    scan::{Is, tags},
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
            match named_by(&tag) {
                None => return true,
                Some(parts) => waiting.extend(parts.into_iter().filter(|part| seen.insert(part.clone()))),
            }
        }
    }
    false
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
