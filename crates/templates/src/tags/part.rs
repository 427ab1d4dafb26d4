//! A template with values of its own, shown in the middle of another.

use std::{borrow::Cow, fmt, sync::Arc};

use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, State,
    value::{Kwargs, Object, ObjectRepr, Value},
};
use quintet_core::{TemplateValue, template::TemplateUses};

use crate::{scope::Scope, value::to_template};

/// What a [tag](crate::TemplateParts::tag) shows when it is more than a text: a template, with values.
///
/// The template sees these values, `request` and the like, but not those of the page around it.
///
/// ```
/// use quintet_core::Site;
/// use quintet_templates::{Part, TemplateParts};
///
/// // {% stars film.rating %}
/// let site = Site::new().tag("stars", |rating: u8| Part::new("tags/stars.html").with("rating", &rating));
/// # quintet_templates::Engine::new(&site);
/// ```
#[derive(Clone)]
pub struct Part {
    template: Cow<'static, str>,
    values: Vec<(Cow<'static, str>, Value)>,
}

impl Part {
    /// A template without values.
    #[must_use]
    pub fn new(template: impl Into<Cow<'static, str>>) -> Self {
        Part { template: template.into(), values: Vec::new() }
    }

    /// With a value; a later one of the same name takes its place.
    #[must_use]
    pub fn with<T: TemplateValue + ?Sized>(self, name: impl Into<Cow<'static, str>>, value: &T) -> Self {
        self.with_value(name, to_template(&value.to_value()))
    }

    /// With a value of the language, such as what stands between a tag and its end.
    #[must_use]
    pub fn with_value(mut self, name: impl Into<Cow<'static, str>>, value: Value) -> Self {
        let name = name.into();
        self.values.retain(|(known, _)| *known != name);
        self.values.push((name, value));
        self
    }

    fn render(&self, state: &State<'_, '_>) -> Result<Value, Error> {
        let Some(scope) = Scope::of(state) else {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                "a part is shown only while a page is rendered",
            ));
        };
        let inner = scope
            .alone(self.values.clone())
            .map_err(|message| Error::new(ErrorKind::InvalidOperation, message))?;
        let name = &*self.template;
        if let Some(uses) = TemplateUses::current() {
            uses.note(name);
        }
        let template = state.env().get_template(name)?;
        let text = template.render(Value::from_object(inner)).map_err(|error| {
            Error::new(ErrorKind::BadInclude, format!("error in \"{name}\"")).with_source(error)
        })?;
        // What is not HTML is escaped where HTML is.
        let html = !matches!(template.new_state().auto_escape(), AutoEscape::None);
        Ok(if html { Value::from_safe_string(text) } else { Value::from(text) })
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entry(&self.template).entries(self.values.iter().map(|(name, _)| name)).finish()
    }
}

impl From<Part> for Value {
    fn from(part: Part) -> Value {
        Value::from_object(part)
    }
}

impl Object for Part {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// What a tag gave, as what the page shows.
pub(crate) fn shown(state: &State<'_, '_>, value: Value) -> Result<Value, Error> {
    match value.downcast_object_ref::<Part>() {
        Some(part) => part.render(state),
        None => Ok(value),
    }
}

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_function("__include_only", |state: &State<'_, '_>, name: &str, given: Kwargs| {
        let mut values = Vec::new();
        for name in given.args() {
            values.push((Cow::Owned(name.to_owned()), given.get::<Value>(name)?));
        }
        Part { template: Cow::Owned(name.to_owned()), values }.render(state)
    });
}
