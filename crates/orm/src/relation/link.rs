use quintet_core::{
    Error, Result,
    meta::{ModelMeta, Relation},
};

/// How the rows of a relation whose key is on the other side are found.
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
    /// The model that declares the many-to-many, and the field there.
    pub(crate) declared: (&'static ModelMeta, u16),
    /// The table.
    pub(crate) table: &'static str,
    /// Its column that points to the owner.
    pub(crate) owner_column: &'static str,
    /// Its column that points to the related row.
    pub(crate) related_column: &'static str,
    /// Is each pair kept in both directions?
    pub(crate) symmetrical: bool,
    /// The table's model with its foreign keys to owner and related row, if it is the site's own.
    pub(crate) model: Option<(&'static ModelMeta, u16, u16)>,
}

/// The other model of the field `field` of `owner`, a to-many relation or the other end of a one-to-one, and how its rows
/// are found.
///
/// # Errors
/// If the field is no such relation, a model between does not fit, or a set of historical models is incomplete.
pub(crate) fn link(owner: &'static ModelMeta, field: u16) -> Result<(&'static ModelMeta, Link)> {
    let wrong = || Error::internal(format!("field {field} of {} is no to-many relation", owner.name));
    let relation = owner.field_at(field).ok_or_else(wrong)?.relation;
    let target = relation.target().ok_or_else(wrong)?;
    match relation {
        Relation::ManyToMany { .. } => Ok((target, Link::Table(between(owner, field)?))),
        Relation::HasOne { via, .. } | Relation::HasMany { via, .. } => {
            match target.field_at(via).ok_or_else(wrong)?.relation {
                Relation::ToOne { .. } => Ok((target, Link::Key { via })),
                Relation::ManyToMany { .. } => {
                    let there = between(target, via)?;
                    let turned = Between {
                        owner_column: there.related_column,
                        related_column: there.owner_column,
                        model: there.model.map(|(model, owner, related)| (model, related, owner)),
                        ..there
                    };
                    Ok((target, Link::Table(turned)))
                }
                _ => Err(wrong()),
            }
        }
        _ => Err(wrong()),
    }
}

/// Seen from the side of the model that declares it.
fn between(owner: &'static ModelMeta, field: u16) -> Result<Between> {
    let quintet_core::meta::Between { table, from, to, symmetrical, model } = owner.between(field)?;
    Ok(Between {
        declared: (owner, field),
        table,
        owner_column: from,
        related_column: to,
        symmetrical,
        model,
    })
}
