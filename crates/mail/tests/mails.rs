//! What a mail is made of, read by a parser that is not ours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use mail_parser::{MessageParser, MimeHeaders as _, PartType};
use quintet_core::{Room as _, Services};
use quintet_mail::{Address, Attachment, Mail, MailRoom, Mailer, Message};
use support::{mailer, try_mailer, with};

async fn formed(mail: Mail) -> Message {
    mailer(&[("mail.url", "memory://"), ("mail.from", "Cinema <no-reply@example.com>")])
        .await
        .form(mail)
        .unwrap()
}

fn head(message: &Message) -> String {
    let text = String::from_utf8(message.bytes().to_vec()).expect("lines of mail are ASCII");
    text.split("\r\n\r\n").next().unwrap().to_owned()
}

#[tokio::test]
async fn words_of_every_script_arrive() {
    let subject = "Größe, 日本語 und 🎬: ein sehr langer Betreff, der auf keinen Fall in eine einzige Zeile einer Mail passt";
    let text = format!("Zeile eins\n.\n..\n{}\nEnde ✓", "sehr lange Zeile ".repeat(200));
    let mail = Mail::new(subject)
        .to(("Zoë Müller", "zoë@example.com".replace('ë', "e")))
        .to("\"Lee, Ann\" <ann@bücher.example>")
        .cc("carl@example.com")
        .reply_to(Address::named("Büro", "office@example.com").unwrap())
        .header("List-Unsubscribe", "<https://example.com/stop/>")
        .header("X-Wort", "Größe")
        .text(&text);
    let message = formed(mail).await;
    assert!(message.bytes().is_ascii(), "any server takes it");
    let lines = String::from_utf8_lossy(message.bytes()).into_owned();
    assert!(lines.split("\r\n").all(|line| line.len() <= 998 && !line.contains('\n')), "{lines}");

    let read = MessageParser::default().parse(message.bytes()).unwrap();
    assert_eq!(read.subject(), Some(subject));
    assert_eq!(read.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), text);
    let to: Vec<_> = read.to().unwrap().iter().map(|a| (a.name().unwrap(), a.address().unwrap())).collect();
    assert_eq!(to, [("Zoë Müller", "zoe@example.com"), ("Lee, Ann", "ann@xn--bcher-kva.example")]);
    assert_eq!(read.from().unwrap().first().unwrap().address(), Some("no-reply@example.com"));
    assert_eq!(read.reply_to().unwrap().first().unwrap().name(), Some("Büro"));
    assert_eq!(read.cc().unwrap().first().unwrap().address(), Some("carl@example.com"));
    assert!(head(&message).contains("X-Wort: =?utf-8?b?R3LDtsOfZQ==?="));
    assert!(head(&message).contains("List-Unsubscribe: <https://example.com/stop/>"));
    assert_eq!(read.date().unwrap().to_rfc3339(), "2026-11-20T12:34:56Z");
    assert_eq!(format!("<{}>", read.message_id().unwrap()), message.id());
    assert!(message.id().ends_with("@example.com>"));
}

#[tokio::test]
async fn who_gets_it_unseen_is_in_no_header() {
    let mail =
        Mail::new("News").to("ann@example.com").bcc(["bob@example.com", "carol@example.com"]).text("x");
    let message = formed(mail).await;
    assert_eq!(message.recipients(), ["ann@example.com", "bob@example.com", "carol@example.com"]);
    let all = String::from_utf8_lossy(message.bytes()).to_lowercase();
    assert!(!all.contains("bcc") && !all.contains("bob@") && !all.contains("carol@"), "{all}");
    let twice = formed(Mail::new("x").to(["ann@example.com", "Ann <ANN@example.com>"]).text("x")).await;
    assert_eq!(twice.recipients(), ["ann@example.com"]);
}

