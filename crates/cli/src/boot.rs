//! From a declared site to a running one: directory, settings, services, rooms.
//!
//! The command line starts sites by it, and so does the test kit.

use std::{
    io::{ErrorKind as Io, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use quintet_core::{
    Boot, Error, Result, Room, Services, ServicesBuilder, Site, SourcePlace,
    check::{Check, Level},
    clock::Clock,
    command::Console,
    settings::{Checks, Secret, Settings, SettingsSlot, SiteSettings, Sources, sections_of},
    signal::Signals,
};

use crate::process;

/// The site's directory: the working directory if it has a `quintet.toml`; else the site's own folder, else
/// that of the crate with the entry, if it still exists; else the working directory.
///
/// # Errors
/// If there is no working directory.
pub fn directory(site: &Site) -> Result<PathBuf> {
    let here = std::env::current_dir()?;
    if here.join("quintet.toml").is_file() {
        return Ok(here);
    }
    let own = site.own().directory().map(|folder| folder.root().to_owned());
    let of_crate = process::program().map(|program| PathBuf::from(program.directory));
    Ok(own.or(of_crate).filter(|directory| directory.is_dir()).unwrap_or(here))
}

/// Reads `quintet.toml` and `.env` in `root`, where they exist, and the environment.
///
/// # Errors
/// If a file exists but can't be read as text.
pub fn read_sources(root: &Path) -> Result<Sources> {
    Ok(Sources {
        toml: text(root, "quintet.toml")?,
        dotenv: text(root, ".env")?,
        // A variable that is no text can't be a setting.
        env: std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
            .collect(),
        given: Vec::new(),
        root: root.to_owned(),
    })
}

fn text(root: &Path, name: &str) -> Result<Option<(String, String)>> {
    match std::fs::read_to_string(root.join(name)) {
        Ok(text) => Ok(Some((name.to_owned(), text))),
        Err(error) if error.kind() == Io::NotFound => Ok(None),
        Err(error) => Err(Error::settings(format!("can't be read: {error}"))
            .in_file(SourcePlace::new(name, 0))
            .with_source(error)),
    }
}

/// The settings of a site in `root`; if no key is set, with that of `secret_key_file`, or a development key in debug.
///
/// # Errors
/// Everything that is wrong with them, in one error.
pub fn settings(site: &Site, rooms: &[Box<dyn Room>], sources: Sources) -> Result<Settings> {
    let settings = Settings::load(sources, &sections_of(site, rooms))?;
    if settings.secret_key().is_ok() {
        return Ok(settings);
    }
    let key = match settings.secret_key_file() {
        Some(file) => kept_key(&file)?,
        None if settings.debug() => development_key(settings.root())?,
        None => return Ok(settings),
    };
    Ok(settings.or_secret_key(key))
}

/// The key of a development site: made once, kept in `.quintet/secret`, out of version control.
///
/// # Errors
/// If the directory can't be written.
pub fn development_key(root: &Path) -> Result<Secret> {
    kept_key(&root.join(FOLDER).join("secret"))
}

/// Our own folder in a site's directory: nothing in it belongs into version control.
const FOLDER: &str = ".quintet";

/// The key in this file, which is made if it is not there, for nobody else to read.
///
/// # Errors
/// If it can't be read or written, or holds something that is no key.
fn kept_key(file: &Path) -> Result<Secret> {
    let directory = file.parent().unwrap_or(Path::new(""));
    let ours = directory.file_name().is_some_and(|name| name == FOLDER);
    let failed = |error: std::io::Error| {
        let text =
            format!("a secret key can't be kept in {}: {error}; set QUINTET_SECRET_KEY", file.display());
        Error::settings(text).with_source(error)
    };
    let read = || match std::fs::read_to_string(file) {
        Ok(key) if key.trim().len() >= 32 => Ok(Some(Secret::new(key.trim()))),
        // What is ours is made anew; what somebody has put there is theirs to mend.
        Ok(_) if ours => Ok(None),
        Ok(_) => Err(Error::settings(format!(
            "{} holds no secret key: it has fewer than 32 characters. Put 32 or more random bytes there, for \
             example the output of `openssl rand -base64 48`, or take the file away, and one is made",
            file.display()
        ))),
        Err(error) if error.kind() == Io::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    };
    if let Some(key) = read()? {
        return Ok(key);
    }
    let broken = file.exists();
    std::fs::create_dir_all(directory).map_err(failed)?;
    if ours {
        std::fs::write(directory.join(".gitignore"), "*\n").map_err(failed)?;
    }
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal(format!("no random numbers: {error}")))?;
    let key: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    // Whole and at once, and never over a key that another process has just made and uses.
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mine = directory.join(format!("secret.{}.{number}", std::process::id()));
    let write = || {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&mine)?.write_all(key.as_bytes())?;
        match std::fs::hard_link(&mine, file) {
            Ok(()) => std::fs::remove_file(&mine),
            Err(error) if error.kind() == Io::AlreadyExists && !broken => std::fs::remove_file(&mine),
            // A file too short for a key, or a disk without links.
            Err(_) => std::fs::rename(&mine, file),
        }
    };
    write().map_err(failed)?;
    read()?.ok_or_else(|| Error::internal(format!("{} was emptied while it was read", file.display())))
}

