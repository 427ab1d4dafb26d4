//! What the tests of this crate share.
#![allow(dead_code, reason = "each test uses its part")]

use std::{path::Path, sync::Arc};

use quintet_core::{
    Boot, Result, Room as _, Services, ServicesBuilder, Site, clock::Clock, settings::Settings,
};
use quintet_mail::{MailRoom, Mailer};

/// A mailer by these settings, as a site would have it.
pub(crate) async fn try_mailer(settings: &[(&str, &str)]) -> Result<Mailer> {
    with(settings, Path::new("/nowhere"), Services::builder()).await
}

pub(crate) async fn with(
    settings: &[(&str, &str)],
    root: &Path,
    mut services: ServicesBuilder,
) -> Result<Mailer> {
    services.insert(Clock::fixed("2026-11-20T12:34:56Z".parse()?));
    let given = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let mut boot =
        Boot::new(Arc::new(Site::new()), Settings::for_tests(root, given.collect::<Vec<_>>()), services)
            .unwrap();
    MailRoom.start(&mut boot).await?;
    boot.services.build().require::<Mailer>().cloned()
}

pub(crate) async fn mailer(settings: &[(&str, &str)]) -> Mailer {
    try_mailer(settings).await.unwrap()
}
