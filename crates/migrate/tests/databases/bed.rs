//! Two databases that know each other, and the models that live in them.

use std::{path::Path, sync::Arc};

use quintet_core::App;
use quintet_orm::{DatabaseRouter, Databases, Db, DbOptions, Models};

use super::common::*;

/// Customers are in the default database, entries with their marks in the archive.
pub(crate) mod today {
    use quintet_orm::prelude::*;

    #[model(app = "shop")]
    pub struct Customer {
        #[field(unique, max_length = 40)]
        pub name: String,
    }

    #[model(app = "shop", database = "archive")]
    pub struct Entry {
        pub text: String,
        pub tags: ManyToMany<Label>,
    }

    #[model(app = "shop", database = "archive")]
    pub struct Mark {
        pub entry: ForeignKey<Entry>,
        pub word: String,
    }

    #[model(app = "shop", database = "archive")]
    pub struct Label {
        pub name: String,
    }
}

/// All of them in the default database, as it was once.
pub(crate) mod once {
    use quintet_orm::prelude::*;

    #[model(app = "shop")]
    pub struct Customer {
        #[field(unique, max_length = 40)]
        pub name: String,
    }

    #[model(app = "shop")]
    pub struct Entry {
        pub text: String,
        pub tags: ManyToMany<Label>,
    }

    #[model(app = "shop")]
    pub struct Mark {
        pub entry: ForeignKey<Entry>,
        pub word: String,
    }

    #[model(app = "shop")]
    pub struct Label {
        pub name: String,
    }
}

pub(crate) fn today(root: &Path) -> App {
    let models = (today::Customer, today::Entry, today::Mark, today::Label);
    App::new("shop").folder(folder(root)).models(models)
}

pub(crate) fn once(root: &Path) -> App {
    let models = (once::Customer, once::Entry, once::Mark, once::Label);
    App::new("shop").folder(folder(root)).models(models)
}

/// Two databases of these kinds that know each other.
pub(crate) struct Two {
    pub(crate) db: Db,
    pub(crate) engines: [Engine; 2],
    _beds: Vec<Bed>,
    files: tempfile::TempDir,
}

impl Two {
    pub(crate) async fn open(engines: [Engine; 2]) -> Two {
        Two::routed(engines, None).await
    }

    pub(crate) async fn routed(engines: [Engine; 2], router: Option<Arc<dyn DatabaseRouter>>) -> Two {
        let files = tempfile::tempdir().unwrap();
        let (mut beds, mut all) = (Vec::new(), Vec::new());
        for (engine, name) in engines.into_iter().zip(["default", "archive"]) {
            let url = match engine {
                Engine::Sqlite => format!("sqlite://{}", files.path().join(name).display()),
                Engine::Postgres => {
                    beds.push(engine.open().await);
                    beds.last().unwrap().url.clone()
                }
            };
            let options =
                DbOptions { name: name.to_owned(), lanes: 1, connections: 4, ..DbOptions::default() };
            all.push(Db::open(&url, options).await.unwrap());
        }
        let mut databases = Databases::new(all.remove(0)).with(all.remove(0));
        if let Some(router) = router {
            databases = databases.router(router);
        }
        Two { db: databases.build().unwrap(), engines, _beds: beds, files }
    }

    pub(crate) fn archive(&self) -> Db {
        self.db.using("archive").unwrap()
    }

    /// The names of the tables that each has, without the history.
    pub(crate) async fn tables(&self) -> [Vec<String>; 2] {
        [tables(&self.db).await, tables(&self.archive()).await]
    }

    pub(crate) fn root(&self) -> &Path {
        self.files.path()
    }
}

pub(crate) async fn tables(db: &Db) -> Vec<String> {
    let mut names: Vec<String> = introspect(db).await.into_keys().collect();
    names.retain(|name| name != "quintet_migrations");
    names
}

/// All pairs of databases that are there.
pub(crate) fn pairs() -> Vec<[Engine; 2]> {
    let all = engines();
    all.iter().flat_map(|one| all.iter().map(|other| [*one, *other])).collect()
}

pub(crate) fn write(root: &Path, name: &str, text: &str) {
    let directory = root.join("migrations");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join(format!("{name}.toml")), text).unwrap();
}
