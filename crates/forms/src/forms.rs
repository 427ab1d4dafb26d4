//! Several forms of one type in one: the rows of an order, the reviews of a film.

use std::{borrow::Cow, fmt};

use axum::extract::{FromRequest, Request};
use quintet_core::{FieldErrors, Result, TemplateValue, Value};
use quintet_web::{Data, DataNames, Rejected, Source};

use crate::{
    Form, FormBody, piece,
    rows::{self, Look, Settings, Words},
    shelf::Shelf,
    state::{State, is_change},
};

/// The prefix of a form of rows that a handler takes as its one argument.
const PREFIX: &str = "items";

/// A form of rows: each is a form of `T`, further ones can be added, and if it is allowed rows can be deleted and put in order.
///
/// The controls of the first row are named `items-0-title` and so on, and `items-TOTAL` says how many rows there are. A row that
/// was added and left as it was is nothing. As JSON it is a list, or an object with a list under `items`.
///
/// ```
/// use quintet_core::Result;
/// use quintet_forms::{Forms, RowChange, form};
/// use quintet_web::{Page, data, redirect};
///
/// #[data]
/// struct Line {
///     #[field(max_length = 40)]
///     item: String,
///     #[field(min = 1)]
///     pieces: u32,
/// }
///
/// #[form("/order/")]
/// async fn order(mut lines: Forms<Line>) -> Result<Page> {
///     lines.extra(3).min(1).max(20);
///     let Some(changes) = lines.valid() else { return Ok(Page::new("order.html").with("lines", &lines)) };
///     for change in changes {
///         if let RowChange::Add(line) = change {
///             println!("{} × {}", line.pieces, line.item);
///         }
///     }
///     Ok(redirect("/thanks/"))
/// }
/// ```
pub struct Forms<T> {
    /// What all rows begin with: without a number, and without anything typed.
    pub(crate) blank: State,
    prefix: String,
    /// Those that were sent.
    pub(crate) sent: Vec<Row<T>>,
    /// Those that it begins with.
    began: Vec<Began>,
    pub(crate) errors: FieldErrors,
    pub(crate) settings: Settings,
    words: Words,
    pub(crate) submitted: bool,
    pub(crate) judged: bool,
}

/// What a person made of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowChange<T> {
    /// A new row.
    Add(T),
    /// The row at this place of those that the form began with, as it is now; maybe as it was.
    Change(usize, T),
    /// The row at this place is to go.
    Delete(usize),
}

pub(crate) struct Row<T> {
    pub(crate) form: Form<T>,
    /// Its number in the names of its controls.
    pub(crate) number: usize,
    /// The key of the row that it changes, as it was sent; empty for a new one.
    pub(crate) key: String,
    pub(crate) deleted: bool,
    pub(crate) order: Option<i64>,
    /// The place of that row.
    pub(crate) place: Option<usize>,
    /// That row's key, as the database has it.
    #[cfg(feature = "orm")]
    pub(crate) own: Value,
    /// Is it a new one that nothing was typed into?
    pub(crate) blank: bool,
}

/// A row that the form begins with.
pub(crate) struct Began {
    pub(crate) key: String,
    pub(crate) state: State,
}

impl<T: Data> Forms<T> {
    /// Reads a form of rows from a body that has several forms: its controls are named `{prefix}-0-{name}`.
    ///
    /// # Errors
    /// If the database or a service that the data's rules ask fails.
    pub async fn read(body: &FormBody, prefix: &str) -> Result<Self> {
        let mut blank = State::new::<T>("", &body.zone);
        blank.loose = true;
        blank.shelf = Shelf::of(body.services.as_ref(), T::FIELDS.iter().any(is_change));
        #[cfg(feature = "orm")]
        crate::related::load_offers(&mut blank, body).await?;
        let mut forms = Forms {
            blank,
            prefix: prefix.to_owned(),
            sent: Vec::new(),
            began: Vec::new(),
            errors: FieldErrors::new(),
            settings: Settings::START,
            words: Words::default(),
            submitted: body.is_submitted(),
            judged: false,
        };
        if !forms.submitted {
            return Ok(forms);
        }
        let Some(numbers) = rows::numbers(body, prefix) else {
            forms.errors.push_coded("", "total", "the form did not come whole: load the page again");
            return Ok(forms);
        };
        for number in numbers {
            let mut state = forms.blank.clone();
            state.prefix = format!("{prefix}-{number}");
            let sent = rows::Sent::of(body, prefix, number);
            let mut form = Form::parse(state, body);
            let blank = sent.key.is_empty() && form.state.is_blank(&forms.blank);
            if blank {
                form.forget();
            } else {
                form.ask().await?;
            }
            let rows::Sent { key, deleted, order } = sent;
            forms.sent.push(Row {
                form,
                number,
                key,
                deleted,
                order,
                place: None,
                #[cfg(feature = "orm")]
                own: Value::Null,
                blank,
            });
        }
        Ok(forms)
    }

