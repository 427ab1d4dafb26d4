//! What has changed on disk, gathered until nothing more comes.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher, event::ModifyKind};
use quintet_core::{Error, Result};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::{Instant, timeout_at},
};

use super::{
    change::{self, Change, Level},
    project::Project,
};

/// How long it is quiet when a change is over: editors write a file in several steps.
const QUIET: Duration = Duration::from_millis(40);
/// How long a change may last.
const LONGEST: Duration = Duration::from_millis(400);

pub(super) struct Watch {
    watcher: RecommendedWatcher,
    paths: UnboundedReceiver<PathBuf>,
    project: Project,
    /// What has come and was not asked for yet.
    kept: Change,
}

impl Watch {
    /// # Errors
    /// If the system watches no more files.
    pub(super) fn start(project: &Project) -> Result<Self> {
        let (sender, paths) = unbounded_channel();
        let heard = move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            let content = match event.kind {
                EventKind::Create(_) | EventKind::Remove(_) | EventKind::Any => true,
                EventKind::Modify(kind) => !matches!(kind, ModifyKind::Metadata(_)),
                _ => false,
            };
            for path in event.paths.into_iter().filter(|_| content) {
                // The loop has ended: nobody wants to know.
                let _ = sender.send(path);
            }
        };
        let watcher = notify::recommended_watcher(heard).map_err(failed)?;
        let mut watch = Watch { watcher, paths, project: project.clone(), kept: Change::of(Level::Nothing) };
        for folder in change::single(project) {
            watch.watch(&folder, RecursiveMode::NonRecursive)?;
        }
        for package in &project.packages {
            for folder in std::fs::read_dir(package)?.flatten().map(|entry| entry.path()) {
                watch.folder(&folder)?;
            }
        }
        for dir in project.dirs.iter().filter(|dir| dir.is_dir()) {
            watch.watch(dir, RecursiveMode::Recursive)?;
        }
        Ok(watch)
    }

    /// A folder in a package, unless it is none of the project's.
    fn folder(&mut self, folder: &Path) -> Result {
        if folder.is_dir() && change::is_watched(folder, &self.project.target) {
            self.watch(folder, RecursiveMode::Recursive)?;
        }
        Ok(())
    }

    fn watch(&mut self, path: &Path, mode: RecursiveMode) -> Result {
        match self.watcher.watch(path, mode) {
            Err(error) if path.exists() => Err(failed(error)),
            // It went away meanwhile.
            _ => Ok(()),
        }
    }

    /// The next change that counts.
    pub(super) async fn next(&mut self) -> Change {
        self.changed(Level::Page).await;
        let end = Instant::now() + LONGEST;
        loop {
            let quiet = (Instant::now() + QUIET).min(end);
            match timeout_at(quiet, self.paths.recv()).await {
                Ok(Some(path)) => self.add(&path),
                Ok(None) | Err(_) => break,
            }
        }
        std::mem::replace(&mut self.kept, Change::of(Level::Nothing))
    }

    /// Waits for a change of this level or above, and leaves it to [`next`](Watch::next).
    pub(super) async fn changed(&mut self, least: Level) {
        while self.kept.level < least {
            match self.paths.recv().await {
                Some(path) => self.add(&path),
                None => std::future::pending().await,
            }
        }
    }

    fn add(&mut self, path: &Path) {
        let new =
            path.parent().is_some_and(|parent| self.project.packages.iter().any(|package| package == parent));
        if new && path.is_dir() {
            // What is in it may not be watched; the next change of it is.
            let _ = self.folder(path);
        }
        self.kept.add(&self.project, path);
    }
}

fn failed(error: notify::Error) -> Error {
    Error::internal(format!("changes of files can't be watched: {error}")).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(root: &Path) -> Project {
        Project {
            package: root.to_owned(),
            binary: "site".into(),
            options: Vec::new(),
            packages: vec![root.to_owned()],
            workspace: root.to_owned(),
            target: root.join("target"),
            root: root.to_owned(),
            dirs: Vec::new(),
        }
    }

    #[tokio::test]
    async fn changes_are_heard_and_others_are_not() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let write = |name: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        };
        write("src/main.rs");
        write("templates/deep/a.html");
        write("target/debug/x");
        let mut watch = Watch::start(&project(&root)).unwrap();
        for ignored in ["target/debug/y", "README.md", "src/main.rs~", ".git/index"] {
            write(ignored);
        }
        write("templates/deep/a.html");
        let change = watch.next().await;
        assert_eq!((change.level, change.describe().as_str()), (Level::Page, "templates/deep/a.html"));
        // By another name first, as careful editors do.
        write("src/main.rs.tmp");
        std::fs::rename(root.join("src/main.rs.tmp"), root.join("src/main.rs")).unwrap();
        let change = watch.next().await;
        assert_eq!((change.level, change.describe().as_str()), (Level::Rebuild, "src/main.rs"));
        std::fs::create_dir(root.join("static")).unwrap();
        write("quintet.toml");
        assert_eq!(watch.next().await.level, Level::Restart);
        write("static/app.css");
        assert_eq!(watch.next().await.event(), r#"event css {"names":["app.css"]}"#);
    }
}
