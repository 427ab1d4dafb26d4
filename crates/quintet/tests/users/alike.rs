//! What the work of a login tells of who has an account: nothing.

use quintet::{
    auth::{
        Account, Accounts,
        passwords::{Hasher, PasswordSettings, Passwords},
    },
    core::Service as _,
    prelude::*,
};

use super::{new, site};

const ALL: [Hasher; 6] = [
    Hasher::Argon2,
    Hasher::Pbkdf2Sha256,
    Hasher::Pbkdf2Sha1,
    Hasher::Scrypt,
    Hasher::BcryptSha256,
    Hasher::Bcrypt,
];

/// The password `old word`, stored by this hasher as Django would: with less work than today.
async fn stored_by(hasher: Hasher) -> Result<String> {
    let hashers = format!("{}, argon2", hasher.name());
    let given = [
        ("auth.passwords.hashers", &*hashers),
        ("auth.passwords.argon2_memory", "32 KiB"),
        ("auth.passwords.argon2_passes", "1"),
        ("auth.passwords.pbkdf2_iterations", "10"),
        ("auth.passwords.scrypt_work", "16"),
        ("auth.passwords.bcrypt_rounds", "4"),
    ];
    Passwords::new(Settings::for_tests("/", given).get::<PasswordSettings>()?)?.hash("old word").await
}

async fn store(site: &TestSite, name: &str, hasher: Hasher) -> Result<User> {
    let user = new(&Accounts::of(site.services())?, name).await?;
    let change = User.password.set(stored_by(hasher).await?);
    User.filter(User.id.eq(user.id)).update(change).exec(&site.db).await?;
    Ok(user)
}

/// Sends the form in a new browser, and says what was hashed for it.
async fn work(site: &TestSite, name: &str, password: &str) -> Result<(u16, Vec<Hasher>)> {
    let passwords = site.services().require::<Passwords>()?;
    let before = ALL.map(|hasher| passwords.hashes_of(hasher));
    let total = passwords.hashes();
    let answer = site.browser().post("/login/", &[("username", name), ("password", password)]).await;
    let mut done = Vec::new();
    for (hasher, before) in ALL.into_iter().zip(before) {
        for _ in before..passwords.hashes_of(hasher) {
            done.push(hasher);
        }
    }
    assert_eq!(passwords.hashes() - total, done.len() as u64);
    Ok((answer.code(), done))
}

#[quintet::test(site, settings = { "auth.wrong_logins" = 0 })]
async fn each_login_that_fails_is_one_hash_and_a_known_one(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    new(&accounts, "ann").await?;
    let bob = new(&accounts, "bob").await?;
    User.filter(User.id.eq(bob.id)).update(User.is_active.set(false)).exec(&site.db).await?;
    accounts.create(Account::named("none"), None).await?;
    // All are of today.
    for (name, password) in [
        ("ann", "wrong"),
        ("bob", "wrong"),
        ("bob", "bob's word"),
        ("none", "wrong"),
        ("nobody", "wrong"),
        ("nobody either", "ann's word"),
    ] {
        assert_eq!(work(&site, name, password).await?, (422, vec![Hasher::Argon2]), "{name} {password}");
    }
    assert_eq!(work(&site, "ann", "ann's word").await?, (303, vec![Hasher::Argon2]));

    // Those that came from Django are compared by what has stored them.
    for hasher in ALL.into_iter().filter(|hasher| *hasher != Hasher::Pbkdf2Sha1) {
        store(&site, hasher.name(), hasher).await?;
        assert_eq!(work(&site, hasher.name(), "wrong").await?, (422, vec![hasher]), "{hasher:?}");
    }
    // Who knows the password has it stored anew: two hashes for once.
    let name = Hasher::BcryptSha256.name();
    let (code, done) = work(&site, name, "old word").await?;
    assert_eq!((code, done), (303, vec![Hasher::Argon2, Hasher::BcryptSha256]));
    assert_eq!(work(&site, name, "old word").await?, (303, vec![Hasher::Argon2]));
    Ok(())
}

/// What somebody who may measure sees of names that nobody has.
#[quintet::test(site, settings = { "auth.wrong_logins" = 0 })]
async fn names_that_nobody_has_are_of_the_kinds_that_users_are_of(site: TestSite) -> Result {
    // All came from Django: nobody's would stand out, were it of today.
    for n in 0..20 {
        store(&site, &format!("old{n}"), Hasher::Pbkdf2Sha256).await?;
    }
    for n in 0..10 {
        let name = format!("nobody{n}");
        assert_eq!(work(&site, &name, "old word").await?, (422, vec![Hasher::Pbkdf2Sha256]), "{name}");
    }
    // Half of them have logged in since, or are new.
    for n in 0..20 {
        new(&Accounts::of(site.services())?, &format!("new{n}")).await?;
    }
    let mut kinds = Vec::new();
    for n in 0..60 {
        let name = format!("nobody{n}");
        let (_, done) = work(&site, &name, "wrong").await?;
        // A name is of the same kind each time, however it is written.
        let again = work(&site, &format!(" {} ", name.to_uppercase()), "wrong").await?.1;
        assert_eq!((done.len(), &again), (1, &done), "{name}");
        kinds.extend(done);
    }
    let new = kinds.iter().filter(|kind| **kind == Hasher::Argon2).count();
    assert!((10..=50).contains(&new) && kinds.contains(&Hasher::Pbkdf2Sha256), "{new} of {}", kinds.len());
    Ok(())
}

/// Queries can be measured as hashes can.
#[quintet::test(site, settings = { "auth.wrong_logins" = 0 })]
async fn a_name_costs_as_many_queries_as_any(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    new(&accounts, "ann").await?;
    let queries = async |name: &'static str| {
        let recording = site.db.record();
        assert!(accounts.authenticate(name, "wrong").await.unwrap().is_none());
        recording.queries().len()
    };
    assert_eq!((queries("ann").await, queries("nobody").await), (3, 3));
    Ok(())
}
