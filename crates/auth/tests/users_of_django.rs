//! A database that the real Django made: its users, groups and permissions are ours, and the other way round.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use quintet_auth::{Group, Permission, User, passwords::Verified};
use quintet_core::Site;
use quintet_migrate::{
    Migrator,
    run::{Mode, Target},
    sources,
};
use quintet_orm::{Db, DbOptions, Executor, prelude::*};
use support::{django, passwords};

/// What both tests do, on either database.
async fn there_and_back(url: &str) {
    if django("users.py", &["make", url], "").is_none() {
        return;
    }
    let site = Site::new().install(quintet_auth::app());
    let db = Db::open(url, DbOptions::default()).await.unwrap();

    // The tables of Django are there: the first migration is only written down. What Django has not comes with the second.
    let graph = sources::load(&site).unwrap();
    let migrator = Migrator::new(&db, &graph);
    let plan = migrator.plan(&Target::Latest).await.unwrap();
    let mut modes = Vec::new();
    migrator.run(&plan, Mode::FakeInitial, |_, mode| modes.push(mode)).await.unwrap();
    assert_eq!(modes, [Mode::Fake, Mode::Run]);

    let passwords = passwords(&[]);
    let users = User.query().prefetch_related(User.groups).all(&db).await.unwrap();
    assert_eq!(
        users.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(),
        ["ann", "bob", "cyd", "dee", "eve"]
    );
    for user in &users {
        let word = format!("{}'s word", user.username);
        assert_eq!(passwords.verify(&word, &user.password).await.unwrap(), Verified::Old, "{user:?}");
        assert_eq!(passwords.verify("ours", &user.password).await.unwrap(), Verified::Wrong, "{user:?}");
        assert_eq!(user.is_superuser, user.username == "eve");
        assert_eq!(user.groups.get().unwrap().len(), usize::from(user.username != "eve"));
        assert!(user.date_joined.duration_until(Timestamp::now()).as_secs() < 600, "{user:?}");
    }
    let of_bob = Permission.filter(
        Permission.users.any(User.username.eq("bob"))
            | Permission.groups.any(Group.members.any(User.username.eq("bob"))),
    );
    let of_bob =
        of_bob.order_by(Permission.codename).select((Permission.content_type.app_label, Permission.codename));
    let all = [("auth", "change_group"), ("auth", "view_user")]
        .map(|(app, name)| (app.to_owned(), name.to_owned()));
    assert_eq!(of_bob.all(&db).await.unwrap(), all);

    // And back: a new password, somebody new.
    let ours = passwords.hash("ours").await.unwrap();
    User.filter(User.username.ne("eve")).update(User.password.set(&ours)).exec(&db).await.unwrap();
    let fay = create!(User { username: "fay", password: &ours, email: "fay@example.com", is_active: false });
    let fay = fay.insert(&db).await.unwrap();
    fay.related(User.groups).add([1i64], &db).await.unwrap();
    let told = django("users.py", &["tell", url], "").unwrap();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "ann ann@example.com True ['ours'] ['auth.change_group']");
    assert_eq!(lines[1], "bob bob@example.com True ['ours'] ['auth.change_group', 'auth.view_user']");
    assert!(
        lines[4].starts_with("eve eve@example.com True [\"eve's word\"] ['auth.add_group'"),
        "{}",
        lines[4]
    );
    // Who is not active may do nothing.
    assert_eq!(lines[5], "fay fay@example.com False ['ours'] []");
    db.close().await;
}

#[tokio::test]
async fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    there_and_back(&format!("sqlite://{}", folder.path().join("django.db").display())).await;
}

#[tokio::test]
async fn on_postgres() {
    let Some(server) = std::env::var("QUINTET_TEST_POSTGRES").ok().filter(|url| !url.is_empty()) else {
        println!("skipped: QUINTET_TEST_POSTGRES is not set");
        return;
    };
    let name = format!("quintet_auth_django_{}", std::process::id());
    let admin = Db::open(&server, DbOptions::default()).await.unwrap();
    let executor: &dyn Executor = &admin;
    executor.batch(format!("CREATE DATABASE {name}")).await.unwrap();
    let (start, _) = server.rsplit_once('/').unwrap();
    there_and_back(&format!("{start}/{name}")).await;
    executor.batch(format!("DROP DATABASE {name}")).await.unwrap();
}
