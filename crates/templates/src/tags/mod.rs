//! Tags that the language does not have: those of Django, and those of apps.
//!
//! Before a template is compiled, each of them is read as what the language has (`rewrite`): a tag that shows something as
//! a call, a tag around a part of the page as a filter of it. Line by line the template stays as it was, and what is put in says
//! how much it stands for, so that errors point at the file as it is.
//!
//! - `cached` is `{% cache %}`; `turns` is `{% cycle %}`, `{% ifchanged %}` and their like; `part` renders a template with
//!   values of its own, for own tags and `{% include … only %}`.
mod cached;
mod known;
mod part;
mod rewrite;
mod turns;

use std::{collections::BTreeMap, sync::Arc};

use minijinja::Environment;

use crate::loader::Loader;

pub use cached::{FragmentMemory, fragment_key};
pub(crate) use known::hint;
pub use part::Part;
pub(crate) use part::shown;
pub(crate) use rewrite::rewrite;

/// How an app's tag is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `{% stars 5 %}`
    Inline,
    /// `{% box "red" %}…{% endbox %}`
    Block,
}

/// The tags that apps bring, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tags(BTreeMap<String, Form>);

impl Tags {
    pub(crate) fn add(&mut self, name: &str, form: Form) {
        self.0.insert(name.to_owned(), form);
    }

    pub(crate) fn form(&self, name: &str) -> Option<Form> {
        self.0.get(name).copied()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// The filter that an app's tag around a part of the page is.
pub(crate) fn block_filter(name: &str) -> String {
    format!("__block_{name}")
}

/// What tags are read as.
pub(crate) fn add(env: &mut Environment<'static>, loader: Arc<Loader>) {
    cached::add(env, loader);
    part::add(env);
    turns::add(env);
}
