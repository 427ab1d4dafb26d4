//! Passwords by the settings: each of them changes what is stored, taken or refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::Arc;

use quintet_auth::passwords::{About, PasswordRule, PasswordSettings, Passwords, Verified};
use quintet_core::settings::Settings;
use support::{passwords, try_passwords};

async fn stored(changes: &[(&str, &str)]) -> String {
    passwords(changes).hash("correct horse").await.unwrap()
}

#[tokio::test]
async fn the_parameters_are_those_of_the_settings() {
    for (changes, begins) in [
        (&[][..], "argon2$argon2id$v=19$m=32,t=1,p=4$"),
        (&[("argon2_memory", "64 KiB")], "argon2$argon2id$v=19$m=64,t=1,p=4$"),
        (&[("argon2_passes", "2")], "argon2$argon2id$v=19$m=32,t=2,p=4$"),
        (&[("argon2_lanes", "2")], "argon2$argon2id$v=19$m=32,t=1,p=2$"),
        (&[("hashers", "pbkdf2_sha256")], "pbkdf2_sha256$10$"),
        (&[("hashers", "pbkdf2_sha256"), ("pbkdf2_iterations", "11")], "pbkdf2_sha256$11$"),
        (&[("hashers", "scrypt, argon2")], "scrypt$16$"),
        (&[("hashers", "scrypt"), ("scrypt_work", "32")], "scrypt$32$"),
        (&[("hashers", "bcrypt_sha256")], "bcrypt_sha256$$2b$04$"),
        (&[("hashers", "bcrypt"), ("bcrypt_rounds", "5")], "bcrypt$$2b$05$"),
    ] {
        let text = stored(changes).await;
        assert!(text.starts_with(begins) && text.len() <= 128, "{text}");
        assert_eq!(passwords(changes).verify("correct horse", &text).await.unwrap(), Verified::Right);
    }
    let blocks = stored(&[("hashers", "scrypt"), ("scrypt_block", "4"), ("scrypt_lanes", "3")]).await;
    assert!(blocks.contains("$4$3$"), "{blocks}");
    // Each has its own salt.
    assert_ne!(stored(&[]).await, stored(&[]).await);
}

#[tokio::test]
async fn what_would_be_stored_otherwise_is_told() {
    for (then, now) in [
        (&[][..], &[("argon2_memory", "64 KiB")][..]),
        (&[], &[("argon2_passes", "2")]),
        (&[], &[("argon2_lanes", "2")]),
        (&[], &[("hashers", "scrypt, argon2")]),
        (&[("hashers", "pbkdf2_sha256")], &[("hashers", "pbkdf2_sha256"), ("pbkdf2_iterations", "11")]),
        (&[("hashers", "bcrypt")], &[("hashers", "bcrypt"), ("bcrypt_rounds", "5")]),
        (&[("hashers", "bcrypt")], &[("hashers", "bcrypt_sha256, bcrypt")]),
        (&[("hashers", "scrypt")], &[("hashers", "scrypt"), ("scrypt_work", "32")]),
    ] {
        let text = stored(then).await;
        assert_eq!(
            passwords(then).verify("correct horse", &text).await.unwrap(),
            Verified::Right,
            "{then:?}"
        );
        assert_eq!(passwords(now).verify("correct horse", &text).await.unwrap(), Verified::Old, "{now:?}");
        assert_eq!(passwords(now).verify("correct hors", &text).await.unwrap(), Verified::Wrong, "{now:?}");
    }
    // Written by Django with a short salt; of 22 letters it would be new.
    let short = "pbkdf2_sha256$10$seasalt$tVZfaJsQ7uv4uHSDe+Ys7EtFCrvZF+JtwXzxgDo7lTE=";
    assert_eq!(passwords(&[]).verify("another", short).await.unwrap(), Verified::Wrong);
}

/// Whatever is asked for, an answer costs one hash: also for names that nobody has.
#[tokio::test]
async fn every_answer_costs_one_hash() {
    let all = passwords(&[("hashers", "argon2, pbkdf2_sha256")]);
    let made = passwords(&[("hashers", "scrypt")]).hash("a").await.unwrap();
    let (ours, old) = (all.hash("a").await.unwrap(), stored(&[("hashers", "pbkdf2_sha256")]).await);
    let begin = all.hashes();
    assert_eq!(begin, 1);
    let mut asked = 0;
    for stored in [
        ours.as_str(),
        &old,
        &made,
        &Passwords::unusable().unwrap(),
        "",
        "md5$x$y",
        "gibberish",
        "argon2$",
        "argon2$argon2id$v=19$m=4000000000,t=1,p=1$YWFhYWFhYWE$YWFhYWFhYWE",
    ] {
        let _ = all.verify("b", stored).await.unwrap();
        asked += 1;
        assert_eq!(all.hashes() - begin, asked, "{stored}");
    }
    assert_eq!(all.verify_nobody("b").await.unwrap(), Verified::Wrong);
    assert_eq!(all.hashes() - begin, asked + 1);
}

#[tokio::test]
async fn a_hasher_that_the_settings_leave_out_takes_nobody() {
    let text = stored(&[("hashers", "scrypt")]).await;
    assert_eq!(
        passwords(&[("hashers", "argon2")]).verify("correct horse", &text).await.unwrap(),
        Verified::Wrong
    );
    assert!(
        passwords(&[("hashers", "argon2, scrypt")]).verify("correct horse", &text).await.unwrap().is_right()
    );
}

