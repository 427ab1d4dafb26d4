//! Forms that come with the address: searches and filters.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use axum::extract::FromRequestParts;
use http::request::Parts;
use quintet_core::{Error, Result, TemplateValue, Value};
use quintet_web::{Data, Rejected, ShapeKind, Source, rt::typed};

use crate::{
    Form, FormBody,
    state::{State, group},
};

/// A form that is sent with GET: a search, the filters of a list. What was typed is in the address, so that the page can be linked
/// to, and `{{ querystring(page=2) }}` leads on in the same search.
///
/// It is a [`Form`] with the same rules, and shows what was typed and what is wrong with it. It differs in that it counts as sent
/// once the address has one of its fields, whatever else is there; that its page answers 200, wrong or not; and that `form.open` is of
/// GET, without the token against forged requests, which has no place in an address.
///
/// ```
/// use quintet_core::Result;
/// use quintet_forms::SearchForm;
/// use quintet_web::{Page, data, get};
///
/// #[data]
/// #[derive(Default)]
/// struct Filter {
///     q: Option<String>,
///     #[field(min = 1900)]
///     since: Option<i32>,
/// }
///
/// #[get("/films/")]
/// async fn films(mut form: SearchForm<Filter>) -> Result<Page> {
///     let filter = form.valid().unwrap_or_default();
///     println!("{:?} since {:?}", filter.q, filter.since);
///     Ok(Page::new("films.html").with("form", &form))
/// }
/// ```
pub struct SearchForm<T>(pub Form<T>);

impl<T: Data> SearchForm<T> {
    /// A form that nothing was searched with.
    #[must_use]
    pub fn empty() -> Self {
        let mut form = Form::empty();
        form.state.query = true;
        SearchForm(form)
    }

    /// Reads one of several search forms of a page from [what the address says](FormBody::of_query): its controls are named
    /// `{prefix}-{name}`, and just `{name}` if the prefix is empty.
    ///
    /// # Errors
    /// If the type has files, which no address can bring; if the database or a service that the data's rules ask fails.
    pub async fn read(body: &FormBody, prefix: &str) -> Result<Self> {
        if let Some(field) = T::FIELDS.iter().find(|field| typed::is_file((field.shape)().inner())) {
            return Err(Error::internal(format!(
                "`{}` of `{}` is a file, which does not come with an address: take it as `Form<..>` in a `#[form]`",
                field.name,
                std::any::type_name::<T>()
            )));
        }
        let mut state = State::new::<T>(prefix, &body.zone);
        state.query = true;
        Form::read_into(state, body).await.map(SearchForm)
    }
}

impl State {
    /// Does the address have any of this form's fields?
    pub(crate) fn is_asked(&self, body: &FormBody) -> bool {
        self.fields.iter().any(|field| {
            let own = self.control_name(field.name);
            let among = |ends: [&str; 3]| ends.iter().any(|end| body.texts(&format!("{own}{end}")).is_some());
            let in_parts = match (group::fields(field), (field.shape)().inner()) {
                (Some(fields), _) => State::of_fields(fields, &own, &self.zone).is_asked(body),
                (None, ShapeKind::DateTime) => among(["", "_0", "_1"]),
                (None, _) => {
                    field.options.widget == Some("select_date") && among(["_year", "_month", "_day"])
                }
            };
            in_parts || body.texts(&own).is_some()
        })
    }
}

/// What the address says. Of a request with a body, that is left alone.
impl<S: Send + Sync, T: Data> FromRequestParts<S> for SearchForm<T> {
    type Rejection = Rejected;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Rejected> {
        let read = async {
            let body = FormBody::of_query_for(parts, T::FIELDS)?;
            SearchForm::read(&body, "").await
        };
        read.await.map_err(|error| Rejected::new(Source::Query, error))
    }
}

impl<T> Deref for SearchForm<T> {
    type Target = Form<T>;

    fn deref(&self) -> &Form<T> {
        &self.0
    }
}

impl<T> DerefMut for SearchForm<T> {
    fn deref_mut(&mut self) -> &mut Form<T> {
        &mut self.0
    }
}

/// A piece of a page, as a [`Form`] is.
impl<T: Data> TemplateValue for SearchForm<T> {
    fn to_value(&self) -> Value {
        self.0.to_value()
    }
}

impl<T: Clone> Clone for SearchForm<T> {
    fn clone(&self) -> Self {
        SearchForm(self.0.clone())
    }
}

impl<T> fmt::Debug for SearchForm<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
