//! What is signed can't be changed, taken for another thing, or used for ever.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::time::Duration;

use jiff::SignedDuration;
use quintet_core::{
    Error, Services,
    clock::Clock,
    settings::{Secret, Settings},
    signing::{SignatureError, Signer},
};

const HOUR: Duration = Duration::from_secs(3600);

fn signer() -> Signer {
    Signer::new(Secret::new("a key for tests")).purpose("quintet.test")
}

fn why(error: Error) -> SignatureError {
    assert_eq!(error.status().as_u16(), 400);
    *error.downcast_ref::<SignatureError>().expect("the reason is the source")
}

/// 2025-11-20T12:00:00Z, as the vectors are made.
async fn then<F: Future>(work: impl FnOnce(Clock) -> F) -> F::Output {
    let clock = Clock::fixed("2025-11-20T12:00:00Z".parse().unwrap());
    let mut services = Services::builder();
    services.insert(clock.clone());
    services.build().scope(work(clock)).await
}

/// Django 5.2: `Signer(key="a key for tests", salt="quintet.test").sign(..)`, `TimestampSigner`, `dumps`.
#[tokio::test]
async fn signatures_are_those_of_django() {
    for (text, signature) in [
        ("hello", "AcXZEw6y82171b9rukOJnZUN4krNa48GaTXDJzBR7_8"),
        ("grüße:😀", "eE4jvOEjKmsjyxwwiEjGz6THrayhWlJSdV0rhfQm8hM"),
        ("", "Vr0C3A5esVn19wjc4OuUy1D66lY9g7YhMklWhbpzkU0"),
    ] {
        assert_eq!(signer().sign(text), format!("{text}:{signature}"));
        assert_eq!(signer().unsign(&format!("{text}:{signature}")).unwrap(), text);
    }
    assert_eq!(
        signer().purpose("other.purpose").sign("hello"),
        "hello:5PPB4ZQujSNjdazYpssR_w6jmykU3oxViilayFlve8k"
    );
    then(async |_| {
        let timed = "hello:1vM3KS:SQHcoPaFLWQuHnYXXbkRosKI0y2N9NFRGRIrwLCzCIw";
        assert_eq!(signer().sign_timed("hello"), timed);
        assert_eq!(signer().unsign_timed(timed, HOUR).unwrap(), "hello");
        let dumped =
            "eyJ1c2VyIjo3LCJ0YWdzIjpbImEiLCJiIl19:1vM3KS:Vsx6iMdV4fFkNQBAoRcY4ZWMlk2mXP7ORRk0N8vKsns";
        let loaded: serde_json::Value = signer().loads(dumped, HOUR).unwrap();
        assert_eq!(loaded, serde_json::json!({"user": 7, "tags": ["a", "b"]}));
        #[derive(serde::Serialize)]
        struct Given {
            user: i64,
            tags: [&'static str; 2],
        }
        assert_eq!(signer().dumps(&Given { user: 7, tags: ["a", "b"] }).unwrap(), dumped);
    })
    .await;
}

#[test]
fn every_change_is_seen() {
    let signed = signer().sign("user=7");
    for at in 0..signed.len() {
        let mut changed = signed.clone().into_bytes();
        changed[at] ^= 1;
        let Ok(changed) = String::from_utf8(changed) else { continue };
        let found = signer().unsign(&changed);
        assert!(found.is_err(), "{changed}");
    }
    for other in [
        "",
        ":",
        "user=7",
        "user=7:",
        ":x",
        "user=7:user=7",
        "user=8:AcXZEw6y82171b9rukOJnZUN4krNa48GaTXDJzBR7_8",
    ] {
        assert!(signer().unsign(other).is_err(), "{other}");
    }
    let (_, signature) = signed.rsplit_once(':').unwrap();
    assert_eq!(why(signer().unsign(&format!("user=8:{signature}")).unwrap_err()), SignatureError::Wrong);
    // Cut off, made longer, in other letters of the same code.
    for other in [&signed[..signed.len() - 1], &format!("{signed}A"), &format!("{signed}=")] {
        assert_eq!(why(signer().unsign(other).unwrap_err()), SignatureError::Wrong, "{other}");
    }
    assert_eq!(why(signer().unsign("nothing").unwrap_err()), SignatureError::Malformed);
    let longer = signed.replace("user=7", "user=7:x");
    assert_eq!(why(signer().unsign(&longer).unwrap_err()), SignatureError::Wrong);
}

#[test]
fn purposes_and_keys_are_apart_and_former_keys_are_taken() {
    let signed = signer().sign("x");
    assert_eq!(why(signer().purpose("quintet.tes").unsign(&signed).unwrap_err()), SignatureError::Wrong);
    let new = Signer::new(Secret::new("a new key")).purpose("quintet.test");
    assert_eq!(why(new.unsign(&signed).unwrap_err()), SignatureError::Wrong);
    let rotated = new.clone().fallbacks(&[Secret::new("older"), Secret::new("a key for tests")]);
    assert_eq!(rotated.unsign(&signed).unwrap(), "x");
    // Only the new key signs.
    assert_eq!(rotated.sign("x"), new.sign("x"));
}

#[tokio::test]
async fn what_is_signed_grows_old_by_the_sites_clock() {
    then(async |clock| {
        let signed = signer().sign_timed("a:b");
        let token = signer().dumps("value").unwrap();
        clock.advance(SignedDuration::from_secs(3600));
        assert_eq!(signer().unsign_timed(&signed, HOUR).unwrap(), "a:b");
        assert_eq!(signer().loads::<String>(&token, HOUR).unwrap(), "value");
        clock.advance(SignedDuration::from_secs(1));
        assert_eq!(why(signer().unsign_timed(&signed, HOUR).unwrap_err()), SignatureError::Expired);
        assert_eq!(why(signer().loads::<String>(&token, HOUR).unwrap_err()), SignatureError::Expired);
        assert_eq!(signer().unsign_timed(&signed, Duration::MAX).unwrap(), "a:b");
        // A signature without a time is none with one, and what is in it must be what is wanted.
        assert_eq!(
            why(signer().unsign_timed(&signer().sign("x"), HOUR).unwrap_err()),
            SignatureError::Malformed
        );
        assert_eq!(
            why(signer().loads::<String>(&signer().sign_timed("?"), HOUR).unwrap_err()),
            SignatureError::Malformed
        );
        let number = signer().dumps(&7).unwrap();
        assert_eq!(why(signer().loads::<String>(&number, HOUR).unwrap_err()), SignatureError::Malformed);
    })
    .await;
}

#[test]
fn the_keys_are_those_of_the_settings() {
    let settings = |given: &[(&str, &str)]| Settings::for_tests("/tmp", given.iter().copied());
    let new = settings(&[("secret_key", "new"), ("secret_key_fallbacks", "old, a key for tests")]);
    let signed = signer().sign("x");
    let signer = Signer::of_settings(&new).unwrap().purpose("quintet.test");
    assert_eq!(signer.unsign(&signed).unwrap(), "x");
    assert_eq!(signer.sign("x"), Signer::new(Secret::new("new")).purpose("quintet.test").sign("x"));
    assert!(!format!("{signer:?}").contains("new"));
    let error = Signer::of_settings(&Settings::default()).unwrap_err();
    assert!(error.to_string().contains("QUINTET_SECRET_KEY"), "{error}");
}
