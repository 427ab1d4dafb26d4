//! Pieces: values that a template of their own shows ([`Piece`](quintet_core::value::Piece)).
//!
//! `{{ form.title }}` comes to the engine's `show`, and from there to [`write`], which renders the piece's template in a scope that
//! has the piece under its name and otherwise what the request brings along; the page's own names are not seen there.

use std::sync::Arc;

use minijinja::{Error, ErrorKind, Output, State, value::Value};
use quintet_core::template::TemplateUses;

use crate::{scope::Scope, value::Shown};

/// Writes a piece as its template shows it.
pub(crate) fn write(shown: &Arc<Shown>, out: &mut Output<'_>, state: &State<'_, '_>) -> Result<(), Error> {
    let wrong = |why: String| Error::new(ErrorKind::InvalidOperation, why);
    let name = &shown.piece.template;
    let page = Scope::of(state)
        .ok_or_else(|| wrong(format!("`{name}` shows a piece of a page, and this is none")))?;
    if let Some(uses) = TemplateUses::current() {
        uses.note(name);
    }
    let own = vec![(shown.piece.name.into(), Value::from_dyn_object(shown.clone()))];
    let scope = page.alone(own).map_err(|why| wrong(format!("`{name}`: {why}")))?;
    out.write_str(&state.env().get_template(name)?.render(Value::from_object(scope))?)?;
    Ok(())
}
