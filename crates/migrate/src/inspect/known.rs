//! What is known while models are made: the tables, and the names of their models.

use super::{
    InspectOptions,
    found::{Reference, Table, Type},
    model::list,
};

/// What is known while models are made.
pub(super) struct Plan<'a> {
    pub(super) tables: Vec<Table>,
    /// The models' names, by table.
    pub(super) names: Vec<String>,
    pub(super) options: &'a InspectOptions,
}

impl Plan<'_> {
    /// The number of a table.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let exact = self.tables.iter().position(|table| table.name == name);
        exact.or_else(|| self.tables.iter().position(|table| table.name.eq_ignore_ascii_case(name)))
    }

    pub(super) fn table(&self, number: usize) -> Option<&Table> {
        self.tables.get(number)
    }

    pub(super) fn name(&self, number: usize) -> &str {
        self.names.get(number).map_or("", String::as_str)
    }

    /// The table that a foreign key leads to, or why a field can't say so.
    pub(super) fn target(&self, table: &Table, reference: &Reference) -> Result<usize, String> {
        let there = format!("{}{}", reference.table, list(&reference.to));
        let [column] = reference.columns.as_slice() else {
            return Err(format!(
                "a foreign key of several columns, {}, leads to {there}",
                list(&reference.columns)
            ));
        };
        let Some(number) = self.find(&reference.table) else {
            return Err(format!("it is a foreign key to {there}, which is not among these models"));
        };
        let Some(target) = self.table(number) else { return Err(String::new()) };
        let to = reference.to.first().map_or("", String::as_str);
        match target.key.as_slice() {
            [key] if to.is_empty() || key.eq_ignore_ascii_case(to) => {
                let kind = |table: &Table, column: &str| table.column(column).map(|column| column.ty.clone());
                let (own, other) = (kind(table, column), kind(target, key));
                let whole = |ty: &Option<Type>| {
                    ty.as_ref().is_some_and(|ty| ty.kind.is_integer() && !ty.kind.is_unsigned())
                };
                let alike = own.as_ref().map(|ty| ty.kind) == other.as_ref().map(|ty| ty.kind);
                if alike || (whole(&own) && whole(&other)) {
                    Ok(number)
                } else {
                    Err(format!("it is a foreign key to {there}, of another type"))
                }
            }
            [_] => Err(format!("it is a foreign key to {there}, which is not the key of that table")),
            _ => Err(format!("it is a foreign key to {there}, whose key is not a single column")),
        }
    }
}
