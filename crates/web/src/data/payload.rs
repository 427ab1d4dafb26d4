use std::{
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use quintet_core::{
    BoxFuture, FieldErrors, Result, Services,
    value::{Date, JsonValue, SignedDuration, Time, Timestamp, Uuid},
};
use serde::de::DeserializeOwned;

use super::{Data, DataShape, ShapeKind};
use crate::upload::{FileChange, Upload};

/// What a JSON body may be: `#[data]`, plain values, and options, lists and maps of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not declared as data",
    label = "add #[data] to `{Self}`",
    note = "a body may also be text, a number, a date, Option<_>, Vec<_> and maps of data"
)]
pub trait Payload: Sized + Send + 'static {
    /// How it looks from outside.
    fn shape() -> DataShape;

    /// Checks the rules of what is in it; `path` is where it stands (`people.0`).
    fn check(&self, path: &str, errors: &mut FieldErrors) {
        let _ = (path, errors);
    }

    /// Runs the rules of [`CleanData`](super::CleanData) of what is in it, if there are any.
    #[doc(hidden)]
    fn clean<'a>(
        &'a mut self,
        path: &'a str,
        services: &'a Services,
        errors: &'a mut FieldErrors,
    ) -> Option<BoxFuture<'a, Result>> {
        let _ = (path, services, errors);
        None
    }
}

#[diagnostic::do_not_recommend]
impl<T: Data> Payload for T {
    fn shape() -> DataShape {
        <T as Data>::shape()
    }

    fn check(&self, path: &str, errors: &mut FieldErrors) {
        if path.is_empty() {
            return self.validate(errors);
        }
        let mut own = FieldErrors::new();
        self.validate(&mut own);
        append(path, own, errors);
    }

    fn clean<'a>(
        &'a mut self,
        path: &'a str,
        services: &'a Services,
        errors: &'a mut FieldErrors,
    ) -> Option<BoxFuture<'a, Result>> {
        let run = T::cleaner()?;
        Some(Box::pin(async move {
            append(path, run(self, services).await?, errors);
            Ok(())
        }))
    }
}

/// Adds the messages about what stands at `path`.
fn append(path: &str, own: FieldErrors, errors: &mut FieldErrors) {
    for error in own.iter() {
        errors.push_coded(at(path, &error.field), error.code.clone(), error.message.clone());
    }
}

/// Nobody types it, PostgreSQL can't store it, and a page can't show it.
pub(super) const NUL: &str = "must not contain the character U+0000";

/// `people.0` and `name` are `people.0.name`.
pub(super) fn at(path: &str, name: &str) -> String {
    match (path.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (false, true) => path.to_owned(),
        (false, false) => format!("{path}.{name}"),
    }
}

macro_rules! plain {
    ($($t:ty => $kind:expr;)*) => {$(
        impl Payload for $t {
            fn shape() -> DataShape {
                DataShape::new::<$t>($kind)
            }
        }
    )*};
}

macro_rules! whole {
    ($($t:ty)*) => {
        plain! { $($t => ShapeKind::Whole { min: <$t>::MIN as i128, max: <$t>::MAX as i128 };)* }
    };
}

whole! { i8 i16 i32 i64 u8 u16 u32 u64 usize isize }

impl Payload for String {
    fn shape() -> DataShape {
        DataShape::new::<String>(ShapeKind::Text)
    }

    fn check(&self, path: &str, errors: &mut FieldErrors) {
        if self.contains('\0') {
            errors.push(path.to_owned(), NUL);
        }
    }
}

plain! {
    bool => ShapeKind::Bool;
    f32 => ShapeKind::Number;
    f64 => ShapeKind::Number;
    Date => ShapeKind::Date;
    Time => ShapeKind::Time;
    Timestamp => ShapeKind::DateTime;
    SignedDuration => ShapeKind::Duration;
    JsonValue => ShapeKind::Json;
    Uuid => ShapeKind::Uuid;
    IpAddr => ShapeKind::Ip;
    Ipv4Addr => ShapeKind::Ipv4;
    Ipv6Addr => ShapeKind::Ipv6;
}

#[cfg(feature = "decimal")]
plain! { quintet_core::value::Decimal => ShapeKind::Decimal; }

impl<T: Payload + DeserializeOwned> Payload for Option<T> {
    fn shape() -> DataShape {
        DataShape::new::<Self>(ShapeKind::Optional(Box::new(T::shape())))
    }

    fn check(&self, path: &str, errors: &mut FieldErrors) {
        if let Some(value) = self {
            value.check(path, errors);
        }
    }

    fn clean<'a>(
        &'a mut self,
        path: &'a str,
        services: &'a Services,
        errors: &'a mut FieldErrors,
    ) -> Option<BoxFuture<'a, Result>> {
        self.as_mut()?.clean(path, services, errors)
    }
}

impl<T: Payload + DeserializeOwned> Payload for Vec<T> {
    fn shape() -> DataShape {
        DataShape::new::<Self>(ShapeKind::List(Box::new(T::shape())))
    }

    fn check(&self, path: &str, errors: &mut FieldErrors) {
        for (i, value) in self.iter().enumerate() {
            value.check(&at(path, &i.to_string()), errors);
        }
    }

    fn clean<'a>(
        &'a mut self,
        path: &'a str,
        services: &'a Services,
        errors: &'a mut FieldErrors,
    ) -> Option<BoxFuture<'a, Result>> {
        Some(Box::pin(async move {
            for (i, value) in self.iter_mut().enumerate() {
                if let Some(work) = value.clean(&at(path, &i.to_string()), services, errors) {
                    work.await?;
                }
            }
            Ok(())
        }))
    }
}

impl Payload for Upload {
    fn shape() -> DataShape {
        DataShape::new::<Upload>(ShapeKind::File)
    }

    fn check(&self, path: &str, errors: &mut FieldErrors) {
        // Several files have one control, and the message names the file.
        let list = path.rsplit_once('.').filter(|(_, place)| place.bytes().all(|byte| byte.is_ascii_digit()));
        let Some((list, _)) = list else { return Upload::check(self, path, errors) };
        let mut own = FieldErrors::new();
        Upload::check(self, "", &mut own);
        for error in own.iter() {
            let message = format!("{}: {}", self.name(), error.message);
            errors.push_coded(list.to_owned(), error.code.clone(), message);
        }
    }
}

/// It may always be left out: then the file stays.
impl Payload for FileChange {
    fn shape() -> DataShape {
        DataShape::new::<FileChange>(ShapeKind::FileChange).optional()
    }

    fn check(&self, path: &str, errors: &mut FieldErrors) {
        FileChange::check(self, path, errors);
    }
}

macro_rules! maps {
    ($($map:ident)*) => {$(
        impl<T: Payload + DeserializeOwned> Payload for $map<String, T> {
            fn shape() -> DataShape {
                DataShape::new::<Self>(ShapeKind::Map(Box::new(T::shape())))
            }

            fn check(&self, path: &str, errors: &mut FieldErrors) {
                for (name, value) in self {
                    value.check(&at(path, name), errors);
                }
            }
        }
    )*};
}

maps! { BTreeMap HashMap }
