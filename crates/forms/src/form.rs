use std::fmt;

use axum::extract::{FromRequest, Request};
use quintet_core::{Error, FieldErrors, Result, TemplateValue, Value};
use quintet_web::{Data, DataField, DataName, DataNames, Rejected, Source};

use crate::{
    FilesOf, FormBody, IntoChoice,
    choice::Offer,
    piece,
    shelf::Shelf,
    state::{State, is_change},
};

/// A form: a `#[data]` type, and what a person made of it.
///
/// It never refuses a request for what is in it: it is empty (GET), wrong, or valid. A page that is given a wrong form shows what
/// was typed and what is wrong with it, and answers 422; to a client that reads JSON it answers a problem document.
///
/// ```
/// use quintet_core::Result;
/// use quintet_forms::{Form, form};
/// use quintet_web::{Page, data, redirect};
///
/// #[data]
/// struct NewReview {
///     #[field(min = 1, max = 5, widget = "stars")]
///     stars: i32,
///     #[field(max_length = 2000, widget = "textarea")]
///     text: String,
/// }
///
/// #[form("/review/")]
/// async fn review(mut form: Form<NewReview>) -> Result<Page> {
///     let Some(new) = form.valid() else { return Ok(Page::new("review.html").with("form", &form)) };
///     println!("{} stars: {}", new.stars, new.text);
///     Ok(redirect("/thanks/"))
/// }
/// ```
pub struct Form<T> {
    pub(crate) state: State,
    value: Option<T>,
}

impl<T: Data> Form<T> {
    /// A form that nothing was typed into.
    #[must_use]
    pub fn empty() -> Self {
        Form { state: State::new::<T>("", &quintet_core::zone::current()), value: None }
    }

    /// Reads a form from a body that has several: its controls are named `{prefix}-{name}`, and just `{name}` if the prefix is empty.
    ///
    /// # Errors
    /// If the database or a service that the data's rules ask fails.
    pub async fn read(body: &FormBody, prefix: &str) -> Result<Self> {
        Form::read_into(State::new::<T>(prefix, &body.zone), body).await
    }

    /// Reads a form into this state, which has nothing in it yet.
    pub(crate) async fn read_into(mut state: State, body: &FormBody) -> Result<Self> {
        state.shelf = Shelf::of(body.services.as_ref(), T::FIELDS.iter().any(is_change));
        #[cfg(feature = "orm")]
        crate::related::load_offers(&mut state, body).await?;
        let mut form = Form::parse(state, body);
        form.ask().await?;
        Ok(form)
    }

    /// Reads a form without asking anybody yet.
    pub(crate) fn parse(mut state: State, body: &FormBody) -> Self {
        let value = state.read::<T>(body);
        Form { state, value }
    }

    /// Asks the database and services whether what was read may be.
    pub(crate) async fn ask(&mut self) -> Result {
        self.clean().await?;
        #[cfg(feature = "orm")]
        self.look_up().await?;
        Ok(())
    }

    /// Shows fields without letting anybody change them: what is sent for them is left aside, and the data has what the form began
    /// with, by [`edits`](Self::edits), [`initial`](Self::initial) or the field's own `initial`. `#[field(disabled)]` says it of every
    /// form of the type; this of one, where it depends: on who asks, on what the row is.
    ///
    /// Say it before `edits`, which judges the form anew. Where a form has no row, but rules of its own, [`judge`](Self::judge) does.
    pub fn disable(&mut self, fields: impl DataNames<T>) {
        for name in fields.names() {
            self.state.disable(name);
        }
        self.reread();
    }

    /// Reads the form anew, with what disabled fields began with, and judges it: the rules of its fields, of its type, and of its
    /// model. [`edits`](Self::edits) does it by itself; after [`initial`](Self::initial), [`initial_of`](Self::initial_of) and
    /// [`disable`](Self::disable) it is needed where a type has rules over several fields, or a model. What the handler has said
    /// stays.
    ///
    /// # Errors
    /// If the database or a service that the rules ask fails.
    pub async fn judge(&mut self) -> Result {
        if self.state.submitted {
            self.value = self.state.read_again::<T>();
            self.ask().await?;
            self.state.errors.extend(self.state.said.clone());
            self.state.stale = false;
        }
        Ok(())
    }

    /// Reads the form anew if it has disabled fields, without asking anybody.
    fn reread(&mut self) {
        if self.state.submitted && !self.state.disabled.is_empty() {
            self.value = self.state.read_again::<T>();
            self.state.errors.extend(self.state.said.clone());
            self.state.stale = T::cleaner().is_some() || self.state.model.is_some();
        }
    }

    /// A form that nothing was typed into, with this state.
    #[cfg(feature = "orm")]
    pub(crate) fn of_state(state: State) -> Self {
        Form { state, value: None }
    }

    /// Makes nothing of what was sent.
    pub(crate) fn forget(&mut self) {
        self.value = None;
        self.state.errors = FieldErrors::new();
    }

    /// Runs the rules of the type's own.
    async fn clean(&mut self) -> Result {
        if let (Some(value), Some(run)) = (&mut self.value, T::cleaner()) {
            let services = self.state.services.as_ref().ok_or_else(|| {
                Error::internal(
                    "this form has rules that ask services, and there are none: read it in a site",
                )
            })?;
            let errors = run(value, services).await?;
            self.state.errors.extend(errors);
        }
        Ok(())
    }

    /// The data, if the form was sent and nothing is wrong with it. It is taken out: a second call gives nothing.
    #[must_use]
    pub fn valid(&mut self) -> Option<T> {
        if self.state.stale {
            let why = "its disabled fields have other values since it was judged: `form.judge().await?` before `valid()`";
            tracing::error!("a form of {}: {why}", std::any::type_name::<T>());
            self.form_error("This form can't be used as it is.");
        }
        if self.is_valid() { self.value.take() } else { None }
    }

