use quintet_core::{
    Boot, BoxFuture, Result, Room, Services,
    check::Check,
    command::Command,
    settings::{Section, SettingsSection},
};

use crate::{
    commands,
    own::{self, Users},
    passwords::{PasswordSettings, Passwords},
    settings::AuthSettings,
};

/// The room of users: the sections `[auth]` and `[auth.passwords]`, the service [`Passwords`], two commands, and the check of a site's own user model.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuthRoom;

impl Room for AuthRoom {
    fn name(&self) -> &'static str {
        "auth"
    }

    fn sections(&self) -> Vec<Section> {
        vec![AuthSettings::section(), PasswordSettings::section()]
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
            if let Some((_, users)) = boot.site.slots::<Users>().next() {
                boot.services.insert(*users);
            }
            Ok(())
        })
    }

    fn checks<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        Box::pin(async move {
            services.get::<Users>().map(|users| own::check((users.meta)())).unwrap_or_default()
        })
    }
}
