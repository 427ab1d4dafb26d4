//! Data migrations in Rust: functions that an app registers, that `run_rust` names, and that see the models as they
//! were at that point.
//!
//! A function is given the migration's transaction and the [`OldModels`]: today's types may have fields that the tables
//! do not have yet, so nothing of them is used. [`OldModels`] are rebuilt from the state before the operation
//! ([`rebuild`]), and asked by name.
//!
//! ```
//! use quintet_core::{App, Result, Value};
//! use quintet_migrate::data::{DataMigrating, OldModels};
//! use quintet_orm::Tx;
//!
//! /// Gives each film an address of its own: named by `run_rust` in `migrations/0003_slugs.toml`.
//! async fn fill_slugs(tx: &Tx, old: &OldModels) -> Result {
//!     let films = old.set("Film")?;
//!     let mut all = old.batches("Film", 500, tx).await?;
//!     while let Some(some) = all.next(tx).await? {
//!         for film in &some {
//!             let slug = film.get("title").and_then(Value::as_text).unwrap_or_default().to_lowercase();
//!             films.clone().only(film)?.update_all([("slug", slug.into())], tx).await?;
//!         }
//!     }
//!     Ok(())
//! }
//!
//! let app = App::new("cinema").data_migration("fill_slugs", fill_slugs);
//! # let _ = app;
//! ```
mod batches;
mod old;
mod rebuild;
mod registry;

pub use batches::Batches;
pub use old::OldModels;
pub use registry::{DataFn, DataMigrating, DataMigrations};