/// A site whose rooms are up.
pub struct Running {
    services: Services,
    settings: Settings,
    rooms: Arc<Vec<Box<dyn Room>>>,
}

/// Starts the rooms, in order. If one fails, those that stand are stopped.
///
/// # Errors
/// What kept a room from starting.
pub async fn start(
    site: Arc<Site>,
    rooms: Arc<Vec<Box<dyn Room>>>,
    settings: Settings,
    console: Console,
    clock: Clock,
) -> Result<Running> {
    start_with(Services::builder(), site, rooms, settings, console, clock).await
}

/// [`start`] with services that are there before any room: a database that a test has opened already.
///
/// # Errors
/// As [`start`].
pub async fn start_with(
    services: ServicesBuilder,
    site: Arc<Site>,
    rooms: Arc<Vec<Box<dyn Room>>>,
    settings: Settings,
    console: Console,
    clock: Clock,
) -> Result<Running> {
    let mut boot = Boot::new(site.clone(), settings.clone(), services)?;
    boot.services.insert(Signals::of(&site));
    boot.services.insert(clock);
    boot.services.insert(console);
    boot.services.insert(settings.clone());
    boot.services.insert(settings.get::<SiteSettings>()?.time_zone);
    SettingsSlot::insert_all(&site, &settings, &mut boot.services)?;
    boot.services.insert(site);
    boot.services.check()?;
    for (i, room) in rooms.iter().enumerate() {
        tracing::debug!(room = room.name(), "starting");
        let started = room.start(&mut boot).await;
        // One that has started what it may not is stopped like the others.
        let standing = if started.is_ok() { i + 1 } else { i };
        if let Err(error) = started.and_then(|()| boot.services.check()) {
            let services = boot.services.build();
            stop(rooms.get(..standing).unwrap_or_default(), &services).await;
            return Err(error.with_detail("room", room.name()));
        }
    }
    Ok(Running { services: boot.services.build(), settings, rooms })
}

async fn stop(rooms: &[Box<dyn Room>], services: &Services) {
    for room in rooms.iter().rev() {
        tracing::debug!(room = room.name(), "stopping");
        room.stop(services).await;
    }
}

impl Running {
    /// What the rooms have put there.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// What it was started with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn rooms(&self) -> &[Box<dyn Room>] {
        &self.rooms
    }

    /// Tells the rooms that the site is about to work: migrations may be applied now.
    ///
    /// # Errors
    /// What keeps a room from working.
    pub async fn ready(&self) -> Result {
        for room in self.rooms.iter() {
            room.ready(&self.services).await.map_err(|error| error.with_detail("room", room.name()))?;
        }
        Ok(())
    }

    /// What all rooms find wrong, the worst first, without what settings silence.
    ///
    /// # Errors
    /// If the settings say nothing of checks, which can't be after a load.
    pub async fn checks(&self) -> Result<Vec<Check>> {
        let mut found = Vec::new();
        for room in self.rooms.iter() {
            found.extend(room.checks(&self.services).await);
        }
        self.sorted(found)
    }

    /// What all rooms find wrong once others can reach the site, likewise.
    ///
    /// # Errors
    /// As [`checks`](Self::checks).
    pub async fn deploy_checks(&self) -> Result<Vec<Check>> {
        let mut found = Vec::new();
        for room in self.rooms.iter() {
            found.extend(room.deploy_checks(&self.services).await);
        }
        self.sorted(found)
    }

    fn sorted(&self, mut found: Vec<Check>) -> Result<Vec<Check>> {
        let silenced = self.settings.get::<Checks>()?.silence;
        found.retain(|check| !silenced.iter().any(|id| id == check.id));
        found.sort_by_key(|check| std::cmp::Reverse(check.level));
        Ok(found)
    }

    /// Writes findings of `at_least` this level to standard error.
    pub fn tell(&self, found: &[Check], at_least: Level) {
        if let Some(console) = self.services.get::<Console>() {
            for check in found.iter().filter(|check| check.level >= at_least) {
                console.warn(check);
            }
        }
    }

    /// Stops the rooms, the last started first.
    pub async fn stop(&self) {
        stop(&self.rooms, &self.services).await;
    }
}
