//! Quintet's migrations: from changed models to changed tables, with every row kept.
//!
//! Data passes once, forwards: models → [`state`] → difference ([`detect`]) → [`operation`]s → files ([`file`](mod@file),
//! ordered by [`graph`]) → SQL ([`sql`]) → database ([`run`]). [`MigrateRoom`] puts the commands in front of it.
//!
//! Migrations are TOML files of operations, neutral to the database and embedded in a release build. The state at any
//! point is the fold of the operations before it, so an inverse needs nothing in the file. Files are found and written
//! by [`sources`].
//!
//! The other way round, [`inspect`](mod@inspect) writes models for tables that are there.
mod error;

pub mod data;
pub mod detect;
pub mod events;
pub mod file;
pub mod graph;
pub mod inspect;
mod key;
pub mod merge;
mod names;
pub mod operation;
mod room;
pub mod run;
pub mod sources;
pub mod sql;
pub mod squash;
pub mod state;

pub use data::{DataMigrating, DataMigrations, OldModels};
pub use events::{Migrated, Migrating};
pub use file::Migration;
pub use graph::Graph;
pub use key::MigrationKey;
pub use operation::Operation;
pub use room::{MigrateRoom, MigrationSettings};
pub use run::{Migrator, create_tables, create_unmigrated, migrate};
pub use sources::KeepMigrations;
pub use state::ProjectState;
