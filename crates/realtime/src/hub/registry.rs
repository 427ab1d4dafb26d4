//! Which channel a topic belongs to.

use std::{panic::Location, sync::Arc};

use quintet_core::{Error, Result, SourcePlace};

use super::connection::any::AnyTopic;
use crate::pattern::{Params, Pattern};

/// Makes the topic of a name.
pub(crate) type Open = Arc<dyn Fn(&Params<'_>) -> Result<Arc<dyn AnyTopic>> + Send + Sync>;

/// A channel of an app.
pub(crate) struct Declared {
    pub(crate) pattern: &'static str,
    pub(crate) at: &'static Location<'static>,
    pub(crate) open: Open,
}

struct Known {
    pattern: Pattern,
    at: &'static Location<'static>,
    /// Whose code it is, for the names of routes.
    namespace: Arc<str>,
    open: Open,
}

/// All channels of a site.
#[derive(Default)]
pub(crate) struct Registry(Vec<Known>);

impl Registry {
    /// Adds one.
    ///
    /// # Errors
    /// If its pattern can't be, or stands for the topics of another one; the error names both lines.
    pub(crate) fn add(&mut self, declared: &Declared, namespace: &str) -> Result {
        let Declared { pattern, at, open } = declared;
        let place = |at: &Location<'_>| SourcePlace::new(at.file(), at.line() as usize);
        let pattern = Pattern::parse(pattern).map_err(|error| error.in_file(place(at)))?;
        if pattern.text().starts_with("quintet:") {
            let why = "topics that begin with `quintet:` are the site's own";
            return Err(Error::internal(why).in_file(place(at)));
        }
        if let Some(other) = self.0.iter().find(|other| other.pattern.is_like(&pattern)) {
            let (one, other, there) = (pattern.text(), other.pattern.text(), other.at);
            let why = format!(
                "two channels have the same topics: `{one}`, and `{other}` at {}:{}",
                there.file(),
                there.line()
            );
            return Err(Error::internal(why).in_file(place(at)));
        }
        self.0.push(Known { pattern, at, namespace: namespace.into(), open: open.clone() });
        // What says more is asked first: `film:new` before `film:{id}`.
        self.0.sort_by_key(|known| std::cmp::Reverse(known.pattern.said()));
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A topic by its name, and the namespace of its code.
    ///
    /// # Errors
    /// 404 if no channel has it.
    pub(crate) fn open(&self, topic: &str) -> Result<(Arc<dyn AnyTopic>, Arc<str>)> {
        // Also where a pattern of parameters alone would stand for it.
        let known = if topic.starts_with("quintet:") { &[][..] } else { &self.0 };
        for known in known {
            if let Some(params) = known.pattern.read(topic) {
                return Ok(((known.open)(&params)?, known.namespace.clone()));
            }
        }
        Err(Error::not_found("There is no such topic."))
    }
}
