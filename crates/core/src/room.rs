//! How a room takes part in a site's life: settings, commands, checks, start and stop.

use std::sync::Arc;

use crate::{
    boxed::BoxFuture,
    check::Check,
    command::Command,
    error::Result,
    services::{Services, ServicesBuilder},
    settings::{Section, Settings},
    site::{GivenValues, Site},
};

/// A room of the house, as the binary sees it. Rooms are started from the ground up and stopped in reverse.
pub trait Room: Send + Sync + 'static {
    /// Its name in messages: `orm`, `web`.
    fn name(&self) -> &'static str;

    /// The sections of `quintet.toml` that it reads, so that unknown keys are caught.
    fn sections(&self) -> Vec<Section> {
        Vec::new()
    }

    /// The commands that it brings.
    fn commands(&self) -> Vec<Command> {
        Vec::new()
    }

    /// The settings that a site under test has instead of its own, unless the test says otherwise: pairs of `section.key`
    /// and the text of a variable. What would reach out of the process is kept in it by them.
    fn in_tests(&self) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }

    /// Gives a second start of the same site, with other settings, what it has in common with the first: the data of a test.
    fn share(&self, first: &Services, second: &mut ServicesBuilder) {
        let _ = (first, second);
    }

    /// Puts its services into the site that is starting.
    fn start<'a>(&'a self, boot: &'a mut Boot) -> BoxFuture<'a, Result> {
        let _ = boot;
        Box::pin(async { Ok(()) })
    }

    /// The site is about to work: to be served, tested, or to run a command of an app. Not called for the rooms' own
    /// commands, which may be there to look at the site before it works (`migrate --plan`).
    fn ready<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Result> {
        let _ = services;
        Box::pin(async { Ok(()) })
    }

    /// What it finds wrong with the started site.
    fn checks<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        let _ = services;
        Box::pin(async { Vec::new() })
    }

    /// What is wrong with the started site once others can reach it: `check --deploy` asks for it, and nobody else.
    fn deploy_checks<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        let _ = services;
        Box::pin(async { Vec::new() })
    }

    /// Lets go of what it holds; the site serves no more.
    fn stop<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, ()> {
        let _ = services;
        Box::pin(async {})
    }
}

/// A site while it starts: what the rooms see and fill.
#[derive(Debug)]
pub struct Boot {
    /// The site as declared.
    pub site: Arc<Site>,
    /// The settings, already read and checked.
    pub settings: Settings,
    /// The services that rooms lower down have added, and where this room adds its own.
    pub services: ServicesBuilder,
}

impl Boot {
    /// Nothing has started yet: what the site was given is all that is there, in place of what `services` has of the same types.
    ///
    /// # Errors
    /// If the site was given two values of one type.
    pub fn new(site: Arc<Site>, settings: Settings, mut services: ServicesBuilder) -> Result<Self> {
        GivenValues::insert_all(&site, &mut services)?;
        Ok(Boot { site, settings, services })
    }
}
