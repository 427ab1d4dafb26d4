use quintet_core::{
    Error, Result,
    meta::{ModelMeta, Relation},
};

/// How the rows of a to-many relation are found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Link {
    /// They have a foreign key (a field of theirs) to the owner.
    Key { via: u16 },
    /// A table stands between.
    Table(Between),
}

/// The table of a many-to-many, seen from one side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Between {
    /// The model that declares the many-to-many.
    pub(crate) model: &'static ModelMeta,
    /// The field there.
    pub(crate) field: u16,
    /// The table's column that points to the owner.
    pub(crate) owner_column: &'static str,
    /// The table's column that points to the related row.
    pub(crate) related_column: &'static str,
}

/// The other model of the to-many field `field` of `owner`, and how its rows are found.
///
/// # Errors
/// If the field is no to-many, or a set of historical models is incomplete.
pub(crate) fn link(owner: &'static ModelMeta, field: u16) -> Result<(&'static ModelMeta, Link)> {
    let wrong = || Error::internal(format!("field {field} of {} is no to-many relation", owner.name));
    let relation = owner.field_at(field).ok_or_else(wrong)?.relation;
    let target = relation.target().ok_or_else(wrong)?;
    match relation {
        Relation::ManyToMany { through, .. } => {
            let between =
                Between { model: owner, field, owner_column: through.from, related_column: through.to };
            Ok((target, Link::Table(between)))
        }
        Relation::HasMany { via, .. } => match target.field_at(via).ok_or_else(wrong)?.relation {
            Relation::ToOne { .. } => Ok((target, Link::Key { via })),
            Relation::ManyToMany { through, .. } => {
                let between = Between {
                    model: target,
                    field: via,
                    owner_column: through.to,
                    related_column: through.from,
                };
                Ok((target, Link::Table(between)))
            }
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}
