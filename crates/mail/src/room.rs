use std::sync::Arc;

use quintet_core::{
    Boot, BoxFuture, Result, Room, Services, ServicesBuilder,
    check::Check,
    clock::Clock,
    command::{Command, Console},
    settings::{Section, Settings, SettingsSection, SiteSettings, SiteUrl},
    signal::request::FailureWatch,
    template::Renderer,
};

use crate::{
    MailSettings, Mailer, Outbox, Transport, absolute, command, deploy, failures::AdminMails, mailer::Inner,
    open::Around,
};

/// The room of mail: the section `[mail]`, the service [`Mailer`], the command `sendtestemail`. It starts after those of templates
/// and of the web, whose addresses mails hold.
#[derive(Debug, Clone, Copy, Default)]
pub struct MailRoom;

impl Room for MailRoom {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn sections(&self) -> Vec<Section> {
        vec![MailSettings::section()]
    }

    fn commands(&self) -> Vec<Command> {
        vec![command::command()]
    }

    /// No mail of a test reaches anybody, unless the site brings a way of its own: then it says itself where the mails of tests go.
    fn in_tests(&self) -> Vec<(&'static str, &'static str)> {
        vec![("mail.url", "memory://"), ("site.url", "http://testserver")]
    }

    fn checks<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        let unset = services
            .get::<Mailer>()
            .and_then(|mailer| mailer.0.transport.as_ref().err())
            // What is wrong, and what to do.
            .map(|why| why.split_once(". ").unwrap_or((why, "")))
            .map(|(what, fix)| Check::warning("mail.W001", what).hint(fix).about("[mail] url"));
        Box::pin(std::future::ready(unset.into_iter().collect()))
    }

    fn deploy_checks<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        let own = services.get::<Arc<dyn Transport>>().is_some();
        let found = services.get::<Settings>().map(|settings| deploy::checks(settings, own));
        Box::pin(std::future::ready(found.unwrap_or_default()))
    }

    /// What the second start sends, the first finds.
    fn share(&self, first: &Services, second: &mut ServicesBuilder) {
        if let Some(outbox) = first.get::<Outbox>() {
            second.insert(outbox.clone());
        }
    }

    fn start<'a>(&'a self, boot: &'a mut Boot) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let mailer = mailer(boot)?;
            if let Some(outbox) = mailer.outbox().cloned() {
                boot.services.insert(outbox);
            }
            watch_failures(boot, &mailer)?;
            boot.services.insert(mailer);
            Ok(())
        })
    }
}

/// Has those of `[mail] admins` written to, unless the site was given a watch of its own.
fn watch_failures(boot: &mut Boot, mailer: &Mailer) -> Result {
    let every = boot.settings.get::<MailSettings>()?.failures_every;
    let own = boot.services.get::<Arc<dyn FailureWatch>>().is_some();
    if own || boot.settings.debug() || mailer.admins().is_empty() || every.is_zero() {
        return Ok(());
    }
    let clock = boot.services.get::<Clock>().cloned().unwrap_or_default();
    boot.services.insert::<Arc<dyn FailureWatch>>(Arc::new(AdminMails::new(mailer.clone(), clock, every)));
    Ok(())
}

fn mailer(boot: &Boot) -> Result<Mailer> {
    let settings = boot.settings.get::<MailSettings>()?;
    let mut info = boot.settings.get::<SiteSettings>()?;
    if info.url.is_none() && boot.settings.debug() {
        // Where a site in development is, unless it says otherwise.
        info.url = SiteUrl::of(false, "127.0.0.1:8000");
    }
    let info = Arc::new(info);
    let around = Around {
        root: boot.settings.root(),
        debug: boot.settings.debug(),
        console: boot.services.get::<Console>().cloned(),
        info: &info,
    };
    let (mut transport, mut outbox) = settings.open(around, boot.services.get::<Outbox>().cloned())?;
    // The program may have brought its own.
    if let Some(own) = boot.services.get::<Arc<dyn Transport>>() {
        (transport, outbox) = (Ok(own.clone()), None);
    }
    let first = |key: &str, given: &Option<String>| -> Result<_> {
        Ok(MailSettings::addresses(key, given)?.into_iter().next())
    };
    let from = first("from", &settings.from)?;
    let subject_prefix = match (&settings.subject_prefix, &info.name) {
        (Some(prefix), _) => prefix.clone(),
        (None, Some(name)) => format!("[{name}] "),
        (None, None) => String::new(),
    };
    Ok(Mailer(Arc::new(Inner {
        transport,
        outbox,
        server_from: first("server_from", &settings.server_from)?.or_else(|| from.clone()),
        from,
        subject_prefix,
        admins: MailSettings::addresses("admins", &settings.admins)?,
        managers: MailSettings::addresses("managers", &settings.managers)?,
        clock: boot.services.get::<Clock>().cloned().unwrap_or_default(),
        renderer: boot.services.get::<Arc<dyn Renderer>>().cloned(),
        services: absolute::services(&boot.services, &info),
        info,
    })))
}
