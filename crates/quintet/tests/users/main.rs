//! Users, groups and permissions of a whole site.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod alike;
mod audit;
mod events;
mod factors;
mod guarded_pages;
mod guards;
mod login;
mod of_django;
mod pages;
mod throttle;
mod tokens;

use quintet::{
    auth::{Account, Accounts, ContentType, Group, Permission, passwords::Passwords},
    core::Service as _,
    prelude::*,
};

/// Something to have permissions for.
#[model(permissions = [("publish", "Can publish")], verbose_name = "motion picture")]
#[derive(Debug, Clone)]
pub struct Film {
    /// Its title.
    pub title: String,
}

fn site() -> Site {
    Site::new().install(auth::app()).install(App::new("cinema").models((Film,)))
}

async fn new(accounts: &Accounts, name: &str) -> Result<User> {
    let account = Account { email: format!("{name}@Example.com"), ..Account::named(name) };
    accounts.create(account, Some(&format!("{name}'s word"))).await
}

async fn ann(site: &TestSite) -> Result<User> {
    new(&Accounts::of(site.services())?, "ann").await
}

/// What `/me/` says of who is there. A program is told 401 where a person is sent to log in.
async fn who(browser: &TestClient) -> String {
    let answer = browser.clone().with_header("accept", "application/json").get("/me/").await;
    if answer.code() == 200 { answer.text() } else { answer.code().to_string() }
}

#[quintet::test(site)]
async fn permissions_follow_the_models(site: TestSite) -> Result {
    let of_film = Permission.filter(Permission.content_type.model.eq("film")).order_by(Permission.codename);
    let all = of_film.select((Permission.content_type.app_label, Permission.codename, Permission.name));
    let named = |(codename, name): (&str, &str)| ("cinema".to_owned(), codename.to_owned(), name.to_owned());
    let wanted = [
        ("add_film", "Can add motion picture"),
        ("change_film", "Can change motion picture"),
        ("delete_film", "Can delete motion picture"),
        ("publish", "Can publish"),
        ("view_film", "Can view motion picture"),
    ];
    assert_eq!(all.all(&site.db).await?, wanted.map(named));
    let (count, types) =
        (Permission.query().count(&site.db).await?, ContentType.query().count(&site.db).await?);
    // Again nothing is made twice; what was lost comes back.
    Permission.filter(Permission.codename.eq("publish")).delete(&site.db).await?;
    site.run("migrate").await?;
    assert_eq!(
        (Permission.query().count(&site.db).await?, ContentType.query().count(&site.db).await?),
        (count, types)
    );
    Ok(())
}

/// Who listens to changes makes each write of many rows tell which they were.
#[quintet::test(site)]
async fn without_channels_nobody_listens_to_what_is_written(site: TestSite) -> Result {
    new(&Accounts::of(site.services())?, "ann").await?;
    let update = async || -> Result<String> {
        let recording = site.db.record();
        User.filter(User.username.eq("ann")).update(User.is_staff.set(true)).exec(&site.db).await?;
        Ok(recording.queries()[0].sql.clone())
    };
    let alone = update().await?;
    assert!(!alone.contains("RETURNING"), "{alone}");
    let changes = site.db.changes();
    let heard = update().await?;
    assert!(heard.contains("RETURNING"), "{heard}");
    drop(changes);
    Ok(())
}

#[quintet::test(site)]
async fn what_a_user_may_do_is_one_query(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    let ann = new(&accounts, "ann").await?;
    let critics = create!(Group { name: "critics" }).insert(&site.db).await?;
    let find = async |name: &str| Permission.filter(Permission.codename.eq(name)).one(&site.db).await;
    critics
        .related(Group.permissions)
        .add([&find("change_film").await?, &find("view_film").await?], &site.db)
        .await?;
    assert!(!ann.permissions(&site.db).await?.any_of("cinema"));

    ann.related(User.groups).add([&critics], &site.db).await?;
    ann.related(User.user_permissions)
        .add([&find("publish").await?, &find("view_film").await?], &site.db)
        .await?;
    let may = site.queries(1, async || ann.permissions(&site.db).await).await?;
    assert!(
        may.has("cinema.change_film")
            && may.has("cinema.publish")
            && may.may("view", Film)
            && may.any_of("cinema")
    );
    assert!(
        !may.has("cinema.add_film")
            && !may.may("delete", Film)
            && !may.has("change_film")
            && !may.any_of("cine")
    );

    User.filter(User.id.eq(ann.id)).update(User.is_superuser.set(true)).exec(&site.db).await?;
    let ann = User.get(ann.id, &site.db).await?;
    let may = site.queries(0, async || ann.permissions(&site.db).await).await?;
    assert!(may.has("whatever.there_is") && may.may("delete", Film) && may.any_of("auth"));
    User.filter(User.id.eq(ann.id)).update(User.is_active.set(false)).exec(&site.db).await?;
    let may = User.get(ann.id, &site.db).await?.permissions(&site.db).await?;
    assert!(!may.may("view", Film) && !may.any_of("cinema"));
    Ok(())
}

