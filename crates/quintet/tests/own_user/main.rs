//! A site with a user model of its own: tables, migrations, keys of other apps, deletions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{path::Path, sync::OnceLock};

use quintet::{
    auth::{Account, Accounts, Group, Permission, UserModel},
    core::{Folder, Service as _, meta::ModelMeta},
    orm::dynamic::DynSet,
    prelude::*,
};

/// A user with a city.
#[model]
#[derive(Debug, Clone, UserModel)]
pub struct Member {
    /// What every user has.
    #[field(embed)]
    pub account: Account,
    /// Where they live.
    #[field(max_length = 80, default = "")]
    pub city: String,
    /// What they wrote here.
    #[field(via = reader)]
    pub read: HasMany<Note>,
}

/// Of an app that knows no `Member`, and one key of one that does.
#[model]
#[derive(Debug, Clone)]
pub struct Note {
    /// As a reusable app says it.
    pub owner: ForeignKey<User>,
    /// As the site says it.
    pub reader: Option<ForeignKey<Member>>,
    /// What it says.
    #[field(max_length = 100)]
    pub text: String,
}

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/own_user");

fn site() -> Site {
    Site::new()
        .install(auth::app_with::<Member>().migrations_in(Folder::on_disk(HERE)))
        .install(App::new("notes").models((Note,)).routes(routes![me, who]))
}

async fn ann(site: &TestSite) -> Result<Member> {
    let account = Account { email: "ann@example.com".into(), ..Account::named("ann") };
    create!(Member { account, city: "Rome" }).insert(&site.db).await
}

#[quintet::test(site)]
async fn rows_go_in_by_the_sites_model_and_are_seen_by_the_other(site: TestSite) -> Result {
    let member = ann(&site).await?;
    let user = User.filter(User.username.eq("ann")).one(&site.db).await?;
    assert_eq!((user.id, user.email.as_str(), user.is_active), (member.id, "ann@example.com", true));
    User.filter(User.id.eq(member.id)).update(User.first_name.set("Ann")).exec(&site.db).await?;
    let again = Member.filter(Member.city.eq("Rome")).one(&site.db).await?;
    assert_eq!(again.account.first_name, "Ann");
    assert_eq!(format!("{:?}", Member::meta().identity()?.label), "\"auth.User\"");
    assert_eq!(Member::meta().identity()?.table, "auth_user");
    // By name it is the site's.
    let found = DynSet::of(site.services().require::<std::sync::Arc<Site>>()?.as_ref(), "auth.User");
    assert_eq!(found?.unrestricted().filter("city", "Rome")?.count(&site.db).await?, 1);
    Ok(())
}

#[quintet::test(site)]
async fn keys_of_other_apps_lead_to_it(site: TestSite) -> Result {
    let member = ann(&site).await?;
    create!(Note { owner: &member, reader: Some(&member), text: "mine" }).insert(&site.db).await?;
    assert_eq!(Note.filter(Note.owner.eq(&member)).count(&site.db).await?, 1);
    assert_eq!(Note.filter(Note.owner.username.eq("ann")).count(&site.db).await?, 1);
    assert_eq!(Note.filter(Note.reader.city.eq("Rome")).count(&site.db).await?, 1);
    let note = Note.query().select_related(Note.owner).select_related(Note.reader).one(&site.db).await?;
    assert_eq!(note.owner.get()?.username, "ann");
    assert_eq!(note.reader.as_ref().unwrap().get()?.city, "Rome");
    let key: ForeignKey<User> = (&member).into();
    assert_eq!(note.owner, key);
    assert_eq!(member.related(Member.read).count(&site.db).await?, 1);
    // A key to nobody is refused, whichever struct it was declared with.
    assert!(create!(Note { owner: member.id + 1, text: "nobody's" }).insert(&site.db).await.is_err());
    Ok(())
}

#[quintet::test(site)]
async fn groups_and_deletions_are_those_of_a_user(site: TestSite) -> Result {
    let member = ann(&site).await?;
    let group = create!(Group { name: "critics" }).insert(&site.db).await?;
    let user = User.get(member.id, &site.db).await?;
    user.related(User.groups).add([&group], &site.db).await?;
    assert_eq!(Group.filter(Group.members.any(User.username.eq("ann"))).count(&site.db).await?, 1);
    create!(Note { owner: &member, text: "mine" }).insert(&site.db).await?;
    Member.filter(Member.id.eq(member.id)).delete(&site.db).await?;
    assert_eq!((Note.query().count(&site.db).await?, User.query().count(&site.db).await?), (0, 0));
    let left = site.db.clone();
    assert_eq!(Group.filter(Group.members.exists()).count(&left).await?, 0);
    Ok(())
}

