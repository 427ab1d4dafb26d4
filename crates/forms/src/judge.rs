//! What is wrong with rows together: their number, and values that no two of them may share.

use quintet_core::{TemplateValue, Value, meta::ModelMeta};
use quintet_web::{Data, DataField};

use crate::{Forms, forms::Row, rows::Settings, state::State};

impl<T: Data> Forms<T> {
    /// Judges once; what is found is kept at the rows and at the whole.
    pub(crate) fn judge(&mut self) {
        if std::mem::replace(&mut self.judged, true) {
            return;
        }
        let settings = self.settings;
        let count = staying(&mut self.sent, settings).count();
        let rows = |n: usize| if n == 1 { "1 row".to_owned() } else { format!("{n} rows") };
        if count < settings.min {
            self.errors.push_coded("", "min", format!("at least {}", rows(settings.min)));
        }
        if count > settings.max {
            self.errors.push_coded("", "max", format!("at most {} (these are {count})", rows(settings.max)));
        }
        #[cfg(feature = "orm")]
        self.free_deleted();
        let Some(meta) = T::MODEL.map(|model| model()) else { return };
        for fields in shared_by_none(meta, T::FIELDS) {
            let mut seen: Vec<Vec<Value>> = Vec::new();
            for row in staying(&mut self.sent, settings) {
                let Some(values) = row.form.data().map(TemplateValue::to_value) else { continue };
                let own: Vec<Value> =
                    fields.iter().map(|field| values.get(field.ident).cloned().unwrap_or_default()).collect();
                // Nothing is shared by any.
                if own.iter().any(Value::is_null) {
                    continue;
                }
                if seen.contains(&own) {
                    refuse(&mut row.form.state, &fields);
                } else {
                    seen.push(own);
                }
            }
        }
    }

    /// What a row has that is to go is free for the others.
    #[cfg(feature = "orm")]
    fn free_deleted(&mut self) {
        let settings = self.settings;
        let gone: Vec<Value> = self
            .sent
            .iter()
            .filter(|row| row.is_gone(settings) && row.place.is_some())
            .map(|row| row.own.clone())
            .collect();
        for row in staying(&mut self.sent, settings) {
            gone.iter().for_each(|key| row.form.state.forget_taken(key));
        }
    }
}

/// The rows that count: neither left empty nor to be deleted.
fn staying<T: Data>(sent: &mut [Row<T>], settings: Settings) -> impl Iterator<Item = &mut Row<T>> {
    sent.iter_mut().filter(move |row| !row.blank && !row.is_gone(settings))
}

/// The sets of fields whose values no two rows of the model share, as far as the form has them whole.
fn shared_by_none(meta: &'static ModelMeta, all: &'static [DataField]) -> Vec<Vec<&'static DataField>> {
    let field = |index: u16| {
        let column = meta.field_at(index)?;
        all.iter().find(|field| !field.options.own && field.ident == column.name)
    };
    let single = meta.columns().filter(|(_, column)| column.unique).map(|(index, _)| vec![index]);
    let together = meta.unique_together.iter().map(|set| set.to_vec());
    single.chain(together).filter_map(|set| set.into_iter().map(field).collect()).collect()
}

fn refuse(state: &mut State, fields: &[&'static DataField]) {
    match fields {
        [field] => {
            let message = "another row of these has the same".to_owned();
            state.refuse(field, state.column(field), "unique", message);
        }
        several => {
            let labels: Vec<String> = several.iter().map(|field| field.label.to_lowercase()).collect();
            let message = format!("another row of these has the same {}", labels.join(" and "));
            state.errors.push_coded("", "unique", message);
        }
    }
}
