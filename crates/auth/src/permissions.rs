//! The rows of permissions: after each `migrate` there is one for everything that the registered models say.

use std::{collections::HashMap, sync::Arc};

use quintet_core::{Result, Services, Site};
use quintet_migrate::{Migrated, Migrator, sources};
use quintet_orm::{Db, create, registered_models};

use crate::models::{ContentType, Permission};

/// Makes the rows that are missing. Those of models that are gone stay, as in Django: somebody may have been given them.
pub(crate) async fn keep(services: Services, event: Arc<Migrated>) -> Result {
    let (site, db) = (services.require::<Arc<Site>>()?, services.require::<Db>()?);
    if event.database != db.name() {
        return Ok(());
    }
    // Where this app's tables are not there yet, or no more, there is nothing to keep.
    let graph = sources::load(site)?;
    let recorded = Migrator::new(db, &graph).recorded().await?;
    if !recorded.iter().any(|key| key.app == "auth") {
        return Ok(());
    }
    let db = &db.primary();
    db.atomic(async |tx| {
        let mut types: HashMap<(String, String), i64> = ContentType
            .select((ContentType.id, ContentType.app_label, ContentType.model))
            .all(tx)
            .await?
            .into_iter()
            .map(|(id, app, model)| ((app, model), id))
            .collect();
        let mut there: HashMap<(i64, String), ()> = Permission
            .select((Permission.content_type.id, Permission.codename))
            .all(tx)
            .await?
            .into_iter()
            .map(|key| (key, ()))
            .collect();
        let mut missing = Vec::new();
        for meta in registered_models(site) {
            let Some((app, model)) = meta.identity()?.label.split_once('.') else { continue };
            let mut content_type = None;
            for (codename, name) in meta.permissions() {
                let id = match content_type {
                    Some(id) => id,
                    None => {
                        let place = (app.to_owned(), model.to_lowercase());
                        let id = match types.get(&place) {
                            Some(id) => *id,
                            None => {
                                let (app_label, model) = place.clone();
                                let new = create!(ContentType { app_label, model }).insert(tx).await?;
                                types.insert(place, new.id);
                                new.id
                            }
                        };
                        *content_type.insert(id)
                    }
                };
                if there.insert((id, codename.clone()), ()).is_none() {
                    missing.push(create!(Permission { name, content_type: id, codename }));
                }
            }
        }
        Permission.bulk_insert(missing, tx).await?;
        Ok(())
    })
    .await
}