#[tokio::test]
async fn long_ones_cost_nothing() {
    let all = passwords(&[("max_size", "10 B")]);
    let text = all.hash("0123456789").await.unwrap();
    for error in [
        all.hash("01234567890").await.unwrap_err(),
        all.verify("01234567890", &text).await.unwrap_err(),
        all.verify_nobody("01234567890").await.unwrap_err(),
    ] {
        assert_eq!(error.status(), 422);
        assert_eq!(
            error.field_errors().unwrap().codes("password").collect::<Vec<_>>(),
            ["password_too_long"]
        );
    }
    assert_eq!(all.hashes(), 1);
    assert_eq!(
        all.check("p", "01234567890", &About::new()).of("p").collect::<Vec<_>>(),
        ["At most 10 bytes."]
    );
    // bcrypt alone would not look at the end.
    let error = passwords(&[("hashers", "bcrypt")]).hash(&"a".repeat(73)).await.unwrap_err();
    assert_eq!(error.status(), 422);
    assert!(passwords(&[("hashers", "bcrypt_sha256")]).hash(&"a".repeat(73)).await.is_ok());
}

#[test]
fn the_rules_are_those_of_the_settings() {
    let codes = |changes: &[(&str, &str)], password: &str| {
        let about = About::new().with("username", "annabelle").with("nickname", "");
        passwords(changes).check("p", password, &about).codes("p").collect::<Vec<_>>().join(" ")
    };
    assert_eq!(codes(&[], "qwerty"), "password_too_short password_too_common");
    assert_eq!(codes(&[("min_length", "6")], "qwerty"), "password_too_common");
    assert_eq!(codes(&[("min_length", "6"), ("allow_common", "true")], "qwerty"), "");
    assert_eq!(codes(&[], "271828182845"), "password_entirely_numeric");
    assert_eq!(codes(&[("allow_numeric", "true")], "271828182845"), "");
    assert_eq!(codes(&[], "anabelle77"), "password_too_similar");
    assert_eq!(codes(&[("max_similarity", "1")], "anabelle77"), "");
    assert_eq!(codes(&[("max_similarity", "1")], "annabelle"), "password_too_similar password_too_common");
    let help = |changes: &[(&str, &str)]| passwords(changes).help().len();
    assert_eq!(
        (help(&[]), help(&[("allow_common", "true"), ("allow_numeric", "true"), ("min_length", "0")])),
        (4, 1)
    );
}

struct NoCompany;

impl PasswordRule for NoCompany {
    fn check(&self, password: &str, about: &About) -> Result<(), String> {
        let known = about.known().count();
        if password.contains("cinema") {
            Err(format!("Everybody would guess that ({known})."))
        } else {
            Ok(())
        }
    }
    fn help(&self) -> String {
        "Not our name.".to_owned()
    }
}

#[test]
fn a_site_may_have_rules_of_its_own() {
    let settings: PasswordSettings = Settings::for_tests("/", [("debug", "false")]).get().unwrap();
    let all = Passwords::with_rules(settings, vec![Arc::new(NoCompany)]).unwrap();
    let about = About::new().with("username", "ann");
    assert_eq!(
        all.check("p", "best cinema in town", &about).of("p").collect::<Vec<_>>(),
        ["Everybody would guess that (1)."]
    );
    assert!(all.check("p", "best pub in town", &about).is_empty());
    assert_eq!(all.help().last().map(String::as_str), Some("Not our name."));
}

#[test]
fn settings_that_no_hasher_takes_are_told_at_the_start() {
    for (key, value, told) in [
        ("hashers", "pbkdf2_sha1, argon2", "name another one first"),
        ("hashers", "", "at least one"),
        ("hashers", "md5", "argon2"),
        ("argon2_memory", "2 GiB", "argon2_memory"),
        ("argon2_memory", "1 KiB", "argon2_memory"),
        ("argon2_lanes", "0", "argon2_lanes"),
        ("argon2_passes", "0", "argon2_passes"),
        ("pbkdf2_iterations", "0", "pbkdf2_iterations"),
        ("scrypt_work", "1000", "power of two"),
        ("scrypt_work", "2147483648", "1 GiB"),
        ("bcrypt_rounds", "3", "from 4 to 31"),
        ("max_similarity", "0", "max_similarity"),
        ("at_once", "0", "at_once"),
    ] {
        let error = try_passwords(&[(key, value)]).unwrap_err().to_string();
        assert!(error.contains(told) && error.contains(key), "{key} = {value}: {error}");
    }
}

#[tokio::test]
async fn how_many_may_wait_is_a_setting() {
    let none =
        passwords(&[("at_once", "1"), ("waiting", "0"), ("argon2_memory", "8 MiB"), ("argon2_passes", "20")]);
    let some =
        passwords(&[("at_once", "1"), ("waiting", "9"), ("argon2_memory", "8 MiB"), ("argon2_passes", "20")]);
    let (first, second) = tokio::join!(none.hash("a"), none.hash("b"));
    assert!(first.is_ok());
    assert_eq!(second.unwrap_err().status(), 503);
    let (first, second) = tokio::join!(some.hash("a"), some.hash("b"));
    assert!(first.is_ok() && second.is_ok());
}