    /// How many empty rows are there to be filled in; 1 if nothing is said.
    pub fn extra(&mut self, rows: usize) -> &mut Self {
        self.settings.extra = rows;
        self
    }

    /// The least number of rows.
    pub fn min(&mut self, rows: usize) -> &mut Self {
        self.settings.min = rows;
        self
    }

    /// The greatest number of rows, at most 1,000.
    pub fn max(&mut self, rows: usize) -> &mut Self {
        self.settings.max = rows.min(rows::MOST);
        self
    }

    /// What stands above each row, before its number, and what the button says that adds one: `.words("Line", "Add a line")`. Else
    /// they are `Row` and `Add a row`.
    pub fn words(
        &mut self,
        row: impl Into<Cow<'static, str>>,
        add: impl Into<Cow<'static, str>>,
    ) -> &mut Self {
        self.words = Words { row: row.into(), add: add.into() };
        self
    }

    /// Lets rows be deleted. What is wrong with a row that is to go does not matter.
    pub fn deletable(&mut self) -> &mut Self {
        self.settings.deletable = true;
        self
    }

    /// Lets rows be put in order, by a number in each; `valid` gives them in that order, those without a number at the end.
    pub fn ordered(&mut self) -> &mut Self {
        self.settings.ordered = true;
        self
    }

    /// Shows these values in rows that nothing was typed into yet.
    pub fn initial<'a>(&mut self, rows: impl IntoIterator<Item = &'a T>) {
        for values in rows {
            let mut state = self.blank.clone();
            state.show(&values.to_value());
            self.began.push(Began { key: String::new(), state });
        }
    }

    /// Says which rows the form is about: it shows their values, and [`valid`](Self::valid) tells what became of each by its place
    /// here. A row that was sent and is none of these is refused.
    ///
    /// # Errors
    /// If the database fails; it is asked for the objects of many-to-many relations, row by row.
    #[cfg(feature = "orm")]
    pub async fn edits<M: quintet_orm::Model>(&mut self, rows: &[M], db: &dyn quintet_orm::Executor) -> Result
    where
        T: quintet_orm::Fill<M>,
    {
        use quintet_orm::model::Key;
        let keys: Vec<String> =
            rows.iter().map(|row| M::meta().key_text(&row.pk().to_key())).collect::<Result<_>>()?;
        if !self.submitted {
            for (row, key) in rows.iter().zip(keys) {
                let mut form = Form::<T>::of_state(self.blank.clone());
                form.edits(row, db).await?;
                self.began.push(Began { key, state: form.state });
            }
            return Ok(());
        }
        let mut seen = vec![false; rows.len()];
        for sent in self.sent.iter_mut().filter(|sent| !sent.key.is_empty()) {
            sent.place = keys.iter().position(|key| *key == sent.key);
            // Two answers about one row contradict each other.
            if let Some(place) = sent.place
                && std::mem::replace(seen.get_mut(place).unwrap_or(&mut false), true)
            {
                sent.form.form_error("this row came twice");
                sent.place = None;
                continue;
            }
            match sent.place.and_then(|place| rows.get(place)) {
                Some(row) => {
                    sent.own = row.pk().to_key();
                    sent.form.edits(row, db).await?;
                }
                None => sent.form.form_error("this row is not there any more"),
            }
        }
        Ok(())
    }

    /// What became of the rows, if the form was sent and nothing is wrong with it. It is taken out: a second call gives nothing.
    #[must_use]
    pub fn valid(&mut self) -> Option<Vec<RowChange<T>>> {
        Some(self.take()?.into_iter().map(|(_, change)| change).collect())
    }

    /// Was the form sent, and is nothing wrong with it? For pages on which several forms must be right before any is written.
    #[must_use]
    pub fn is_valid(&mut self) -> bool {
        if !self.submitted {
            return false;
        }
        self.judge();
        let settings = self.settings;
        let right = |row: &Row<T>| row.is_gone(settings) || row.blank || row.form.is_valid();
        self.errors.is_empty() && self.sent.iter().all(right)
    }

    /// What became of the rows, with the places at which they were sent.
    pub(crate) fn take(&mut self) -> Option<Vec<(usize, RowChange<T>)>> {
        if !self.is_valid() {
            return None;
        }
        let settings = self.settings;
        // The rows stay, to be shown if something else on the page is wrong.
        let changes = self.sent.iter_mut().enumerate().filter(|(_, row)| !row.blank);
        let changes = changes.filter_map(|(at, row)| {
            let change = if row.is_gone(settings) {
                RowChange::Delete(row.place?)
            } else {
                let data = row.form.valid()?;
                match row.place {
                    Some(place) => RowChange::Change(place, data),
                    None => RowChange::Add(data),
                }
            };
            Some((row.order, at, change))
        });
        let mut changes: Vec<(Option<i64>, usize, RowChange<T>)> = changes.collect();
        if settings.ordered {
            changes.sort_by_key(|(order, ..)| (order.is_none(), *order));
        }
        Some(changes.into_iter().map(|(_, at, change)| (at, change)).collect())
    }

    /// Was the form sent, rather than asked for?
    #[must_use]
    pub fn is_submitted(&self) -> bool {
        self.submitted
    }

    /// How many rows were sent, those that were left empty among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sent.len()
    }

    /// Was no row sent?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    /// The data of the rows as they were read, by the number of the row: none for a row that is wrong or was left empty.
    pub fn data(&self) -> impl Iterator<Item = (usize, Option<&T>)> {
        self.sent.iter().enumerate().map(|(at, row)| (at, row.form.data()))
    }

    /// Adds a message beside a field of a row, or beside each of a tuple of them.
    pub fn error(&mut self, row: usize, fields: impl DataNames<T>, message: impl Into<String>) {
        if let Some(row) = self.sent.get_mut(row) {
            row.form.error(fields, message);
        }
    }

    /// Adds a message about all rows together.
    pub fn form_error(&mut self, message: impl Into<String>) {
        self.errors.push("", message);
    }

    /// All that is wrong, by `items.0.title`.
    #[must_use]
    pub fn errors(&self) -> FieldErrors {
        let mut all = FieldErrors::new();
        for error in self.errors.iter() {
            all.push_coded(self.prefix.clone(), error.code.clone(), error.message.clone());
        }
        for row in self.sent.iter().filter(|row| !row.blank && !row.is_gone(self.settings)) {
            all.extend(piece::prefixed(&row.form.state));
        }
        all
    }
}