#[quintet::test(site)]
async fn accounts_are_made_in_the_form_in_which_they_are_found(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    let ann =
        accounts.create(Account { email: "Ann@EXAMPLE.com".into(), ..Account::named("ﬁnn") }, None).await?;
    assert_eq!(
        (ann.username.as_str(), ann.email.as_str(), ann.is_active, ann.is_staff),
        ("finn", "Ann@example.com", true, false)
    );
    assert!(!Passwords::is_usable(&ann.password) && ann.password.len() == 41);
    assert_eq!(accounts.find("ﬁnn").await?.map(|user| user.id), Some(ann.id));
    assert!(
        accounts.find("Finn").await?.is_none()
            && accounts.find("a\0b").await?.is_none()
            && accounts.find(&"a".repeat(2000)).await?.is_none()
    );

    let taken = accounts.create(Account::named("finn"), None).await.unwrap_err();
    assert_eq!(taken.status(), 409);
    let wrong = accounts
        .create(Account { email: "nowhere".into(), ..Account::named("a b") }, None)
        .await
        .unwrap_err();
    assert_eq!(wrong.status(), 422);
    let fields: Vec<_> = wrong.field_errors().unwrap().iter().map(|error| error.field.clone()).collect();
    assert_eq!(fields, ["username", "email"]);
    Ok(())
}

#[quintet::test(site)]
async fn names_and_passwords_are_one_hash_whatever_they_are(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    let passwords = Passwords::of(site.services())?;
    let ann = new(&accounts, "ann").await?;
    let bob = new(&accounts, "bob").await?;
    let cyd = accounts.create(Account::named("cyd"), None).await?;
    User.filter(User.id.eq(bob.id)).update(User.is_active.set(false)).exec(&site.db).await?;
    for (name, password, right) in [
        ("ann", "ann's word", true),
        ("ann", "bob's word", false),
        ("bob", "bob's word", false),
        ("bob", "wrong", false),
        ("cyd", "", false),
        ("cyd", &cyd.password, false),
        ("nobody", "ann's word", false),
        ("ann@example.com", "ann's word", false),
        ("", "", false),
    ] {
        let before = passwords.hashes();
        let found = accounts.authenticate(name, password).await?;
        assert_eq!(
            (found.map(|user| user.id), passwords.hashes() - before),
            (right.then_some(ann.id), 1),
            "{name} {password}"
        );
    }
    accounts.set_password(&ann, "another").await?;
    assert!(
        accounts.authenticate("ann", "ann's word").await?.is_none()
            && accounts.authenticate("ann", "another").await?.is_some()
    );
    accounts.remove_password(&ann).await?;
    assert!(accounts.authenticate("ann", "another").await?.is_none());
    User.filter(User.id.eq(ann.id)).delete(&site.db).await?;
    assert_eq!(accounts.set_password(&ann, "x").await.unwrap_err().status(), 404);
    Ok(())
}

