//! SMTP: against a server that does what the test says, and against the sink that `scripts/services` starts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "support/server.rs"]
mod server;
mod support;

use std::{collections::HashMap, path::PathBuf};

use mail_parser::{HeaderValue, MessageParser, MimeHeaders as _};
use quintet_core::{ErrorKind, Result};
use quintet_mail::{Attachment, Mail, Mailer};
use server::{Heard, Manners, authority, serve};
use support::mailer;

async fn to(port: u16, scheme: &str, more: &[(&str, &str)]) -> Mailer {
    let url = format!("{scheme}://localhost:{port}");
    let mut settings = vec![("mail.url", url.as_str()), ("mail.from", "Cinema <site@example.com>")];
    for (key, value) in more {
        settings.retain(|(known, _)| known != key);
        settings.push((key, value));
    }
    mailer(&settings).await
}

fn mail() -> Mail {
    Mail::new("Hello").to("ann@example.com").text("x")
}

async fn sent(mailer: &Mailer) -> Result {
    mail().send(mailer).await
}

fn why(outcome: Result) -> String {
    outcome.unwrap_err().to_string()
}

#[tokio::test]
async fn many_mails_go_over_one_connection() {
    let (port, heard) = serve(Manners::default()).await;
    let mailer = to(port, "smtp", &[("site.url", "https://example.com")]).await;
    mailer.send_all((0..5).map(|_| mail())).await.unwrap();
    sent(&mailer).await.unwrap();
    assert_eq!(
        (heard.count("(connection)"), heard.count("MAIL FROM:<site@example.com>"), heard.count("| .")),
        (1, 6, 6)
    );
    assert_eq!(heard.count("EHLO example.com"), 1);
    // Nobody keeps what is not to be kept.
    let (port, heard) = serve(Manners::default()).await;
    let mailer = to(port, "smtp", &[("mail.idle", "0"), ("mail.hello", "[192.0.2.1]")]).await;
    mailer.send_all([mail(), mail()]).await.unwrap();
    assert_eq!((heard.count("(connection)"), heard.count("EHLO [192.0.2.1]")), (2, 2));
}

#[tokio::test]
async fn no_more_connections_than_there_may_be() {
    let (port, heard) = serve(Manners::default()).await;
    let mailer = to(port, "smtp", &[("mail.connections", "2")]).await;
    let all = (0..8).map(|_| {
        let mailer = mailer.clone();
        tokio::spawn(async move { sent(&mailer).await })
    });
    for one in all.collect::<Vec<_>>() {
        one.await.unwrap().unwrap();
    }
    assert!((1..=2).contains(&heard.count("(connection)")), "{:?}", heard.all());
    assert_eq!(heard.count("DATA"), 8);
}

#[tokio::test]
async fn a_login_is_said_only_inside_of_tls() {
    let login = [
        ("mail.user", "ann"),
        ("mail.password", "se:cr@t"),
        ("mail.ca", &*authority()),
        ("mail.tls", "required"),
    ];
    let (port, heard) = serve(Manners { starttls: true, ..Manners::default() }).await;
    sent(&to(port, "smtp", &login).await).await.unwrap();
    let order: Vec<String> =
        heard.all().iter().map(|l| l.split(' ').next().unwrap().to_owned()).take(6).collect();
    assert_eq!(order, ["(connection)", "EHLO", "STARTTLS", "(tls)", "EHLO", "AUTH"]);
    // \0ann\0se:cr@t
    assert_eq!(heard.count("AUTH PLAIN AGFubgBzZTpjckB0"), 1);

    let (port, heard) = serve(Manners { implicit: true, ..Manners::default() }).await;
    let in_url =
        [("mail.url", &*format!("smtps://ann:se%3Acr%40t@localhost:{port}")), ("mail.ca", &*authority())];
    sent(&to(port, "smtps", &in_url).await).await.unwrap();
    assert_eq!(heard.count("AUTH PLAIN AGFubgBzZTpjckB0"), 1);

    // Who takes the offer away gets nothing.
    let (port, heard) = serve(Manners::default()).await;
    let error = why(sent(&to(port, "smtp", &login).await).await);
    assert!(error.contains("offers no TLS") && error.contains("if-offered"), "{error}");
    assert_eq!((heard.count("AUTH"), heard.count("MAIL")), (0, 0));
    // Unless that is what the settings say.
    sent(&to(port, "smtp", &[("mail.tls", "if-offered")]).await).await.unwrap();
    let (port, heard) = serve(Manners { starttls: true, ..Manners::default() }).await;
    sent(&to(port, "smtp", &[("mail.tls", "off")]).await).await.unwrap();
    assert_eq!(heard.count("STARTTLS"), 0);
}

