use quintet_core::{App, Result, Site, meta::ModelMeta};

use crate::{model::Model, table::Table};

/// The models that an app has registered.
#[derive(Debug, Default)]
pub struct ModelSlot(pub Vec<&'static ModelMeta>);

/// What went wrong while models were registered, for the check `orm.E001`.
#[derive(Debug, Default)]
pub(super) struct Refused(pub(super) Vec<String>);

/// `.models((Director, Film, Review))`, on apps.
pub trait Models: Sized {
    /// Registers models: they get the app's label, and tables and migrations. A model that another app has already is
    /// reported by the check `orm.E001`.
    #[must_use]
    fn models(self, models: impl IntoModels) -> Self;

    /// Registers a model in the place of another one: it has that one's label and table and says what columns there are; keys
    /// that lead to the other model lead to its rows, and the other one is one more view of the table.
    #[must_use]
    fn model_in_place_of(self, model: &'static ModelMeta, other: &'static ModelMeta) -> Self;
}

impl Models for App {
    fn models(mut self, models: impl IntoModels) -> Self {
        let mut given = Vec::new();
        models.put(&mut given);
        for meta in given {
            let claimed = meta.claim(self.label());
            put(&mut self, meta, claimed);
        }
        self
    }

    fn model_in_place_of(mut self, model: &'static ModelMeta, other: &'static ModelMeta) -> Self {
        let claimed = model.claim_place_of(other, self.label());
        put(&mut self, model, claimed);
        self
    }
}

fn put(app: &mut App, meta: &'static ModelMeta, claimed: Result) {
    if let Err(error) = claimed {
        app.slot_mut::<Refused>().0.push(error.to_string());
        return;
    }
    let all = &mut app.slot_mut::<ModelSlot>().0;
    if !all.contains(&meta) {
        all.push(meta);
    }
}

/// All models of a site, in the order of its apps; each one once, also where an app is installed twice.
#[must_use]
pub fn registered_models(site: &Site) -> Vec<&'static ModelMeta> {
    let mut all = Vec::new();
    for (_, slot) in site.slots::<ModelSlot>() {
        for meta in &slot.0 {
            if !all.contains(meta) {
                all.push(*meta);
            }
        }
    }
    all
}

/// A model, or a tuple of up to 24 of them, or a list of metadata.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no model and no tuple of models",
    label = "expected models, as in `.models((Film, Review))`",
    note = "name the models as values: `Film`, not `Film::meta()`",
    note = "more than 24 models: call `.models(..)` again"
)]
pub trait IntoModels {
    /// Adds their metadata to `all`.
    fn put(self, all: &mut Vec<&'static ModelMeta>);
}

impl<M: Model> IntoModels for Table<M> {
    fn put(self, all: &mut Vec<&'static ModelMeta>) {
        all.push(M::meta());
    }
}

impl IntoModels for Vec<&'static ModelMeta> {
    fn put(self, all: &mut Vec<&'static ModelMeta>) {
        all.extend(self);
    }
}

macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<$first: IntoModels, $($rest: IntoModels),*> IntoModels for ($first, $($rest,)*) {
            fn put(self, all: &mut Vec<&'static ModelMeta>) {
                #[expect(non_snake_case, reason = "a value has the name of its type")]
                let ($first, $($rest,)*) = self;
                $first.put(all);
                $($rest.put(all);)*
            }
        }
        tuples!($($rest)*);
    };
    () => {};
}

tuples!(A B C D E F G H I J K L M N O P Q R S T U V W X);
