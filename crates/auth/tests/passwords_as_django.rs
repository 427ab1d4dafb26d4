//! Passwords against the real Django: it takes ours, we take its, and the same new ones are refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use quintet_auth::{
    normal_email, normal_username,
    passwords::{About, Verified},
};
use serde_json::{Value, json};
use support::{django, passwords};

const PASSWORDS: [&str; 6] = [
    "correct horse",
    "",
    "Pässwörd ☃",
    " blank ",
    "a",
    "012345678901234567890123456789012345678901234567890123456789012345678",
];
const HASHERS: [&str; 6] = ["argon2", "pbkdf2_sha256", "pbkdf2_sha1", "scrypt", "bcrypt_sha256", "bcrypt"];

fn ask(question: Value) -> Option<Value> {
    let mut all = json!({ "encode": [], "verify": [], "validate": [], "username": [], "email": [] });
    for (name, asked) in question.as_object().unwrap() {
        all[name] = asked.clone();
    }
    Some(serde_json::from_str(&django("passwords.py", &[], &all.to_string())?).unwrap())
}

fn pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    HASHERS.into_iter().flat_map(|hasher| PASSWORDS.map(|password| (hasher, password)))
}

#[tokio::test]
async fn we_take_what_django_stored() {
    let Some(answer) = ask(json!({ "encode": pairs().collect::<Vec<_>>() })) else { return };
    let passwords = passwords(&[]);
    for ((hasher, password), stored) in pairs().zip(answer["encode"].as_array().unwrap()) {
        let stored = stored.as_str().unwrap();
        assert!(stored.starts_with(hasher), "{stored}");
        assert_eq!(passwords.verify(password, stored).await.unwrap(), Verified::Old, "{password} {stored}");
        assert_eq!(
            passwords.verify("another", stored).await.unwrap(),
            Verified::Wrong,
            "{password} {stored}"
        );
    }
}

#[tokio::test]
async fn django_takes_what_we_store() {
    let mut all = Vec::new();
    for (hasher, password) in pairs().filter(|(hasher, _)| *hasher != "pbkdf2_sha1") {
        let stored = passwords(&[("hashers", hasher)]).hash(password).await.unwrap();
        all.push((password.to_owned(), stored.clone(), true));
        all.push((format!("{password}."), stored, false));
    }
    let unusable = quintet_auth::passwords::Passwords::unusable().unwrap();
    all.push(("!".to_owned(), unusable, false));
    let Some(answer) = ask(json!({ "verify": all.iter().map(|(p, s, _)| (p, s)).collect::<Vec<_>>() }))
    else {
        return;
    };
    for ((password, stored, right), taken) in all.iter().zip(answer["verify"].as_array().unwrap()) {
        assert_eq!(taken, right, "{password} {stored}");
    }
}

#[test]
fn the_same_new_passwords_are_refused() {
    let ann = json!({ "username": "annabelle", "first_name": "Anna Belle", "last_name": "O'Neill", "email": "ann.b@example.com" });
    let asked: Vec<(&str, Value)> = [
        "short",
        "annabelle",
        "annabelle1",
        "ANNABELLE99",
        "belle-anna",
        "o'neill!",
        "oneill1234",
        "ann.b@example.com",
        "exampleexample",
        "example.com",
        "moc.elpmaxe",
        "password",
        "Password1 ",
        "iloveyou",
        "123456789012",
        "١٢٣٤٥٦٧٨٩",
        "12345678",
        "correct horse battery",
        "",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "ÄNNÄBELLE",
        "snow☃man☃",
        "anna_belle_x",
        "elleb anna",
        "qwertyuiop",
        "tr0ub4dor&3",
        "neillneill",
    ]
    .into_iter()
    .map(|password| (password, ann.clone()))
    .chain([("anything1", json!({ "username": "" })), ("anything1", json!({ "username": "any" }))])
    .collect();
    let names = ["ﬁnn②", "Ann", "ａｎｎ", "e\u{301}"];
    let addresses = ["Ann@Example.COM", "a@b@C.D", "none", " Ann@X.Y "];
    let Some(answer) = ask(json!({ "validate": asked, "username": names, "email": addresses })) else {
        return;
    };
    let passwords = passwords(&[]);
    for ((password, user), codes) in asked.iter().zip(answer["validate"].as_array().unwrap()) {
        let about =
            user.as_object().unwrap().iter().fold(About::new(), |a, (k, v)| a.with(k, v.as_str().unwrap()));
        let ours: Vec<String> =
            passwords.check("p", password, &about).codes("p").map(str::to_owned).collect();
        assert_eq!(json!(ours), *codes, "{password}");
    }
    assert_eq!(json!(names.map(normal_username)), answer["username"]);
    assert_eq!(json!(addresses.map(normal_email)), answer["email"]);
}
