//! What an app or a site adds to the template language: own filters, functions, tags, globals.

use std::{borrow::Cow, sync::Arc};

use minijinja::{
    Environment, State,
    functions::Function,
    value::{FunctionArgs, FunctionResult, Kwargs, Rest, Value},
};
use quintet_core::{App, Site, TemplateValue};

use crate::{
    tags::{Form, Tags, block_filter, shown},
    value::to_template,
};

type Add = Arc<dyn Fn(&mut Environment<'static>) + Send + Sync>;

/// What one app adds.
#[derive(Default)]
pub(crate) struct PartsSlot {
    add: Vec<Add>,
    tags: Vec<(String, Form)>,
}

impl PartsSlot {
    pub(crate) fn add_to(&self, env: &mut Environment<'static>, tags: &mut Tags) {
        for add in &self.add {
            add(env);
        }
        for (name, form) in &self.tags {
            tags.add(name, *form);
        }
    }

    fn push(&mut self, add: impl Fn(&mut Environment<'static>) + Send + Sync + 'static) {
        self.add.push(Arc::new(add));
    }

    /// `call` is what the app gave, as a function of the language.
    fn tag(&mut self, name: String, form: Form, call: Value) {
        self.tags.push((name.clone(), form));
        self.push(move |env| {
            let call = call.clone();
            let run = move |state: &mut State<'_, '_>, mut given: Rest<Value>, named: Kwargs| {
                if named.args().next().is_some() {
                    given.push(Value::from(named));
                }
                let value = call.call(state, &given)?;
                shown(state, value)
            };
            match form {
                Form::Inline => env.add_function(name.clone(), run),
                Form::Block => env.add_filter(block_filter(&name), run),
            }
        });
    }
}

/// Own filters, functions and globals of templates, on apps and sites.
///
/// ```
/// use quintet_core::Site;
/// use quintet_templates::TemplateParts;
///
/// let site = Site::new()
///     .filter("stars", |rating: usize| "★".repeat(rating))          // {{ film.rating|stars }}
///     .function("twice", |n: i64| n * 2)                             // {{ twice(21) }}
///     .global("company", "Acme");                                    // {{ company }}
/// # quintet_templates::Engine::new(&site);
/// ```
///
/// What they take and give are plain Rust types; `&State` as first argument, `Kwargs`, `Rest` and errors are in
/// [`minijinja`](crate::minijinja). Text that they give is escaped, unless it is `Value::from_safe_string(..)`.
/// Where apps share a name the first installed wins; an own name replaces a built-in one.
pub trait TemplateParts: Sized {
    /// Adds a filter: `{{ value|name(further, arguments) }}`.
    #[must_use]
    fn filter<N, F, Rv, Args>(self, name: N, filter: F) -> Self
    where
        N: Into<Cow<'static, str>>,
        F: Function<Rv, Args> + Clone,
        Rv: FunctionResult,
        Args: for<'a> FunctionArgs<'a>;

    /// Adds a function: `{{ name(arguments) }}`.
    #[must_use]
    fn function<N, F, Rv, Args>(self, name: N, function: F) -> Self
    where
        N: Into<Cow<'static, str>>,
        F: Function<Rv, Args> + Clone,
        Rv: FunctionResult,
        Args: for<'a> FunctionArgs<'a>;

    /// Adds a tag that shows something: `{% name arguments %}`, or `{% name arguments as value %}` to keep it.
    ///
    /// It gives what a function may give, or a [`Part`](crate::Part): a template of its own with values. In expressions it is
    /// a function, `name(arguments)`.
    ///
    /// ```
    /// use quintet_core::Site;
    /// use quintet_templates::{Part, TemplateParts};
    ///
    /// let site = Site::new()
    ///     .tag("stars", |rating: usize| "★".repeat(rating))                              // {% stars film.rating %}
    ///     .tag("price", |cents: i64| Part::new("tags/price.html").with("cents", &cents)); // {% price film.cents as price %}
    /// # quintet_templates::Engine::new(&site);
    /// ```
    #[must_use]
    fn tag<N, F, Rv, Args>(self, name: N, tag: F) -> Self
    where
        N: Into<Cow<'static, str>>,
        F: Function<Rv, Args>,
        Rv: FunctionResult,
        Args: for<'a> FunctionArgs<'a>;

    /// Adds a tag around a part of the page: `{% name arguments %}…{% endname %}`. What is between comes first, rendered.
    ///
    /// ```
    /// use quintet_core::Site;
    /// use quintet_templates::{Part, TemplateParts, minijinja::Value};
    ///
    /// // {% note "warning" %}Mind the <b>gap</b>.{% endnote %}
    /// let site = Site::new().block_tag("note", |content: Value, kind: String| {
    ///     Part::new("tags/note.html").with("kind", &kind).with_value("content", content)
    /// });
    /// # quintet_templates::Engine::new(&site);
    /// ```
    ///
    /// A text that is given back is escaped; what was between is HTML already and, as it came, stays so.
    #[must_use]
    fn block_tag<N, F, Rv, Args>(self, name: N, tag: F) -> Self
    where
        N: Into<Cow<'static, str>>,
        F: Function<Rv, Args>,
        Rv: FunctionResult,
        Args: for<'a> FunctionArgs<'a>;

    /// Adds a value that every template sees, unless a page has its own of that name.
    #[must_use]
    fn global<N, V>(self, name: N, value: V) -> Self
    where
        N: Into<Cow<'static, str>>,
        V: TemplateValue;
}

macro_rules! parts {
    ($($t:ty),*) => {$(
        impl TemplateParts for $t {
            fn filter<N, F, Rv, Args>(mut self, name: N, filter: F) -> Self
            where
                N: Into<Cow<'static, str>>,
                F: Function<Rv, Args> + Clone,
                Rv: FunctionResult,
                Args: for<'a> FunctionArgs<'a>,
            {
                let name = name.into();
                self.slot_mut::<PartsSlot>().push(move |env| env.add_filter(name.clone(), filter.clone()));
                self
            }

            fn function<N, F, Rv, Args>(mut self, name: N, function: F) -> Self
            where
                N: Into<Cow<'static, str>>,
                F: Function<Rv, Args> + Clone,
                Rv: FunctionResult,
                Args: for<'a> FunctionArgs<'a>,
            {
                let name = name.into();
                self.slot_mut::<PartsSlot>().push(move |env| env.add_function(name.clone(), function.clone()));
                self
            }

            fn tag<N, F, Rv, Args>(mut self, name: N, tag: F) -> Self
            where
                N: Into<Cow<'static, str>>,
                F: Function<Rv, Args>,
                Rv: FunctionResult,
                Args: for<'a> FunctionArgs<'a>,
            {
                let name = name.into().into_owned();
                self.slot_mut::<PartsSlot>().tag(name, Form::Inline, Value::from_function(tag));
                self
            }

            fn block_tag<N, F, Rv, Args>(mut self, name: N, tag: F) -> Self
            where
                N: Into<Cow<'static, str>>,
                F: Function<Rv, Args>,
                Rv: FunctionResult,
                Args: for<'a> FunctionArgs<'a>,
            {
                let name = name.into().into_owned();
                self.slot_mut::<PartsSlot>().tag(name, Form::Block, Value::from_function(tag));
                self
            }

            fn global<N, V>(mut self, name: N, value: V) -> Self
            where
                N: Into<Cow<'static, str>>,
                V: TemplateValue,
            {
                let (name, value) = (name.into(), to_template(&value.to_value()));
                self.slot_mut::<PartsSlot>().push(move |env| env.add_global(name.clone(), value.clone()));
                self
            }
        }
    )*};
}
parts! { App, Site }
