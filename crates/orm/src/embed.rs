//! Fields that several models share: an embedded struct, whose fields become columns of each model that has it.
//!
//! The struct knows its fields from 0 on; a model knows where they begin in it. All of it is settled while compiling.

use quintet_core::{Result, Value, meta::FieldMeta};

use crate::{
    ast::Node,
    decode::Cursor,
    expr::{Assign, AssignValue, RawAssign},
};

/// A struct that can be a part of a model. `#[derive(Embed)]` implements it.
///
/// ```
/// use quintet_orm::prelude::*;
///
/// #[derive(Debug, Clone, Default, Embed)]
/// pub struct Stamps {
///     #[field(default = now)]
///     pub created: Timestamp,
///     #[field(on_save = now)]
///     pub changed: Timestamp,
/// }
///
/// #[model(app = "docs", ordering = "-stamps.created")]
/// #[derive(Debug, Clone)]
/// pub struct Note {
///     pub text: String,
///     #[field(embed)]
///     pub stamps: Stamps,
/// }
///
/// # async fn show(db: &dyn Executor) -> Result {
/// let note = create!(Note { text: "Hello" }).insert(db).await?;
/// let later = Note.filter(Note.stamps.created.gt(note.stamps.created)).count(db).await?;
/// # let _ = later; Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a part of a model",
    label = "add #[derive(Embed)] to `{Self}`"
)]
pub trait Embed: Sized + Send + Sync + 'static {
    /// Its fields.
    const FIELDS: &'static [FieldMeta];

    /// Must `create!` give it?
    const REQUIRED: bool;

    /// The typed columns, reached by the path `P`.
    type Columns<P>;

    /// The value of the field at this index, counted from its own first.
    fn value_at(&self, field: u16) -> Option<Value>;

    /// Sets a field.
    ///
    /// # Errors
    /// If the field is not there or the value is not of its type.
    fn set_at(&mut self, field: u16, value: &Value) -> Result;

    /// Reads its columns of a row, in declared order.
    ///
    /// # Errors
    /// If a column does not hold its field's type.
    fn from_row(cursor: &mut Cursor<'_>) -> Result<Self>;
}

/// The columns of an embedded struct whose first field is the model's field number `BASE`.
pub trait EmbedAt<const BASE: u16> {
    /// The columns.
    const NEW: Self;
}

/// Gives all fields of an embedded struct, from the field number `base` on.
pub fn embed_assign<M, E: Embed>(base: u16, value: &E) -> Assign<M> {
    let all = (0..embed_count::<E>()).filter_map(|field| {
        let value = AssignValue::Node(Node::Value(value.value_at(field)?));
        Some(RawAssign { field: base + field, value })
    });
    Assign::new(base, AssignValue::Several(all.collect()))
}

/// How many fields an embedded struct has.
#[must_use]
pub const fn embed_count<E: Embed>() -> u16 {
    narrow(E::FIELDS.len())
}

#[expect(clippy::cast_possible_truncation, reason = "no struct has so many fields")]
const fn narrow(count: usize) -> u16 {
    count as u16
}

/// The index of a field of an embedded struct; `missing` stops the compilation if it has none of this name.
#[must_use]
#[expect(clippy::panic, reason = "runs while compiling: the panic is the compiler's error")]
pub const fn embed_index<E: Embed>(name: &str, missing: &str) -> u16 {
    let (mut rest, mut index) = (E::FIELDS, 0);
    while let [field, more @ ..] = rest {
        if same(field.name.as_bytes(), name.as_bytes()) {
            return index;
        }
        rest = more;
        index += 1;
    }
    panic!("{}", missing)
}

/// Are two texts the same, while compiling?
pub(crate) const fn same(a: &[u8], b: &[u8]) -> bool {
    match (a, b) {
        ([x, a @ ..], [y, b @ ..]) => *x == *y && same(a, b),
        ([], []) => true,
        _ => false,
    }
}

/// How many fields there are in all.
#[must_use]
pub const fn embed_len(parts: &[&[FieldMeta]]) -> usize {
    let (mut rest, mut len) = (parts, 0);
    while let [part, more @ ..] = rest {
        len += part.len();
        rest = more;
    }
    len
}

