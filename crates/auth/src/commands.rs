//! `createsuperuser`, `changepassword`, `resettotp` and `createtoken`; `clearaudit` is in `audit`.

use std::time::Duration;

use quintet_core::{
    Error, FieldErrors, Result, Service, Services,
    audit::{SecurityEvent, What},
    command::{ArgSpec, Args, Command, Console},
    settings::{Secret, Settings},
};

use crate::{
    Accounts, NewToken, Tokens,
    models::{Account, User},
    passwords::{About, Passwords},
    settings::AuthSettings,
    totp,
};

pub(crate) fn all() -> Vec<Command> {
    let create = "Makes a user who may do everything.\n\n\
                  Asks for what is not given. In a script, give all of it: the password in QUINTET_AUTH_SUPERUSER_PASSWORD.";
    let change = "Gives a user another password.";
    let reset = "Takes a user's second factor and recovery codes away, so that the password is enough.";
    let token = "Makes a token by which a program acts for a user, and shows it: it can't be shown again.";
    vec![
        Command::new("createsuperuser", create, create_superuser)
            .arg(ArgSpec::of::<Option<String>>("username", "The username"))
            .arg(ArgSpec::of::<Option<String>>("email", "The e-mail address; may be empty"))
            .arg(ArgSpec::of::<bool>(
                "no_input",
                "Ask nothing; without a password nobody can log in as this user until one is set",
            )),
        Command::new("changepassword", change, change_password)
            .arg(ArgSpec::of::<String>("username", "Whose").positional()),
        Command::new("resettotp", reset, reset_totp)
            .arg(ArgSpec::of::<String>("username", "Whose").positional()),
        Command::new("createtoken", token, create_token)
            .arg(ArgSpec::of::<String>("username", "For whom").positional())
            .arg(ArgSpec::of::<Option<String>>(
                "name",
                "What it is called; `command line` if nothing is said",
            ))
            .arg(ArgSpec::of::<Option<u64>>("days", "How many days it is good for"))
            .arg(ArgSpec::of::<bool>("read_only", "It only reads"))
            .arg(ArgSpec::of::<Option<String>>(
                "only",
                "The permissions that it has, with commas between: cinema.change_film",
            )),
        crate::audit::clear_audit(),
    ]
}

async fn create_superuser(services: Services, args: Args) -> Result {
    let (accounts, console) = (Accounts::of(&services)?, services.require::<Console>()?);
    let quiet: bool = args.take("no_input")?;
    let quiet = quiet || !console.is_interactive();
    let given = |name: &str, value: Option<String>, question: &str| match value {
        Some(value) => Ok(value),
        None if quiet && name == "email" => Ok(String::new()),
        None if quiet => {
            Err(Error::bad_request(format!("who? Give --{name}, as nobody is here to be asked")))
        }
        None => console.ask(question).ok_or_else(|| Error::bad_request("nobody answers")),
    };
    let username = given("username", args.take("username")?, "Username: ")?;
    let email = given("email", args.take("email")?, "E-mail address: ")?;
    let account = Account { email, is_staff: true, is_superuser: true, ..Account::named(username.trim()) };
    let about = About::new().with("username", &account.username).with("email address", &account.email);
    let password = if quiet {
        let set: Option<Secret> = services.require::<Settings>()?.get::<AuthSettings>()?.superuser_password;
        set
    } else {
        Some(ask(&services, console, &about)?)
    };
    let user = accounts.create(account, password.as_ref().map(Secret::expose)).await?;
    let without = if password.is_some() { "" } else { ", without a password" };
    console.line(format!("{} may do everything{without}.", user.username));
    Ok(())
}

async fn change_password(services: Services, args: Args) -> Result {
    let accounts = Accounts::of(&services)?.acting("command changepassword");
    let console = services.require::<Console>()?;
    let name: String = args.take("username")?;
    let user = named(&services, &name).await?;
    let password = ask(&services, console, &About::of(&user))?;
    accounts.set_password(&user, password.expose()).await?;
    console.line(format!("{} has another password.", user.username));
    Ok(())
}

/// How often somebody may try.
const TRIES: usize = 3;

/// Asks for a new password, twice, until it is a good one.
fn ask(services: &Services, console: &Console, about: &About) -> Result<Secret> {
    let passwords = services.require::<Passwords>()?;
    for _ in 0..TRIES {
        let nobody = || Error::bad_request("nobody answers: a password is asked for on a terminal");
        let first = console.ask_hidden("Password: ").ok_or_else(nobody)?;
        let errors: FieldErrors = passwords.check("password", &first, about);
        if !errors.is_empty() {
            errors.iter().for_each(|error| console.warn(&error.message));
            // Who may run commands on the server may also have a short password.
            if !console.confirm("Take it nevertheless?") {
                continue;
            }
        }
        if console.ask_hidden("Password again: ").ok_or_else(nobody)? == first {
            return Ok(Secret::new(first));
        }
        console.warn("These are not the same.");
    }
    Err(Error::bad_request("no password"))
}

async fn named(services: &Services, name: &str) -> Result<User> {
    let db = services.require::<quintet_orm::Db>()?;
    let found = User.filter(User.username.eq(crate::normal_username(name))).first(db).await?;
    found.ok_or_else(|| Error::not_found(format!("there is no user `{name}`")))
}

async fn reset_totp(services: Services, args: Args) -> Result {
    let user = named(&services, &args.take::<String>("username")?).await?;
    let had = totp::remove(&services, user.id).await?;
    if had {
        SecurityEvent::new(What::SecondFactorRemoved).user(user.id).tell(&services).await;
    }
    let what = if had { "is not asked for codes any more" } else { "had no second factor" };
    services.require::<Console>()?.line(format!("{} {what}.", user.username));
    Ok(())
}

async fn create_token(services: Services, args: Args) -> Result {
    let user = named(&services, &args.take::<String>("username")?).await?;
    let name: Option<String> = args.take("name")?;
    let mut new = NewToken::named(name.unwrap_or_else(|| "command line".to_owned()));
    if args.take::<bool>("read_only")? {
        new = new.read_only();
    }
    if let Some(days) = args.take::<Option<u64>>("days")? {
        new = new.lasts(Duration::from_secs(days.saturating_mul(86_400)));
    }
    if let Some(only) = args.take::<Option<String>>("only")? {
        new = new.only(only.split(',').map(|name| name.trim().to_owned()));
    }
    let token = Tokens::of(&services)?.make(user.id, new).await?;
    services.require::<Console>()?.line(token);
    Ok(())
}
