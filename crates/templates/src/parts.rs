//! What an app or a site adds to the template language: own filters, functions, globals.

use std::{borrow::Cow, sync::Arc};

use minijinja::{
    Environment,
    functions::Function,
    value::{FunctionArgs, FunctionResult},
};
use quintet_core::{App, Site, TemplateValue};

use crate::value::to_template;

type Add = Arc<dyn Fn(&mut Environment<'static>) + Send + Sync>;

/// What one app adds.
#[derive(Default)]
pub(crate) struct PartsSlot(Vec<Add>);

impl PartsSlot {
    pub(crate) fn add_to(&self, env: &mut Environment<'static>) {
        for add in &self.0 {
            add(env);
        }
    }

    fn push(&mut self, add: impl Fn(&mut Environment<'static>) + Send + Sync + 'static) {
        self.0.push(Arc::new(add));
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
