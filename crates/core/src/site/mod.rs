//! Sites and apps as plain values.
//!
//! A room adds its own methods to [`App`] and [`Site`] by a trait in the prelude and keeps what they
//! are given in a slot. When the site starts, each [`Room`](crate::Room) reads its slots, in the order of
//! the apps, and puts services into the running site.
mod app;
mod folder;
mod given;

use std::{any::Any, fmt};

pub use app::App;
pub use folder::{EmbeddedFile, Folder, files_below};
pub use given::GivenValues;

/// A whole site: installed apps, in order, and what belongs to the site itself.
#[derive(Default)]
pub struct Site {
    own: App,
    apps: Vec<App>,
}

impl Site {
    /// An empty site.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an app. The first installed wins where apps share a name (templates, static files).
    #[must_use]
    pub fn install(mut self, app: App) -> Self {
        self.apps.push(app);
        self
    }

    /// The installed apps, in order, without the site's own part.
    #[must_use]
    pub fn apps(&self) -> &[App] {
        &self.apps
    }

    /// The site's own part (which has no label), then the installed apps, in order.
    pub fn parts(&self) -> impl Iterator<Item = &App> {
        std::iter::once(&self.own).chain(&self.apps)
    }

    /// The same, for who takes out of them what they have brought.
    pub(crate) fn parts_mut(&mut self) -> impl Iterator<Item = &mut App> {
        std::iter::once(&mut self.own).chain(&mut self.apps)
    }

    /// The site's own part: routes, values and commands that were given to the site directly.
    #[must_use]
    pub fn own(&self) -> &App {
        &self.own
    }

    /// The site's own part, for rooms that add to it.
    pub fn own_mut(&mut self) -> &mut App {
        &mut self.own
    }

    /// What a room keeps for the site.
    #[must_use]
    pub fn slot<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.own.slot()
    }

    /// What a room keeps for the site, made on first use.
    pub fn slot_mut<T: Any + Send + Sync + Default>(&mut self) -> &mut T {
        self.own.slot_mut()
    }

    /// What a room keeps for each part, the site's own first.
    pub fn slots<T: Any + Send + Sync>(&self) -> impl Iterator<Item = (&App, &T)> {
        self.parts().filter_map(|part| Some((part, part.slot::<T>()?)))
    }

    /// The site's own directory: `quintet.toml` and relative paths are looked up there when it is not the
    /// working directory. `#[quintet::main]` sets it to the crate's.
    #[must_use]
    pub fn folder(mut self, folder: Folder) -> Self {
        self.own = self.own.folder(folder);
        self
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("own", &self.own).field("apps", &self.apps).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_in_order_with_the_sites_own_first() {
        let mut site = Site::new().install(App::new("a")).install(App::new("b").at("/shop/"));
        site.slot_mut::<Vec<u8>>().push(1);
        let labels: Vec<_> = site.parts().map(App::label).collect();
        assert_eq!(labels, ["", "a", "b"]);
        assert_eq!(site.apps()[1].prefix(), "/shop");
        assert_eq!(site.slots::<Vec<u8>>().count(), 1);
    }
}