#[tokio::test]
async fn a_certificate_of_nobody_is_not_taken() {
    for (scheme, manners) in [
        ("smtp", Manners { starttls: true, ..Manners::default() }),
        ("smtps", Manners { implicit: true, ..Manners::default() }),
    ] {
        let (port, heard) = serve(manners).await;
        let error = why(sent(&to(port, scheme, &[]).await).await);
        assert!(
            error.contains(&format!("{scheme}://localhost:{port}")) && error.contains("certificate"),
            "{error}"
        );
        assert_eq!(heard.count("MAIL"), 0);
    }
}

fn answering(verb: &'static str, answer: &'static str) -> Manners {
    Manners { answers: HashMap::from([(verb, answer)]), ..Manners::default() }
}

#[tokio::test]
async fn errors_say_which_server_and_what_it_answered() {
    for (manners, kind, told) in [
        (answering("AUTH", "535 5.7.8 bad credentials"), ErrorKind::Other, "535 5.7.8 bad credentials"),
        (answering("MAIL", "550 5.7.1 not you"), ErrorKind::Other, "550 5.7.1 not you"),
        (answering("RCPT", "550 5.1.1 no such mailbox"), ErrorKind::Other, "550 5.1.1 no such mailbox"),
        (answering("RCPT", "451 4.3.0 later"), ErrorKind::Unavailable, "451 4.3.0 later"),
        (answering("TEXT", "554 5.6.0 spam"), ErrorKind::Other, "554 5.6.0 spam"),
        (answering("EHLO", "554 go away"), ErrorKind::Unavailable, "554 go away"),
        (Manners { silent: Some("MAIL"), ..Manners::default() }, ErrorKind::Timeout, "`[mail] timeout`"),
        (Manners { silent: Some("EHLO"), ..Manners::default() }, ErrorKind::Timeout, "connect and log in"),
    ] {
        let (port, _) = serve(manners).await;
        let more = [("mail.timeout", "300ms"), ("mail.user", "ann"), ("mail.password", "secret-word")];
        let error = sent(&to(port, "smtp", &more).await).await.unwrap_err();
        let text = format!("{error:?}");
        assert!(text.contains(&format!("smtp://localhost:{port}")) && text.contains(told), "{text}");
        assert!(!text.contains("secret-word"), "{text}");
        assert_eq!(error.kind(), &kind, "{text}");
    }
    let error = why(sent(&to(1, "smtp", &[]).await).await);
    assert!(error.contains("smtp://localhost:1 ") && error.contains("can't be reached"), "{error}");
    let nowhere = [("mail.url", "smtp://mail.invalid"), ("mail.tls", "off")];
    let error = why(sent(&to(1, "smtp", &nowhere).await).await);
    assert!(error.contains("smtp://mail.invalid:25"), "{error}");
}

#[tokio::test]
async fn one_that_is_refused_stops_no_other() {
    let (port, heard) = serve(answering("RCPT", "550 no")).await;
    let mailer = to(port, "smtp", &[]).await;
    let error = why(mailer.send_all([mail(), mail(), mail()]).await);
    assert!(error.contains("3 of 3 mails") && error.contains("550 no"), "{error}");
    assert_eq!(heard.count("MAIL"), 3);
    // A mistake in one of them sends none.
    let (port, heard) = serve(Manners::default()).await;
    let mailer = to(port, "smtp", &[]).await;
    assert!(why(mailer.send_all([mail(), mail().to("nobody")]).await).contains("`to`"));
    assert_eq!(heard.count("(connection)"), 0);
}

/// A server that has closed the connection, and a mail that was given up halfway: neither is in the next one's way.
#[tokio::test]
async fn a_broken_connection_is_not_used_again() {
    let (port, heard) = serve(answering("NOOP", "421 bye")).await;
    let mailer = to(port, "smtp", &[]).await;
    sent(&mailer).await.unwrap();
    sent(&mailer).await.unwrap();
    assert_eq!((heard.count("(connection)"), heard.count("DATA")), (2, 2));

    let (port, heard) = serve(Manners { silent: Some("DATA"), ..Manners::default() }).await;
    let mailer = to(port, "smtp", &[("mail.timeout", "60s"), ("mail.connections", "1")]).await;
    let given_up = tokio::spawn({
        let mailer = mailer.clone();
        async move { sent(&mailer).await }
    });
    until(&heard, "DATA").await;
    given_up.abort();
    assert!(given_up.await.is_err());
    let second = tokio::spawn(async move { sent(&mailer).await });
    while heard.count("DATA") < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(heard.count("(connection)"), 2, "the second mail has a connection of its own");
    second.abort();
}

