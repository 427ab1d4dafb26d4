//! `.settings::<S>()`: an app declares the section it reads.

use super::{Section, Settings, SettingsSection};
use crate::{
    error::Result,
    room::Room,
    services::ServicesBuilder,
    site::{App, Site},
};

/// The sections that an app or a site declares.
#[derive(Default)]
pub struct SettingsSlot(Vec<Declared>);

struct Declared {
    section: fn() -> Section,
    insert: fn(&Settings, &mut ServicesBuilder) -> Result,
}

impl SettingsSlot {
    fn declare<S: SettingsSection>(&mut self) {
        self.0.push(Declared {
            section: S::section,
            insert: |settings, services| {
                services.insert(settings.get::<S>()?);
                Ok(())
            },
        });
    }

    /// Reads every declared section of a site and puts each into the services, as a value of its own type.
    ///
    /// # Errors
    /// If a section can't be read.
    pub fn insert_all(site: &Site, settings: &Settings, services: &mut ServicesBuilder) -> Result {
        for (_, slot) in site.slots::<SettingsSlot>() {
            for declared in &slot.0 {
                (declared.insert)(settings, services)?;
            }
        }
        Ok(())
    }
}

/// All sections that a site reads: its rooms' and its apps'.
#[must_use]
pub fn sections_of(site: &Site, rooms: &[Box<dyn Room>]) -> Vec<Section> {
    let of_rooms = rooms.iter().flat_map(|room| room.sections());
    let of_apps = site.slots::<SettingsSlot>().flat_map(|(_, slot)| slot.0.iter().map(|d| (d.section)()));
    of_rooms.chain(of_apps).collect()
}

/// `.settings::<Cinema>()`, on apps and sites.
pub trait WithSettings: Sized {
    /// Declares the section `S`: its keys are checked at start-up, and the value is a service
    /// (`State<S>` in handlers, `&S` in commands).
    #[must_use]
    fn settings<S: SettingsSection>(self) -> Self;
}

impl WithSettings for App {
    fn settings<S: SettingsSection>(mut self) -> Self {
        self.slot_mut::<SettingsSlot>().declare::<S>();
        self
    }
}

impl WithSettings for Site {
    fn settings<S: SettingsSection>(mut self) -> Self {
        self.slot_mut::<SettingsSlot>().declare::<S>();
        self
    }
}
