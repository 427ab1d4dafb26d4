use std::sync::Arc;

use quintet_core::{
    Boot, BoxFuture, EmbeddedFile, Folder, Result, Room, Services,
    check::Check,
    command::Command,
    rate::SharedRates,
    settings::{Section, Settings, SettingsSection},
    template::Supplied,
};

use quintet_orm::Db;
use quintet_web::session::SessionEpochs;

use crate::{
    AuthBackend, ModelBackend, RemoteUserBackend, RemoteUserSettings, TokenBackend, audit,
    backend::Backends,
    commands, deploy,
    epochs::Epochs,
    own::{self, Users},
    passwords::{PasswordSettings, Passwords},
    settings::{AuditSettings, AuthSettings},
    throttle::{AttemptStore, MemoryAttempts, OrMemory},
};

macro_rules! files {
    ($($name:literal)*) => {
        &[$(EmbeddedFile { path: $name, bytes: include_bytes!(concat!("../", $name)) }),*]
    };
}

/// The pages' looks. An app that has a file of the same name puts its own in its place.
static FILES: &[EmbeddedFile] = files![
    "templates/auth/base.html" "templates/auth/faults.html" "templates/auth/rules.html" "templates/auth/login.html" "templates/auth/logout.html" "templates/auth/password.html"
    "templates/auth/code.html" "templates/auth/confirm.html" "templates/auth/totp.html" "templates/auth/recovery_codes.html" "templates/auth/sessions.html" "templates/auth/tokens.html"
    "static/auth/auth.css"
];

/// The room of users: the sections `[auth]` (with the feature `mail` also what it says about mails), `[auth.passwords]`,
/// `[auth.remote_user]` and `[audit]`, the service [`Passwords`], the looks of the
/// pages, five commands, and the checks of a site's own user model and of what others can reach. It starts before the rooms of templates
/// and of the web.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuthRoom;

impl Room for AuthRoom {
    fn name(&self) -> &'static str {
        "auth"
    }

    fn sections(&self) -> Vec<Section> {
        vec![
            AuthSettings::section(),
            PasswordSettings::section(),
            RemoteUserSettings::section(),
            AuditSettings::section(),
            #[cfg(feature = "mail")]
            crate::settings::ByMailSettings::section(),
        ]
    }

    fn commands(&self) -> Vec<Command> {
        commands::all()
    }

    /// A test makes users by the dozen, and nobody attacks them.
    fn in_tests(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("auth.passwords.argon2_memory", "16 KiB"),
            ("auth.passwords.argon2_passes", "1"),
            ("auth.passwords.argon2_lanes", "1"),
            ("auth.passwords.pbkdf2_iterations", "1000"),
            ("auth.passwords.scrypt_work", "16"),
            ("auth.passwords.bcrypt_rounds", "4"),
        ]
    }

    fn start<'a>(&'a self, boot: &'a mut Boot) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            boot.services.insert(Passwords::new(boot.settings.get::<PasswordSettings>()?)?);
            if boot.services.get::<Arc<dyn AttemptStore>>().is_none() {
                let shared = boot.services.get::<SharedRates>().map(|shared| OrMemory::new(shared.0.clone()));
                boot.services.insert::<Arc<dyn AttemptStore>>(match shared {
                    Some(shared) => Arc::new(shared),
                    None => Arc::new(MemoryAttempts::default()),
                });
            }
            if boot.site.slots::<audit::Installed>().next().is_some() {
                boot.services.insert::<Arc<audit::Writer>>(Arc::default());
            }
            if let Some((_, users)) = boot.site.slots::<Users>().next() {
                boot.services.insert(*users);
                if let Some(db) = boot.services.get::<Db>().cloned() {
                    boot.services.insert::<Arc<dyn SessionEpochs>>(Arc::new(Epochs(db)));
                }
                let auth = boot.settings.get::<AuthSettings>()?;
                boot.services.insert(auth.require_totp);
                let known: Vec<Arc<dyn AuthBackend>> =
                    vec![Arc::new(ModelBackend), Arc::new(TokenBackend), Arc::new(RemoteUserBackend)];
                boot.services.insert(Backends::of_site(known, &boot.site, &auth.backends)?);
                #[cfg(feature = "realtime")]
                boot.services
                    .insert::<Arc<dyn quintet_realtime::Identify>>(Arc::new(crate::channels::ByAccount));
                let mut supplied = boot.services.get::<Supplied>().cloned().unwrap_or_default();
                supplied.0.push(Folder::embedded(env!("CARGO_MANIFEST_DIR"), FILES));
                #[cfg(feature = "mail")]
                supplied.0.push(Folder::embedded(env!("CARGO_MANIFEST_DIR"), crate::by_mail::FILES));
                boot.services.insert(supplied);
            }
            Ok(())
        })
    }

    #[cfg(feature = "realtime")]
    fn ready<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            crate::channels::watch(services);
            Ok(())
        })
    }

    fn deploy_checks<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        let settings = services.get::<Settings>().filter(|_| services.get::<Users>().is_some());
        Box::pin(std::future::ready(settings.map(deploy::checks).unwrap_or_default()))
    }

    fn checks<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        Box::pin(async move {
            services.get::<Users>().map(|users| own::check((users.meta)())).unwrap_or_default()
        })
    }
}
