//! Rules of a type's own that need more than one field, or a service: the database, the cache.

use std::{fmt, marker::PhantomData};

use quintet_core::{BoxFuture, Error, FieldErrors, Result, Service, Services};

use super::{Data, DataNames};

/// Rules of one's own for data that has come in whole, shared by forms and JSON.
///
/// It runs after the rules of the fields, where these found nothing wrong: for `Form<T>`, for `Json<T>` and for lists of it. It
/// may change the data.
///
/// ```
/// use quintet_core::Result;
/// use quintet_web::{CleanData, DataErrors, data};
///
/// #[data]
/// struct Stay {
///     from: quintet_core::value::Date,
///     until: quintet_core::value::Date,
/// }
///
/// impl CleanData for Stay {
///     type Needs = (); // or a service: `Db`, `State<T>`, a tuple of them
///
///     async fn clean(&mut self, _: &(), errors: &mut DataErrors<Self>) -> Result {
///         if self.until <= self.from {
///             errors.error(Stay.until, "a stay ends after it begins");
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait CleanData: Data {
    /// The services that it asks: `()`, one, or a tuple.
    type Needs: Service;

    /// Checks the data, and may mend it.
    ///
    /// # Errors
    /// What kept it from checking: the request fails with it. An error that has messages by field adds these instead.
    fn clean(
        &mut self,
        needs: &Self::Needs,
        errors: &mut DataErrors<Self>,
    ) -> impl Future<Output = Result> + Send;
}

/// What is wrong with data, to be added to.
pub struct DataErrors<T> {
    errors: FieldErrors,
    marker: PhantomData<fn() -> T>,
}

impl<T: Data> DataErrors<T> {
    /// Adds a message beside this field, or beside each of a tuple of them.
    pub fn error(&mut self, fields: impl DataNames<T>, message: impl Into<String>) {
        self.error_coded(fields, "invalid", message);
    }

    /// As [`error`](Self::error), with a code for programs.
    pub fn error_coded(&mut self, fields: impl DataNames<T>, code: &'static str, message: impl Into<String>) {
        let message = message.into();
        for name in fields.names() {
            self.errors.push_coded(name, code, message.clone());
        }
    }

    /// Adds a message about the whole.
    pub fn general(&mut self, message: impl Into<String>) {
        self.errors.push("", message);
    }
}

impl<T> fmt::Debug for DataErrors<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.errors.fmt(f)
    }
}

/// The rules of a type, erased for whoever reads it.
pub type Cleaner<T> = for<'a> fn(&'a mut T, &'a Services) -> BoxFuture<'a, Result<FieldErrors>>;

/// A type, to be asked for rules of its own. Method look-up chooses, as with `Probe`.
#[derive(Debug)]
pub struct CleanProbe<T>(PhantomData<fn() -> T>);

impl<T> CleanProbe<T> {
    /// The question.
    pub const NEW: Self = CleanProbe(PhantomData);
}

/// A type that has some.
pub trait HasRules<T> {
    /// The rules.
    fn cleaner(&self) -> Option<Cleaner<T>>;
}

impl<T: CleanData> HasRules<T> for CleanProbe<T> {
    fn cleaner(&self) -> Option<Cleaner<T>> {
        Some(|value, services| Box::pin(run(value, services)))
    }
}

/// A type that has none.
pub trait NoRules<T> {
    /// No rules.
    fn cleaner(&self) -> Option<Cleaner<T>> {
        None
    }
}

impl<T> NoRules<T> for &CleanProbe<T> {}

async fn run<T: CleanData>(value: &mut T, services: &Services) -> Result<FieldErrors> {
    let needs = <T::Needs as Service>::of(services)?;
    let mut errors = DataErrors { errors: FieldErrors::new(), marker: PhantomData };
    let outcome = value.clean(&needs, &mut errors).await;
    let mut errors = errors.errors;
    if let Err(error) = outcome {
        errors.extend(refusal(error)?);
    }
    Ok(errors)
}

/// The messages by field of an error that is about what was given.
///
/// # Errors
/// The error itself, if it has none.
pub(crate) fn refusal(error: Error) -> Result<FieldErrors> {
    match error.field_errors() {
        Some(fields) => Ok(fields.clone()),
        None => Err(error),
    }
}