#[quintet::test(site)]
async fn old_passwords_are_stored_anew_when_they_are_used(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    let ann = new(&accounts, "ann").await?;
    // Of Django, with fewer rounds than today.
    let old = "pbkdf2_sha256$1000$PMRNBBBIsnAt3TM55rIxmy$";
    let hash = django_hash();
    User.filter(User.id.eq(ann.id)).update(User.password.set(format!("{old}{hash}"))).exec(&site.db).await?;
    assert!(accounts.authenticate("ann", "wrong").await?.is_none());
    assert!(User.get(ann.id, &site.db).await?.password.starts_with(old));
    assert!(accounts.authenticate("ann", "correct horse").await?.is_some());
    assert!(User.get(ann.id, &site.db).await?.password.starts_with("argon2$argon2id$"));
    assert!(accounts.authenticate("ann", "correct horse").await?.is_some());
    Ok(())
}

/// `make_password("correct horse", salt="PMRNBBBIsnAt3TM55rIxmy")` with 1,000 rounds, as Django 5.2 gives it.
fn django_hash() -> &'static str {
    "BgjRgwMscPbcd7lJSbdahX6QElIoniHgdb6SfcSBxQE="
}

#[quintet::test(site, settings = { "auth.login_by" = "email" })]
async fn people_may_log_in_by_address(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    let ann = new(&accounts, "ann").await?;
    for name in ["ann@example.com", "ANN@example.COM"] {
        assert_eq!(
            accounts.authenticate(name, "ann's word").await?.map(|user| user.id),
            Some(ann.id),
            "{name}"
        );
    }
    assert!(accounts.find("ann").await?.is_none());
    // An address of two people is nobody's; one who is not active does not count.
    let other =
        accounts.create(Account { email: "ann@example.com".into(), ..Account::named("other") }, None).await?;
    assert!(accounts.find("ann@example.com").await?.is_none());
    User.filter(User.id.eq(other.id)).update(User.is_active.set(false)).exec(&site.db).await?;
    assert_eq!(accounts.find("ann@example.com").await?.map(|user| user.id), Some(ann.id));
    Ok(())
}

#[quintet::test(site, settings = { "auth.login_by" = "either" })]
async fn or_by_either(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    let ann = new(&accounts, "ann").await?;
    let sly = accounts.create(Account::named("bob@example.com"), None).await?;
    new(&accounts, "bob").await?;
    let find = async |name: &str| accounts.find(name).await.map(|found| found.map(|user| user.id));
    assert_eq!((find("ann").await?, find("ann@example.com").await?), (Some(ann.id), Some(ann.id)));
    // Names come first.
    assert_eq!(find("bob@example.com").await?, Some(sly.id));
    Ok(())
}

#[quintet::test(site)]
async fn createsuperuser_asks_for_what_is_not_given(site: TestSite) -> Result {
    let told = site
        .run_answering(
            "createsuperuser",
            ["root", "root@example.com", "short", "n", "a long enough word", "a long enough word"],
        )
        .await?;
    assert!(told.contains("root may do everything."), "{told}");
    let root = User.filter(User.username.eq("root")).one(&site.db).await?;
    assert!(root.is_superuser && root.is_staff && root.is_active && root.email == "root@example.com");
    let accounts = Accounts::of(site.services())?;
    assert!(accounts.authenticate("root", "a long enough word").await?.is_some());

    let told = site
        .run_answering("changepassword root", ["another word", "another wrod", "short", "y", "short"])
        .await?;
    assert!(told.contains("root has another password."), "{told}");
    assert!(accounts.authenticate("root", "short").await?.is_some());
    let error = site.run("changepassword nobody").await.unwrap_err();
    assert!(error.to_string().contains("no user `nobody`"), "{error}");
    Ok(())
}

#[quintet::test(site, settings = { "auth.superuser_password" = "from the settings" })]
async fn createsuperuser_asks_nobody_where_nobody_is(site: TestSite) -> Result {
    let error = site.run("createsuperuser").await.unwrap_err();
    assert!(error.to_string().contains("--username"), "{error}");
    site.run("createsuperuser --no-input --username root").await?;
    let accounts = Accounts::of(site.services())?;
    assert!(accounts.authenticate("root", "from the settings").await?.is_some());
    Ok(())
}

#[quintet::test(site)]
async fn passwords_are_in_no_template_and_no_message(site: TestSite) -> Result {
    let ann = new(&Accounts::of(site.services())?, "ann").await?;
    let shown = format!("{ann:?} {:?}", ann.to_value());
    assert!(shown.contains("ann") && !shown.contains("argon2"), "{shown}");
    Ok(())
}
