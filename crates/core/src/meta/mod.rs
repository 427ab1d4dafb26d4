//! What a model is, as data: the single source from which tables, migrations, queries by name,
//! validation and the admin come.
//!
//! `#[model]` writes one [`ModelMeta`] a model into static memory; migrations build further ones at run
//! time for models as they once were. An app claims its models when it is put together
//! ([`ModelMeta::claim`]), which settles their label and table.
mod between;
mod clean;
mod column;
mod field;
mod format;
mod index;
mod key;
mod model;
mod options;
mod permissions;
mod relation;
mod rules;

pub use between::Between;
pub use clean::{CleanRow, RowClean};
pub use field::{Choice, Chooses, Digits, FieldDefault, FieldMeta, Validator};
pub use format::Format;
pub use index::{CheckMeta, IndexMeta};
pub use model::{Identity, ModelMeta};
pub use options::ModelOptions;
pub use relation::{ModelRef, OnDelete, Relation, Through, ThroughModel};
pub use rules::{MakeValue, Rules};

/// `FilmReview` → `film_review`, as tables and labels of choices are named.
///
/// ```
/// assert_eq!(quintet_core::meta::snake_case("FilmReview"), "film_review");
/// assert_eq!(quintet_core::meta::snake_case("HTTPLog2"), "http_log2");
/// ```
#[must_use]
pub fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|k| chars.get(k));
        let after = chars.get(i + 1);
        let starts_word = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase()
                    || b.is_numeric()
                    || (b.is_uppercase() && after.is_some_and(|a| a.is_lowercase()))
            });
        if starts_word {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
