//! Rooms that apps and sites bring: `.room(..)`. Beside `site`, for rooms know the site that they are started for.

use crate::{
    room::Room,
    site::{App, Site},
};

#[derive(Default)]
struct OwnRooms(Vec<Box<dyn Room>>);

impl Site {
    /// Adds a room of the site's own: checks, commands, sections of settings, work at start and stop. It starts after those of the
    /// framework, and finds their services; what is to be there before them is given by `.with(..)`.
    ///
    /// ```
    /// use quintet_core::{BoxFuture, Room, Services, Site, check::Check};
    ///
    /// struct Backups;
    ///
    /// impl Room for Backups {
    ///     fn name(&self) -> &'static str {
    ///         "backups"
    ///     }
    ///
    ///     fn deploy_checks<'a>(&'a self, _: &'a Services) -> BoxFuture<'a, Vec<Check>> {
    ///         Box::pin(async {
    ///             let is_there = std::path::Path::new("/var/backups/site").is_dir();
    ///             let missing = || Check::warning("backups.W001", "nobody keeps backups in /var/backups/site");
    ///             (!is_there).then(missing).into_iter().collect()
    ///         })
    ///     }
    /// }
    ///
    /// let site = Site::new().room(Backups);
    /// # let _ = site;
    /// ```
    #[must_use]
    pub fn room(mut self, room: impl Room) -> Self {
        self.slot_mut::<OwnRooms>().0.push(Box::new(room));
        self
    }

    /// Takes the rooms of all parts out of the site, in order: for whoever starts it.
    pub fn take_rooms(&mut self) -> Vec<Box<dyn Room>> {
        self.parts_mut().flat_map(|part| std::mem::take(&mut part.slot_mut::<OwnRooms>().0)).collect()
    }
}

impl App {
    /// Adds a room that comes with the app; see [`Site::room`](crate::Site::room).
    #[must_use]
    pub fn room(mut self, room: impl Room) -> Self {
        self.slot_mut::<OwnRooms>().0.push(Box::new(room));
        self
    }
}
