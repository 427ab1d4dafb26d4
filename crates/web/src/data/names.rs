//! The names of a type's fields as values: `NewReview.text`.

use std::{fmt, marker::PhantomData};

/// A field of the `#[data]` type `T`: what the constant beside a struct holds for each of its fields.
///
/// ```
/// use quintet_web::{DataNames, data};
///
/// #[data]
/// struct NewReview {
///     stars: i32,
///     text: String,
/// }
///
/// assert_eq!(NewReview.stars.name(), "stars");
/// assert_eq!((NewReview.stars, NewReview.text).names(), ["stars", "text"]);
/// ```
pub struct DataName<T> {
    name: &'static str,
    marker: PhantomData<fn() -> T>,
}

impl<T> DataName<T> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        DataName { name, marker: PhantomData }
    }

    /// The name in JSON and forms.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl<T> Clone for DataName<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for DataName<T> {}

impl<T> fmt::Debug for DataName<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Fields of `T`: one, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no field of `{T}`",
    label = "expected a field such as `{T}.name`, or a tuple of them"
)]
pub trait DataNames<T> {
    /// Their names.
    fn names(self) -> Vec<&'static str>;
}

impl<T> DataNames<T> for DataName<T> {
    fn names(self) -> Vec<&'static str> {
        vec![self.name]
    }
}

macro_rules! tuples {
    ($($($n:ident)+;)*) => {$(
        impl<T, $($n: DataNames<T>),+> DataNames<T> for ($($n,)+) {
            #[allow(non_snake_case)]
            fn names(self) -> Vec<&'static str> {
                let ($($n,)+) = self;
                let mut all = Vec::new();
                $(all.extend($n.names());)+
                all
            }
        }
    )*};
}
tuples! { A; A B; A B C; A B C D; A B C D E; A B C D E F; }
