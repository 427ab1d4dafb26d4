//! Primary keys of one column or of several, in Rust ([`Key`]) and in queries ([`key_is`], [`key_in`]).
//!
//! A key of one column travels as its [`Value`], one of several as a [`Value::List`] of the parts' values.

use std::hash::Hash;

use quintet_core::{Error, Result, Value, meta::ModelMeta};

use crate::{
    ast::{Comparison, Node, PathKey},
    decode::Cursor,
    field::FieldType,
};

/// A type that can be a primary key: a column's type, or a tuple of two to five of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a primary key",
    label = "a key is a column's type that can be compared exactly (no float, no JSON), or two to five such fields"
)]
pub trait Key: Clone + Eq + Hash + Send + Sync + 'static {
    /// How many columns it has.
    const WIDTH: usize;

    /// The key as a value: a list, if it has several columns.
    fn to_key(&self) -> Value;

    /// The key out of such a value.
    ///
    /// # Errors
    /// If the value is none.
    fn from_key(value: &Value) -> Result<Self>;

    /// Reads its columns.
    ///
    /// # Errors
    /// If a column does not hold the part's type.
    #[doc(hidden)]
    fn read(cursor: &mut Cursor<'_>) -> Result<Self>;
}

/// A key of one column, as foreign keys need it.
#[diagnostic::on_unimplemented(
    message = "a foreign key is one column, but the other model's primary key is `{Self}`",
    label = "no foreign key can point to a model whose primary key has several columns",
    note = "give that model an `id` of its own and say #[model(unique_together = [..])] for the columns of its key"
)]
pub trait SingleKey: Key + FieldType<Base = Self> {}

#[diagnostic::do_not_recommend]
impl<T: FieldType<Base = T> + Clone + Eq + Hash> SingleKey for T {}

#[diagnostic::do_not_recommend]
impl<T: FieldType<Base = T> + Clone + Eq + Hash> Key for T {
    const WIDTH: usize = 1;

    fn to_key(&self) -> Value {
        self.encode()
    }

    fn from_key(value: &Value) -> Result<Self> {
        T::from_value(value)
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Self> {
        cursor.next()
    }
}

macro_rules! tuples {
    ($($width:literal: $($part:ident)+;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($part: SingleKey),+> Key for ($($part,)+) {
            const WIDTH: usize = $width;

            #[allow(non_snake_case)]
            fn to_key(&self) -> Value {
                let ($($part,)+) = self;
                Value::List(vec![$($part.encode()),+])
            }

            #[allow(non_snake_case)]
            fn from_key(value: &Value) -> Result<Self> {
                let Value::List(parts) = value else { return Err(no_key(value, $width)) };
                let [$($part),+] = parts.as_slice() else { return Err(no_key(value, $width)) };
                Ok(($($part::from_value($part)?,)+))
            }

            fn read(cursor: &mut Cursor<'_>) -> Result<Self> {
                Ok(($(cursor.next::<$part>()?,)+))
            }
        }
    )*};
}
tuples! { 2: A B; 3: A B C; 4: A B C D; 5: A B C D E; }

#[cold]
fn no_key(value: &Value, width: usize) -> Error {
    Error::bad_request(format!("expected a key of {width} parts, found {}", value.describe()))
}

/// What can stand for one part of a key of several columns: the part itself, the object or foreign key that it points
/// to, `&str` for a text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no part of this key, which is a `{K}` here",
    label = "expected a `{K}`"
)]
pub trait KeyPart<K> {
    /// The part's value.
    fn into_part(self) -> Value;
}

#[diagnostic::do_not_recommend]
impl<K: SingleKey> KeyPart<K> for K {
    fn into_part(self) -> Value {
        self.encode()
    }
}

#[diagnostic::do_not_recommend]
impl KeyPart<String> for &str {
    fn into_part(self) -> Value {
        Value::Text(self.to_owned())
    }
}

/// The key of the model at `path` as an expression: a column, or a row of columns.
pub(crate) fn key_node(model: &ModelMeta, path: PathKey) -> Node {
    match model.primary_key {
        [one] => Node::Column(path, *one),
        several => Node::Row(several.iter().map(|part| Node::Column(path, *part)).collect()),
    }
}

/// The columns of the model's key.
pub(crate) fn key_columns(model: &ModelMeta) -> Vec<Node> {
    model.primary_key.iter().map(|part| Node::Column(PathKey::ROOT, *part)).collect()
}

/// The model's key is this.
pub(crate) fn key_is(model: &ModelMeta, key: Value) -> Node {
    let is = |part: &u16, value| {
        Node::compare(Comparison::Eq, Node::Column(PathKey::ROOT, *part), Node::Value(value))
    };
    match (model.primary_key, key) {
        ([one], key) => is(one, key),
        (several, Value::List(values)) if values.len() == several.len() => {
            Node::And(several.iter().zip(values).map(|(part, value)| is(part, value)).collect())
        }
        // No row has such a key.
        _ => Node::Or(Vec::new()),
    }
}

/// The model's key is one of these.
pub(crate) fn key_in(model: &ModelMeta, mut keys: Vec<Value>) -> Node {
    if keys.len() == 1
        && model.primary_key.len() > 1
        && let Some(only) = keys.pop()
    {
        return key_is(model, only);
    }
    Node::In(Box::new(key_node(model, PathKey::ROOT)), keys)
}

/// The model's key comes after this one, in the order of its columns.
///
/// # Errors
/// If it is no key of the model.
pub(crate) fn key_after(model: &ModelMeta, key: &Value) -> Result<Node> {
    let values = match (model.primary_key, key) {
        ([_], one) => std::slice::from_ref(one),
        (several, Value::List(values)) if values.len() == several.len() => values.as_slice(),
        (several, other) => return Err(no_key(other, several.len())),
    };
    let mut after = None;
    for (part, value) in model.primary_key.iter().zip(values).rev() {
        let is = |op| Node::compare(op, Node::Column(PathKey::ROOT, *part), Node::Value(value.clone()));
        after = Some(match after {
            None => is(Comparison::Gt),
            Some(rest) => is(Comparison::Gt).or(is(Comparison::Eq).and(rest)),
        });
    }
    after.ok_or_else(|| no_key(key, 0))
}

/// How many keys go into one statement: half of what it takes, so that the query's own values have room.
pub(crate) fn keys_at_once(most: usize, width: usize) -> usize {
    (most / 2 / width.max(1)).max(1)
}