#[quintet::test(site)]
async fn accounts_are_rows_of_it(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    let bob = accounts.create(Account::named("bob"), Some("bob's word")).await?;
    assert_eq!(accounts.authenticate("bob", "bob's word").await?.map(|user| user.id), Some(bob.id));
    assert_eq!(Member.get(bob.id, &site.db).await?.city, "");
    let note = Permission.filter(Permission.codename.eq("view_user")).one(&site.db).await?;
    bob.related(User.user_permissions).add([&note], &site.db).await?;
    let may = bob.permissions(&site.db).await?;
    assert!(may.may("view", Member) && may.may("view", User) && !may.may("change", Member));
    Ok(())
}

fn empty() -> &'static str {
    static FOLDER: OnceLock<String> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap().keep();
        folder.to_str().unwrap().to_owned()
    })
}

fn new_site() -> Site {
    Site::new().install(auth::app_with::<Member>().migrations_in(Folder::on_disk(empty())))
}

/// A site that had plain users gets a user model: `makemigrations` writes into the site's own folder, rows stay.
#[quintet::test(new_site)]
async fn further_columns_are_migrations_of_the_site(site: TestSite) -> Result {
    let file = Path::new(empty()).join("migrations/auth/0003_member.toml");
    let _ = std::fs::remove_file(&file);
    create!(User { username: "old", password: "!" }).insert(&site.db).await?;
    let told = site.run("makemigrations auth --name member").await?;
    assert!(
        told.contains("migrations/auth/0003_member.toml") && told.contains("add field city to User"),
        "{told}"
    );
    assert_eq!(site.run("makemigrations --check").await?, "No changes.\n");
    let (made, kept) = (
        std::fs::read_to_string(&file)?,
        std::fs::read_to_string(format!("{HERE}/migrations/auth/0003_member.toml"))?,
    );
    assert_eq!(made, kept);
    site.run("migrate").await?;
    let all = Member.query().all(&site.db).await?;
    assert_eq!((all[0].account.username.as_str(), all[0].city.as_str()), ("old", ""));
    std::fs::remove_file(&file)?;
    Ok(())
}

#[quintet::test(site)]
async fn permissions_have_the_names_of_the_user(site: TestSite) -> Result {
    let names = Permission.filter(Permission.content_type.model.eq("user")).order_by(Permission.codename);
    let names = names.select((Permission.codename, Permission.name)).all(&site.db).await?;
    let wanted = ["add", "change", "delete", "view"]
        .map(|word| (format!("{word}_user"), format!("Can {word} member")));
    assert_eq!(names, wanted);
    Ok(())
}

/// A model without the columns of a user is told by `check`.
#[model]
#[derive(Debug, Clone)]
pub struct Half {
    /// Only this.
    pub username: String,
}

#[test]
fn one_program_has_one_user_model() {
    let plain: &'static ModelMeta = User::meta();
    let _ = site();
    assert!(plain.claim("auth").unwrap_err().to_string().contains("`Member`"));
    assert!(
        Half::meta()
            .claim_place_of(plain, "auth")
            .unwrap_err()
            .to_string()
            .contains("have all sites of a program agree")
    );
    assert!(Member::meta().claim_place_of(plain, "auth").is_ok());
}

#[get("/me/")]
async fn me(me: Member) -> String {
    format!("{} of {}", me.account.username, me.city)
}

#[get("/who/")]
async fn who(member: Option<Member>, user: Option<User>) -> String {
    format!("{:?} {:?}", member.map(|member| member.city), user.map(|user| user.username))
}

#[quintet::test(site)]
async fn handlers_take_the_sites_own_user(site: TestSite) -> Result {
    let member = ann(&site).await?;
    site.get("/me/").await.status(303);
    assert_eq!(site.get("/who/").await.ok().text(), "None None");
    let browser = site.login_as(&member).await;
    // Whether the cookie is good, and who that is.
    site.queries(2, async || assert_eq!(browser.get("/me/").await.ok().text(), "ann of Rome")).await;
    site.queries(2, async || {
        assert_eq!(browser.get("/who/").await.ok().text(), "Some(\"Rome\") Some(\"ann\")")
    })
    .await;
    assert_eq!(site.login("bob").await.get("/me/").await.ok().text(), "bob of ");
    Ok(())
}
