use quintet_core::{Result, Room, Site};

/// The rooms that this build has, from the ground up: the order in which they start.
#[must_use]
#[allow(clippy::vec_init_then_push, reason = "which rooms there are depends on the features")]
pub fn rooms() -> Vec<Box<dyn Room>> {
    let mut rooms: Vec<Box<dyn Room>> = Vec::new();
    #[cfg(feature = "orm")]
    rooms.push(Box::new(quintet_orm::OrmRoom));
    #[cfg(feature = "cache")]
    rooms.push(Box::new(quintet_cache::CacheRoom));
    #[cfg(feature = "sessions")]
    rooms.push(Box::new(quintet_sessions::SessionsRoom));
    #[cfg(feature = "forms")]
    rooms.push(Box::new(quintet_forms::FormsRoom));
    // As the room of forms, it brings templates along.
    #[cfg(feature = "auth")]
    rooms.push(Box::new(quintet_auth::AuthRoom));
    #[cfg(feature = "realtime")]
    rooms.push(Box::new(quintet_realtime::RealtimeRoom));
    #[cfg(feature = "templates")]
    rooms.push(Box::new(quintet_templates::TemplatesRoom));
    rooms.push(Box::new(quintet_storage::StorageRoom));
    rooms.push(Box::new(quintet_web::WebRoom));
    // Its mails have the addresses that those below make.
    #[cfg(feature = "mail")]
    rooms.push(Box::new(quintet_mail::MailRoom));
    #[cfg(feature = "orm")]
    rooms.extend([
        Box::new(quintet_migrate::MigrateRoom) as Box<dyn Room>,
        Box::new(quintet_fixtures::FixturesRoom),
    ]);
    rooms
}

/// `.run()`: the whole program of a small site.
pub trait Run {
    /// Reads the command line and does what it says; serves the site if it says nothing.
    ///
    /// # Errors
    /// What the command reports; `#[quintet::main]` shows it and ends the program with status 1.
    fn run(self) -> impl Future<Output = Result> + Send;
}

impl Run for Site {
    fn run(self) -> impl Future<Output = Result> + Send {
        quintet_cli::run(self, rooms())
    }
}
