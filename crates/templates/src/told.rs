//! What a developer's toolbar is told of templates: which were rendered, with what.

use std::time::Instant;

use quintet_core::{
    Result,
    debug::{DebugPanel, Note, Panel, Trace, outline},
    template::{Render, TemplateUses},
};

use crate::{
    loader::{Loader, split},
    named,
};

static TEMPLATES: Panel = Panel::new("templates", "Templates", false);

/// Renders, and tells whoever watches.
pub(crate) fn rendering<T>(
    loader: &Loader,
    what: &Render<'_>,
    render: impl FnOnce() -> Result<T>,
) -> Result<T> {
    used(loader, what.template);
    let Some(trace) = Trace::current() else { return render() };
    let began = Instant::now();
    let rendered = render();
    let took = began.elapsed();
    let name =
        what.fragment.map_or_else(|| what.template.to_owned(), |block| format!("{}#{block}", what.template));
    let mut note = Note::new(name).took(took).failed(rendered.as_ref().err().map(ToString::to_string));
    if !what.context.is_whole() {
        note = note.fact("draft", "a value around the page was still to be made, so it is rendered again");
    }
    let parts = named::parts_of(loader, split(what.template).0);
    if !parts.is_empty() {
        note = note.fact("extends and includes", parts.join(", "));
    }
    for (name, value) in what.values.iter() {
        note = note.fact(name.clone(), outline(name, value));
    }
    for name in what.context.names() {
        if let Some(value) = what.context.peek(name) {
            note = note.fact(name.to_owned(), outline(name, &value));
        }
    }
    trace.note(&TEMPLATES, note);
    rendered
}

/// Notes that a template is rendered, for a test that asks. Of several names that a template may include only one is there.
pub(crate) fn used(loader: &Loader, name: &str) {
    let Some(uses) = TemplateUses::current() else { return };
    let name = split(name).0;
    if loader.stamp(name).is_some() {
        uses.note(name);
    }
}

/// The panel is there even when nothing was rendered.
pub(crate) struct Rendered;

impl DebugPanel for Rendered {
    fn panel(&self) -> &'static Panel {
        &TEMPLATES
    }
}