#[tokio::test]
async fn html_has_a_text_beside_it_and_files_behind_it() {
    let mail = Mail::new("Report")
        .to("ann@example.com")
        .html("<p>Größe: <b>3</b> <img src=\"cid:logo\" alt=\"logo\"></p>")
        .attach(Attachment::new("logo.png", b"\x89PNG\0\r\n.\r\n".to_vec()).inline("logo"))
        .attach(Attachment::new("Bericht für Ann.csv", "a;b\n1;2\n"))
        .attach(Attachment::new("data", vec![0u8, 255]).content_type("application/x-own; version=1"));
    let message = formed(mail).await;
    assert_eq!(message.text(), "Größe: 3 logo");
    let read = MessageParser::default().parse(message.bytes()).unwrap();
    assert_eq!(read.body_text(0).unwrap().trim_end(), "Größe: 3 logo");
    assert!(read.body_html(0).unwrap().contains("<img src=\"cid:logo\""));
    let kinds: Vec<String> = read
        .parts
        .iter()
        .map(|part| part.content_type().map(|c| format!("{}/{}", c.ctype(), c.subtype().unwrap())).unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "image/png",
            "text/csv",
            "application/x-own"
        ]
    );
    let file = |at: usize| (read.parts[at].attachment_name().unwrap(), read.parts[at].contents());
    assert_eq!(file(5), ("logo.png", b"\x89PNG\0\r\n.\r\n".as_slice()));
    assert_eq!(read.parts[5].content_id(), Some("logo"));
    assert_eq!(file(6), ("Bericht für Ann.csv", b"a;b\n1;2\n".as_slice()));
    assert_eq!(file(7), ("data", [0u8, 255].as_slice()));
    assert!(matches!(read.parts[5].body, PartType::InlineBinary(_) | PartType::Binary(_)));
    // Without HTML that shows it, it is a file like others.
    let alone = formed(
        Mail::new("x").to("a@example.com").text("x").attach(Attachment::new("a.png", "1").inline("a")),
    )
    .await;
    assert_eq!(MessageParser::default().parse(alone.bytes()).unwrap().attachment_count(), 1);
}

