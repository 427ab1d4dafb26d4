//! `sendtestemail ADDRESS… [--admins] [--managers]`

use quintet_core::{
    Error, Result, Services, clock,
    command::{ArgSpec, Args, Command, Console},
    settings::SiteUrl,
};

use crate::{Mail, Mailer};

pub(crate) fn command() -> Command {
    let about = "Sends a mail, to see whether mails arrive.\n\n\
                 To each address that is given, and to those of [mail] admins and managers if that is said.";
    Command::new("sendtestemail", about, run)
        .arg(ArgSpec::of::<Vec<String>>("address", "To whom"))
        .arg(ArgSpec::of::<bool>("admins", "Also to those of [mail] admins"))
        .arg(ArgSpec::of::<bool>("managers", "Also to those of [mail] managers"))
}

async fn run(services: Services, args: Args) -> Result {
    let (mailer, console) = (services.require::<Mailer>()?, services.require::<Console>()?);
    let addresses: Vec<String> = args.take("address")?;
    let (admins, managers): (bool, bool) = (args.take("admins")?, args.take("managers")?);
    if addresses.is_empty() && !admins && !managers {
        return Err(Error::bad_request("to whom? Give an address, --admins or --managers"));
    }
    let mail = || {
        let site = mailer
            .site()
            .name
            .as_deref()
            .or(mailer.site().url.as_ref().map(SiteUrl::host))
            .unwrap_or("this site");
        let text = format!("If you read this, {site} can send mail. It was sent at {}.\n", clock::now());
        Mail::new(format!("A test mail of {site}")).text(text)
    };
    if !addresses.is_empty() {
        mailer.send(mail().to(&addresses)).await?;
        console.line(format!("Sent to {}.", addresses.join(", ")));
    }
    for (wanted, key, these) in
        [(admins, "admins", mailer.admins()), (managers, "managers", mailer.managers())]
    {
        if !wanted {
            continue;
        }
        if these.is_empty() {
            return Err(Error::settings(format!("`{key}` of `[mail]` names nobody")));
        }
        match key {
            "admins" => mailer.mail_admins(mail()).await?,
            _ => mailer.mail_managers(mail()).await?,
        }
        console.line(format!(
            "Sent to the {key}: {}.",
            these.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        ));
    }
    Ok(())
}