async fn until(heard: &Heard, verb: &str) {
    while heard.count(verb) == 0 {
        tokio::task::yield_now().await;
    }
}

/// The sink of `scripts/services`, and the folder where it puts mails.
fn sink() -> Option<(String, PathBuf)> {
    let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match (read("QUINTET_TEST_SMTP"), read("QUINTET_TEST_SMTP_FOLDER")) {
        (Some(url), Some(folder)) => Some((url, folder.into())),
        _ => {
            println!(
                "skipped: QUINTET_TEST_SMTP and QUINTET_TEST_SMTP_FOLDER name no mail server: scripts/services start smtp"
            );
            None
        }
    }
}

/// The mail with this id, once it has arrived.
fn arrived(folder: &PathBuf, id: &str) -> Vec<u8> {
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_some_and(|e| e == "eml") {
            let bytes = std::fs::read(&file).unwrap_or_default();
            if String::from_utf8_lossy(&bytes).contains(id) {
                return bytes;
            }
        }
    }
    panic!("no mail {id} in {}", folder.display())
}

#[tokio::test]
async fn what_arrives_is_what_was_sent() {
    let Some((url, folder)) = sink() else { return };
    let settings = [
        ("mail.url", &*url),
        ("mail.from", "Ciné <site@example.com>"),
        ("mail.user", "a"),
        ("mail.password", "b"),
    ];
    let mailer = mailer(&settings).await;
    let text = format!(".\n..a\n.b\n\n{}\nGröße ✓", "words and words ".repeat(300));
    let html = format!("<p>{}</p>\n.\n<p>é</p>", "long ".repeat(500));
    let bytes: Vec<u8> = (0..=255u8).cycle().take(100_000).collect();
    let mail = Mail::new("Übermäßig: 日本語 🎬")
        .to(("Zoë", "zoe@bücher.example"))
        .cc("carl@example.com")
        .bcc("hidden@example.com")
        .text(&text)
        .html(&html)
        .attach(Attachment::new("Foto ä.bin", bytes.clone()));
    let message = mailer.form(mail.clone()).unwrap();
    let mail = mail.message_id(message.id());
    mail.send(&mailer).await.unwrap();

    let raw = arrived(&folder, message.id());
    let read = MessageParser::default().parse(&raw).unwrap();
    let envelope: Vec<String> = read
        .headers_raw()
        .filter(|(name, _)| *name == "X-Envelope-To")
        .map(|(_, value)| value.trim().to_owned())
        .collect();
    assert_eq!(envelope, ["zoe@xn--bcher-kva.example", "carl@example.com", "hidden@example.com"]);
    let body = String::from_utf8_lossy(&raw);
    assert_eq!(body.matches("hidden@example.com").count(), 1, "in the envelope alone");
    assert_eq!(read.subject(), Some("Übermäßig: 日本語 🎬"));
    assert_eq!(read.from().unwrap().first().unwrap().name(), Some("Ciné"));
    let same = |arrived: &str| arrived.replace("\r\n", "\n").trim_end().to_owned();
    assert_eq!(same(&read.body_text(0).unwrap()), text);
    assert_eq!(same(&read.body_html(0).unwrap()), html);
    let file = read.attachment(0).unwrap();
    assert_eq!((file.attachment_name(), file.contents() == bytes), (Some("Foto ä.bin"), true));
    assert!(matches!(read.header("Bcc"), None | Some(HeaderValue::Empty)));
}

#[tokio::test]
async fn a_recipient_that_the_sink_refuses_is_told() {
    let Some((url, _)) = sink() else { return };
    let mailer = mailer(&[("mail.url", &*url), ("mail.from", "site@example.com")]).await;
    let error = why(Mail::new("x").to("refuse@example.com").text("x").send(&mailer).await);
    assert!(
        error.contains(&url) && error.contains("refuse@example.com") && error.contains("550 no such mailbox"),
        "{error}"
    );
    sent(&mailer).await.unwrap();
}