impl<T> Row<T> {
    pub(crate) fn is_gone(&self, settings: Settings) -> bool {
        settings.deletable && self.deleted
    }
}

/// The handler's one form: its prefix is `items`.
impl<S: Send + Sync, T: Data> FromRequest<S> for Forms<T> {
    type Rejection = Rejected;

    async fn from_request(request: Request, _: &S) -> std::result::Result<Self, Rejected> {
        let body = FormBody::of_request(request, T::FIELDS, Some(PREFIX)).await?;
        Forms::read(&body, PREFIX).await.map_err(|error| Rejected::new(Source::Body, error))
    }
}

/// A piece of a page: see the guide for what templates find in it.
impl<T: Data> TemplateValue for Forms<T> {
    fn to_value(&self) -> Value {
        let settings = self.settings;
        let mut shown: Vec<rows::Shown> = Vec::new();
        if self.submitted {
            shown.extend(self.sent.iter().map(|row| rows::Shown {
                state: row.form.state.clone(),
                key: row.key.clone(),
                deleted: row.is_gone(settings),
                order: row.order,
            }));
        } else {
            let began = self.began.iter().map(|began| (began.state.clone(), began.key.clone()));
            let room = settings.max.saturating_sub(self.began.len());
            let extra = settings.extra.max(settings.min.saturating_sub(self.began.len())).min(room);
            let blank = std::iter::repeat_with(|| (self.blank.clone(), String::new())).take(extra);
            shown.extend(began.chain(blank).enumerate().map(|(number, (mut state, key))| {
                state.prefix = format!("{}-{number}", self.prefix);
                let order = i64::try_from(number + 1).ok().filter(|_| !key.is_empty());
                rows::Shown { state, key, deleted: false, order }
            }));
        }
        // The next number after all that were sent: numbers may have gaps.
        let next = self.sent.iter().map(|row| row.number + 1).max().unwrap_or_default().max(shown.len());
        let errors = if self.submitted { self.errors() } else { FieldErrors::new() };
        let look = Look { settings, words: &self.words };
        rows::piece(&self.prefix, &self.blank, shown, next, look, &self.errors, errors).to_value()
    }
}

/// Numbers and messages only: what was typed may be secret.
impl<T> fmt::Debug for Forms<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forms")
            .field("prefix", &self.prefix)
            .field("rows", &self.sent.len())
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}