    /// The data as it was read, also where rules or a handler found something wrong with it afterwards.
    #[must_use]
    pub fn data(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// Was the form sent, and is nothing wrong with it?
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.value.is_some() && self.state.errors.is_empty() && !self.state.stale
    }

    /// Was the form sent, rather than asked for?
    #[must_use]
    pub fn is_submitted(&self) -> bool {
        self.state.submitted
    }

    /// What is wrong.
    #[must_use]
    pub fn errors(&self) -> &FieldErrors {
        &self.state.errors
    }

    /// Adds a message beside a field, or beside each of a tuple of them: `form.error(NewReview.text, "…")`.
    pub fn error(&mut self, fields: impl DataNames<T>, message: impl Into<String>) {
        let message = message.into();
        for name in fields.names() {
            self.state.say(name, None, message.clone());
        }
    }

    /// Adds a message about the form as a whole.
    pub fn form_error(&mut self, message: impl Into<String>) {
        self.state.say("", None, message.into());
    }

    /// Takes over what an error says about what was given: a value that is taken (409), a row that breaks a rule (422). Messages
    /// about fields that the form does not have become messages about the whole.
    ///
    /// # Errors
    /// The error itself, if it is about something else.
    pub fn refuse(&mut self, error: Error) -> Result {
        let Some(fields) = error.field_errors().filter(|fields| !fields.is_empty()) else {
            return Err(error);
        };
        for error in fields.iter() {
            let known = self.state.fields.iter().find(|field| {
                let own = self.state.model.is_some() && field.options.own;
                field.name == error.field || (!own && field.ident == error.field)
            });
            let (name, message) = match known {
                Some(field) => (field.name, error.message.clone()),
                None if error.field.is_empty() => ("", error.message.clone()),
                None => ("", format!("{}: {}", error.field, error.message)),
            };
            self.state.say(name, Some(error.code.clone()), message);
        }
        Ok(())
    }

    /// Shows these values in a form that nothing was typed into yet.
    pub fn initial(&mut self, values: &T) {
        self.state.show(&values.to_value());
        self.reread();
    }

    /// Shows this value in one field, as long as nothing was typed.
    pub fn initial_of<V: TemplateValue + ?Sized>(&mut self, field: DataName<T>, value: &V) {
        self.state.set_initial(field.name(), value.to_value());
        self.reread();
    }

    /// Makes a list of a field, or offers other entries in it: values, or values with what people read. What was sent must be one
    /// of them.
    pub fn offer<C: IntoChoice>(&mut self, field: DataName<T>, choices: impl IntoIterator<Item = C>) {
        let offers = choices.into_iter().map(IntoChoice::into_choice);
        let offers = offers.map(|(value, label)| Offer::new(value, label)).collect();
        self.state.limit(field.name(), offers);
    }

    /// As [`offer`](Self::offer), with the entries in groups: `[("Europe", vec![("de", "Germany")]), ("", vec![("xx", "elsewhere")])]`. A
    /// group without a name is none.
    pub fn offer_groups<C: IntoChoice>(
        &mut self,
        field: DataName<T>,
        groups: impl IntoIterator<Item = (impl AsRef<str>, impl IntoIterator<Item = C>)>,
    ) {
        let mut offers = Vec::new();
        for (group, choices) in groups {
            let choices = choices.into_iter().map(IntoChoice::into_choice);
            offers.extend(choices.map(|(value, label)| Offer::new(value, label).within(group.as_ref())));
        }
        self.state.limit(field.name(), offers);
    }

    /// Offers files in the list of a field: of a folder on disk, by their paths in it. What was sent must be one of them.
    ///
    /// # Errors
    /// If the folder can't be read.
    pub fn offer_files(&mut self, field: DataName<T>, files: &FilesOf) -> Result {
        let offers = files.list()?.into_iter().map(|name| Offer::new(name.clone(), name)).collect();
        self.state.limit(field.name(), offers);
        Ok(())
    }

    /// The names of the fields that were sent with another value than the form began with: with what
    /// [`initial`](Self::initial) or `edits` said, else with its `initial` or default. Empty for a form that was not sent.
    #[must_use]
    pub fn changed(&self) -> Vec<&'static str> {
        if !self.state.submitted {
            return Vec::new();
        }
        let start = self.state.start();
        let other = |field: &&DataField| !self.state.is_untouched(field, &start);
        self.state.fields.iter().filter(other).map(|field| field.name).collect()
    }
}

/// GET and HEAD give an empty form, everything else what was sent.
impl<S: Send + Sync, T: Data> FromRequest<S> for Form<T> {
    type Rejection = Rejected;

    async fn from_request(request: Request, _: &S) -> std::result::Result<Self, Rejected> {
        let body = FormBody::of_request(request, T::FIELDS, None).await?;
        Form::read(&body, "").await.map_err(|error| Rejected::new(Source::Body, error))
    }
}

/// A piece of a page: see the guide for what templates find in it.
impl<T: Data> TemplateValue for Form<T> {
    fn to_value(&self) -> Value {
        piece::form(&self.state).to_value()
    }
}

impl<T: Clone> Clone for Form<T> {
    fn clone(&self) -> Self {
        Form { state: self.state.clone(), value: self.value.clone() }
    }
}

/// Names and messages only: what was typed may be secret.
impl<T> fmt::Debug for Form<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form")
            .field("submitted", &self.state.submitted)
            .field("errors", &self.state.errors)
            .finish_non_exhaustive()
    }
}
