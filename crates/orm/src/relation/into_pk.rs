use std::sync::Arc;

use quintet_core::{Value, value::Uuid};

use super::ForeignKey;
use crate::{
    key::{Key, KeyPart},
    model::Model,
};

/// What identifies a `T`: the object, its key, or a foreign key to it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not identify a `{T}`",
    label = "expected `&{T}`, its key, or a `ForeignKey<{T}>`"
)]
pub trait IntoPk<T: Model> {
    /// The key's value.
    fn into_pk(self) -> Value;
}

/// What identifies a `T` or nothing: as [`IntoPk`], or an `Option` of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not identify a `{T}`",
    label = "expected `&{T}`, its key, a `ForeignKey<{T}>`, or an `Option` of one of them"
)]
pub trait IntoOptPk<T: Model> {
    /// The key's value, or NULL.
    fn into_opt_pk(self) -> Value;
}

macro_rules! keys {
    ($([$($bound:tt)*] $t:ty, $x:ident => $e:expr;)*) => {$(
        impl<T: Model $($bound)*> IntoPk<T> for $t {
            fn into_pk(self) -> Value {
                let $x = self;
                $e
            }
        }
        impl<T: Model $($bound)*> IntoOptPk<T> for $t {
            fn into_opt_pk(self) -> Value {
                IntoPk::<T>::into_pk(self)
            }
        }
    )*};
}

keys! {
    [] &T, x => x.pk().to_key();
    [] &Arc<T>, x => x.pk().to_key();
    [] &ForeignKey<T>, x => x.id().to_key();
    [] ForeignKey<T>, x => x.id().to_key();
    [<Pk = i64>] i64, x => Value::Int(x);
    [<Pk = i64>] &i64, x => Value::Int(*x);
    [<Pk = i32>] i32, x => Value::Int(x.into());
    [<Pk = i16>] i16, x => Value::Int(x.into());
    [<Pk = u8>] u8, x => Value::Int(x.into());
    [<Pk = u16>] u16, x => Value::Int(x.into());
    [<Pk = u32>] u32, x => Value::Int(x.into());
    [<Pk = Uuid>] Uuid, x => Value::Uuid(x);
    [<Pk = Uuid>] &Uuid, x => Value::Uuid(*x);
    [<Pk = String>] String, x => Value::Text(x);
    [<Pk = String>] &str, x => Value::Text(x.to_owned());
    [<Pk = String>] &String, x => Value::Text(x.clone());
}

macro_rules! tuples {
    ($($($value:ident $part:ident),+;)*) => {$(
        impl<T, $($value, $part),+> IntoPk<T> for ($($value,)+)
        where
            T: Model<Pk = ($($part,)+)>,
            $($value: KeyPart<$part>),+
        {
            #[allow(non_snake_case)]
            fn into_pk(self) -> Value {
                let ($($value,)+) = self;
                Value::List(vec![$($value.into_part()),+])
            }
        }
    )*};
}
tuples! { A V, B W; A V, B W, C X; A V, B W, C X, D Y; A V, B W, C X, D Y, E Z; }

impl<T: Model, V: IntoPk<T>> IntoOptPk<T> for Option<V> {
    fn into_opt_pk(self) -> Value {
        self.map_or(Value::Null, IntoPk::into_pk)
    }
}
