//! A site whose commands are run as on the command line.

use std::{path::Path, sync::Arc};

use quintet_core::{
    App, Folder, Result, Room, Services, Site,
    command::{ArgStyle, Args, Console},
    settings::Settings,
    signal::Signals,
};
use quintet_migrate::MigrateRoom;
use quintet_orm::Db;

pub struct Stage {
    pub site: Arc<Site>,
    pub db: Db,
}

/// A directory that is read when the program runs, as in debug.
pub fn folder(root: &Path) -> Folder {
    Folder::on_disk(Box::leak(root.to_str().unwrap().to_owned().into_boxed_str()))
}

pub fn stage(db: &Db, apps: Vec<App>) -> Stage {
    let site = apps.into_iter().fold(Site::new(), Site::install);
    Stage { site: Arc::new(site), db: db.clone() }
}

impl Stage {
    pub fn services(&self, console: Console) -> Services {
        let mut services = Services::builder();
        services.insert(Signals::of(&self.site));
        services.insert(self.site.clone());
        services.insert(self.db.clone());
        services.insert(Settings::for_tests(Path::new("."), [("migrations.on_start", "true")]));
        services.insert(console);
        services.build()
    }

    /// What a command writes where nobody answers.
    pub async fn run(&self, line: &str) -> Result<String> {
        let (console, out) = Console::captured();
        let mut words = line.split(' ').peekable();
        let name = words.next().unwrap();
        let commands = MigrateRoom.commands();
        let command = commands.iter().find(|c| c.name == name).unwrap();
        let mut args = Args::default();
        let mut places = command.args.iter().filter(|a| a.positional);
        while let Some(word) = words.next() {
            match word.strip_prefix("--") {
                Some(option) => {
                    let option = option.replace('-', "_");
                    let spec = command.args.iter().find(|a| a.name == option && !a.positional).unwrap();
                    let flag = spec.style == ArgStyle::Flag;
                    args.push(&option, if flag { "true" } else { words.next().unwrap() });
                }
                None => args.push(&places.next().unwrap().name, word),
            }
        }
        command.run(self.services(console), args).await?;
        Ok(out.text() + &out.errors())
    }

    pub async fn checks(&self) -> Vec<String> {
        let services = self.services(Console::captured().0);
        MigrateRoom.checks(&services).await.iter().map(ToString::to_string).collect()
    }
}