#[tokio::test]
async fn what_could_begin_another_header_is_refused_and_named() {
    let mailer = mailer(&[("mail.url", "memory://")]).await;
    let mail = || Mail::new("ok").to("ann@example.com").text("x");
    let evil = "a\r\nBcc: all@example.com";
    for (field, mail) in [
        ("subject", mail().subject(evil)),
        ("subject", mail().subject("a\nb")),
        ("to", mail().to(("Ann\nBcc: all@example.com", "ann@example.com"))),
        ("to", mail().to("ann@example.com\r\nRCPT TO:<all@example.com>")),
        ("to", mail().to("ann@example.com, all@example.com")),
        ("to", mail().to(["ann@example.com", ""])),
        ("cc", mail().cc(evil)),
        ("bcc", mail().bcc(evil)),
        ("reply_to", mail().reply_to(evil)),
        ("from", mail().from(evil)),
        ("from", mail().from(["a@example.com", "b@example.com"])),
        ("header", mail().header("X-Own", evil)),
        ("header", mail().header("X-Own\r\nBcc", "all@example.com")),
        ("header", mail().header("Bcc", "all@example.com")),
        ("message_id", mail().message_id("<a@b>\r\nBcc: c@d.e")),
        ("message_id", mail().message_id("none")),
        ("attach", mail().attach(Attachment::new("a\r\nX: b", "x"))),
        ("attach", mail().attach(Attachment::new("a.txt", "x").content_type("text/plain\r\nX: b"))),
        ("attach", mail().attach(Attachment::new("a.txt", "x").inline("a>\r\nX: b"))),
    ] {
        let error = mail.send(&mailer).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{field}` of this mail: ")), "{error}");
    }
    assert!(mailer.outbox().unwrap().all().is_empty());
    let nobody = Mail::new("ok").text("x").send(&mailer).await.unwrap_err().to_string();
    assert!(nobody.contains("goes to nobody"), "{nobody}");
    mail().message_id("<7.thanks@example.com>").send(&mailer).await.unwrap();
    assert_eq!(mailer.outbox().unwrap().all()[0].id(), "<7.thanks@example.com>");
}

#[tokio::test]
async fn a_name_can_not_break_out_of_its_header() {
    for name in
        ["=?utf-8?q?a?= <b@example.com>", "\"quoted\" \\ name", "a, b <c@example.com>", "Ünï\u{202e}x"]
    {
        let message = formed(Mail::new("x").to((name, "ann@example.com")).text("x")).await;
        let read = MessageParser::default().parse(message.bytes()).unwrap();
        let to: Vec<_> = read.to().unwrap().iter().map(|a| a.address().unwrap()).collect();
        assert_eq!(to, ["ann@example.com"], "{}", head(&message));
    }
}

#[tokio::test]
async fn settings_say_where_mails_go() {
    let unset = mailer(&[]).await;
    let error = Mail::new("x").to("a@example.com").text("x").send(&unset).await.unwrap_err().to_string();
    assert!(error.contains("`[mail]`") && error.contains("MAIL_URL"), "{error}");
    assert!(format!("{:?}", mailer(&[("debug", "true")]).await).contains("ConsoleMail"));
    let found = async |mailer: Mailer| {
        let mut services = Services::builder();
        services.insert(mailer);
        MailRoom.checks(&services.build()).await.iter().map(|check| check.id).collect::<Vec<_>>()
    };
    assert_eq!(found(unset).await, ["mail.W001"]);
    assert!(found(mailer(&[("mail.url", "dummy://")]).await).await.is_empty());
    for (settings, told) in [
        (&[("mail.url", "smpt://x")][..], "did you mean `smtp`?"),
        (&[("mail.url", "file://")], "names no folder"),
        (&[("mail.url", "smtp://")], "names no server"),
        (&[("mail.url", "smtp://a:b@")], "names no server"),
        (&[("mail.url", "smtp://mail.example.com:http")], "`http`"),
        (&[("mail.url", "smtp://mail.example.com?tls=off")], "`tls`"),
        (&[("mail.url", "smtp://ann@mail.example.com")], "no password"),
        (&[("mail.url", "smtp://mail.example.com"), ("mail.password", "x")], "no user"),
        (&[("mail.url", "smtps://mail.example.com"), ("mail.tls", "off")], "smtps"),
        (&[("mail.url", "smtp://mail.example.com"), ("mail.ca", "none.pem")], "none.pem"),
        (&[("mail.url", "smtp://mail.example.com"), ("mail.hello", "a b")], "`hello`"),
        (&[("mail.from", "nobody")], "`from`"),
        (&[("mail.admins", "ann@example.com, nobody")], "`admins`"),
        (&[("mail.managers", "nobody")], "`managers`"),
    ] {
        let error = try_mailer(settings).await.unwrap_err().to_string();
        assert!(error.contains("`[mail]`") && error.contains(told), "{error}");
    }
    let shown = mailer(&[("mail.url", "smtp://ann:se%40cret@mail.example.com")]).await;
    assert!(format!("{shown:?}").contains("smtp://mail.example.com:587"), "{shown:?}");
    // Whose mails reach people has to say who sends them.
    let real = mailer(&[("mail.url", "smtps://mail.example.com")]).await;
    let error = Mail::new("x").to("a@example.com").text("x").send(&real).await.unwrap_err().to_string();
    assert!(error.contains("`from` of `[mail]`"), "{error}");
    let dummy = mailer(&[("mail.url", "dummy://")]).await;
    Mail::new("x").to("a@example.com").text("x").send(&dummy).await.unwrap();
    assert!(dummy.outbox().is_none());
}

#[tokio::test]
async fn files_are_whole_mails() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("mail.url", "file://out/mail"), ("mail.from", "a@example.com")];
    let mailer = with(&settings, folder.path(), quintet_core::Services::builder()).await.unwrap();
    let mails = ["one", "two"].map(|subject| Mail::new(subject).to("b@example.com").text("Größe"));
    mailer.send_all(mails).await.unwrap();
    let mut files: Vec<_> =
        std::fs::read_dir(folder.path().join("out/mail")).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    let subjects: Vec<String> = files
        .iter()
        .map(|file| {
            assert!(file.extension().is_some_and(|e| e == "eml"), "{file:?}");
            let bytes = std::fs::read(file).unwrap();
            MessageParser::default().parse(&bytes).unwrap().subject().unwrap().to_owned()
        })
        .collect();
    assert_eq!(subjects, ["one", "two"]);
}

#[tokio::test]
async fn admins_and_managers_are_told() {
    let settings = [
        ("mail.url", "memory://"),
        ("site.name", "Cinema"),
        ("mail.server_from", "root@example.com"),
        ("mail.admins", "Ann <ann@example.com>, bob@example.com"),
    ];
    let all = mailer(&settings).await;
    all.mail_admins(Mail::new("It burns").text("x")).await.unwrap();
    all.mail_managers(Mail::new("nobody").text("x")).await.unwrap();
    let sent = all.outbox().unwrap().all();
    assert_eq!((sent.len(), sent[0].subject()), (1, "[Cinema] It burns"));
    assert_eq!(
        (sent[0].from().email(), sent[0].recipients().join(" ")),
        ("root@example.com", "ann@example.com bob@example.com".to_owned())
    );
    let other = mailer(&[&settings[..], &[("mail.subject_prefix", "!! ")]].concat()).await;
    other.mail_admins(Mail::new("It burns").text("x")).await.unwrap();
    assert_eq!(other.outbox().unwrap().all()[0].subject(), "!! It burns");
}