/// The fields of a model with those of its embedded structs among them.
#[must_use]
#[expect(clippy::indexing_slicing, reason = "runs while compiling, over arrays of known lengths")]
pub const fn embed_join<const N: usize>(parts: &[&[FieldMeta]]) -> [FieldMeta; N] {
    let mut all = [FieldMeta::BASE; N];
    let (mut rest, mut at) = (parts, 0);
    while let [part, more @ ..] = rest {
        let mut i = 0;
        while i < part.len() {
            all[at] = part[i];
            (at, i) = (at + 1, i + 1);
        }
        rest = more;
    }
    all
}

/// How many bytes the prefixed names of these fields take: of each its name, its column, and its name for people.
#[must_use]
pub const fn prefixed_len(fields: &[FieldMeta], prefix: &str) -> usize {
    let (mut rest, mut len) = (fields, 0);
    while let [field, more @ ..] = rest {
        len += 3 * prefix.len() + field.name.len() + field.column.len() + field.verbose_name.len();
        rest = more;
    }
    len
}

/// The prefixed names of these fields, one behind the other.
#[must_use]
pub const fn prefixed_names<const N: usize>(fields: &[FieldMeta], prefix: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let (mut rest, mut at) = (fields, 0);
    while let [field, more @ ..] = rest {
        at = put(&mut bytes, at, prefix.as_bytes(), b'_');
        at = put(&mut bytes, at, field.name.as_bytes(), b'_');
        at = put(&mut bytes, at, prefix.as_bytes(), b'_');
        at = put(&mut bytes, at, field.column.as_bytes(), b'_');
        at = put(&mut bytes, at, prefix.as_bytes(), b' ');
        at = put(&mut bytes, at, field.verbose_name.as_bytes(), b'_');
        rest = more;
    }
    bytes
}

/// Writes a text, with this for each underscore, and tells where it ends.
#[expect(clippy::indexing_slicing, reason = "runs while compiling, over arrays of known lengths")]
const fn put(into: &mut [u8], at: usize, text: &[u8], underscore: u8) -> usize {
    let mut i = 0;
    while i < text.len() {
        into[at + i] = if text[i] == b'_' { underscore } else { text[i] };
        i += 1;
    }
    at + text.len()
}

/// These fields with names and columns that begin with a prefix of so many bytes; `names` are those of [`prefixed_names`].
#[must_use]
#[expect(clippy::indexing_slicing, reason = "runs while compiling, over arrays of known lengths")]
pub const fn prefixed<const N: usize>(
    fields: &[FieldMeta],
    names: &'static [u8],
    prefix: usize,
) -> [FieldMeta; N] {
    let mut all = [FieldMeta::BASE; N];
    let (mut rest, mut i) = (names, 0);
    while i < N {
        let field = fields[i];
        let (name, more) = rest.split_at(prefix + field.name.len());
        let (column, more) = more.split_at(prefix + field.column.len());
        let (verbose, more) = more.split_at(prefix + field.verbose_name.len());
        let (name, column, verbose_name) = (text(name), text(column), text(verbose));
        all[i] = FieldMeta { name, column, verbose_name, ..field };
        (rest, i) = (more, i + 1);
    }
    all
}

#[expect(clippy::panic, reason = "runs while compiling, and texts put together are text")]
const fn text(bytes: &'static [u8]) -> &'static str {
    match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("a name is no text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[FieldMeta] = &[
        FieldMeta { name: "street", column: "str", verbose_name: "street", ..FieldMeta::BASE },
        FieldMeta { name: "zip_code", column: "zip_code", verbose_name: "zip code", ..FieldMeta::BASE },
    ];

    #[test]
    fn names_get_a_prefix_while_compiling() {
        const NAMES: &[u8] = &prefixed_names::<{ prefixed_len(TWO, "home_ü_") }>(TWO, "home_ü_");
        const FIELDS: [FieldMeta; 2] = prefixed(TWO, NAMES, "home_ü_".len());
        let names: Vec<_> = FIELDS.iter().map(|f| (f.name, f.column, f.verbose_name)).collect();
        assert_eq!(
            names,
            [
                ("home_ü_street", "home_ü_str", "home ü street"),
                ("home_ü_zip_code", "home_ü_zip_code", "home ü zip code"),
            ]
        );
        const ALL: [FieldMeta; 4] = embed_join(&[TWO, &FIELDS]);
        assert_eq!((embed_len(&[TWO, &FIELDS]), ALL[2].name), (4, "home_ü_street"));
    }
}
