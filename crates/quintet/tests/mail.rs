//! Mail in a whole site: of templates, after commits, in tests, by the command.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::{Arc, Mutex};

use quintet::{
    core::{BoxFuture, EmbeddedFile, Folder},
    mail::{Message, Transport},
    prelude::*,
};

/// What somebody thinks of a film.
#[model]
#[derive(Debug, Clone)]
pub struct Review {
    /// Their words.
    pub text: String,
}

static FILES: &[EmbeddedFile] = &[
    EmbeddedFile {
        path: "templates/mail/base.html",
        bytes: b"<html><head><title>{% block subject %}{% endblock %}</title></head><body>{% block html %}{% block body %}{% endblock %}<p>{{ site.name }}</p>{% endblock %}</body></html>",
    },
    EmbeddedFile {
        path: "templates/mail/thanks.html",
        bytes: b"{% block subject %}\nThanks for\n  \"{{ text }}\"{% endblock %}\n<p>You wrote <q>{{ text }}</q>: <a href=\"{{ url('review', id=7) }}?a=1&amp;b=2\">read it</a>.</p>",
    },
    EmbeddedFile {
        path: "templates/mail/full.html",
        bytes: b"{% block subject %}Hi {{ name }}{% endblock %}{% block text %}Dear {{ name }},\n\n  {{ url('review', id=7) }}\n{% endblock %}{% block html %}<b>{{ name }}</b>{% endblock %}and this is nowhere",
    },
    EmbeddedFile {
        path: "templates/mail/child.html",
        bytes: b"{% extends 'mail/base.html' %}{% block subject %}A child{% endblock %}{% block body %}<p>{{ name }}</p>{% endblock %}",
    },
    EmbeddedFile { path: "templates/mail/pair.html", bytes: b"{% block subject %}Pair{% endblock %}<p>html</p>" },
    EmbeddedFile { path: "templates/mail/pair.txt", bytes: b"text of <{{ name }}>" },
    EmbeddedFile {
        path: "templates/mail/plain.txt",
        bytes: b"{% block subject %}Plain & {{ name }}{% endblock %}\nOnly <text> for {{ name }}.",
    },
    EmbeddedFile {
        path: "templates/mail/both.html",
        bytes: b"{% block subject %}Both{% endblock %}<p>{{ name }}</p>",
    },
    EmbeddedFile { path: "templates/mail/both.txt", bytes: b"As it is: &lt; {{ name }}" },
    EmbeddedFile { path: "templates/mail/mute.html", bytes: b"<p>x</p>" },
];

#[get("/reviews/{id}/")]
async fn review(Path(id): Path<i64>) -> String {
    format!("review {id}")
}

#[post("/reviews/")]
async fn write(mailer: Mailer, Json(text): Json<String>) -> Result<String> {
    email!("mail/thanks.html", text).to("ann@example.com").send(&mailer).await?;
    Ok("sent".to_owned())
}

/// In the request's transaction; `fail` undoes it.
#[post("/reviews/atomic/", atomic)]
async fn in_transaction(db: Db, mailer: Mailer, Json(fail): Json<bool>) -> Result<String> {
    create!(Review { text: "x" }).insert(&db).await?;
    email!("mail/full.html", name: "Ann").to("ann@example.com").send(&db).await?;
    let early = mailer.outbox().unwrap().all().len();
    if fail { Err(Error::bad_request("no")) } else { Ok(early.to_string()) }
}

#[post("/reviews/later/")]
async fn later(mailer: Mailer) -> String {
    spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        Mail::new("Later").to("ann@example.com").text("x").send(&mailer).await
    });
    "soon".to_owned()
}

fn site() -> Site {
    Site::new().install(
        App::new("cinema").folder(Folder::embedded("/cinema", FILES)).models((Review,)).routes(routes![
            review,
            write,
            in_transaction,
            later
        ]),
    )
}

fn mailer(site: &TestSite) -> Mailer {
    site.services().require::<Mailer>().unwrap().clone()
}

#[quintet::test(site, settings = { "site.url" = "https://cinema.example:8443/", "site.name" = "Cinema", "security.hosts" = "*" })]
async fn a_template_makes_subject_html_and_text(site: TestSite) -> Result {
    let text = "a <b> & 'c'";
    // Whatever host the sender says, the mail leads to the site.
    let browser = site.browser().with_header("x-forwarded-host", "evil.example");
    browser.json("POST", "/reviews/", text).await.ok();
    let mail = site.outbox().await.pop().unwrap();
    assert_eq!(mail.subject(), "Thanks for \"a <b> & 'c'\"");
    let html = mail.html().unwrap();
    assert!(html.starts_with("<p>You wrote <q>a &lt;b&gt; &amp; &#x27;c&#x27;</q>:"), "{html}");
    assert!(html.contains("href=\"https://cinema.example:8443/reviews/7/?a=1&amp;b=2\""), "{html}");
    assert_eq!(
        mail.text(),
        "You wrote a <b> & 'c': read it (https://cinema.example:8443/reviews/7/?a=1&b=2)."
    );
    assert!(!String::from_utf8_lossy(mail.bytes()).contains("evil"));
    site.get(mail.link()).await.ok().contains("review 7");

    let form = |mail: Mail| mailer(&site).form(mail.to("ann@example.com"));
    let full = form(email!("mail/full.html", name: "Zoë & <Ann>"))?;
    assert_eq!((full.subject(), full.html()), ("Hi Zoë & <Ann>", Some("<b>Zoë &amp; &lt;Ann&gt;</b>\n")));
    assert_eq!(full.text(), "Dear Zoë & <Ann>,\n\n  https://cinema.example:8443/reviews/7/\n");
    let child = form(email!("mail/child.html", name: "Ann"))?;
    assert_eq!((child.subject(), child.html()), ("A child", Some("<p>Ann</p><p>Cinema</p>\n")));
    let pair = form(email!("mail/pair.html", name: "Ann"))?;
    assert_eq!((pair.text(), pair.html()), ("text of <Ann>\n", Some("<p>html</p>\n")));
    let both = form(email!("mail/both.html", name: "&amp;"))?;
    assert_eq!((both.text(), both.html()), ("As it is: &lt; &amp;\n", Some("<p>&amp;amp;</p>\n")));
    let plain = form(email!("mail/plain.txt", name: "<Ann> &amp;"))?;
    assert_eq!(
        (plain.subject(), plain.text(), plain.html()),
        ("Plain & <Ann> &amp;", "Only <text> for <Ann> &amp;.\n", None)
    );
    // What the program says goes before.
    let own = form(email!("mail/full.html", name: "x").subject("Own").text("own"))?;
    assert_eq!((own.subject(), own.text()), ("Own", "own"));
    let mute = form(email!("mail/mute.html")).unwrap_err().to_string();
    assert!(mute.contains("mail/mute.html") && mute.contains("block subject"), "{mute}");
    let unknown = form(email!("mail/ful.html", name: "x")).unwrap_err().to_string();
    assert!(unknown.contains("mail/ful.html") && !unknown.contains("subject"), "{unknown}");
    let missing = form(email!("mail/full.html")).unwrap_err().to_string();
    assert!(missing.contains("name"), "{missing}");
    Ok(())
}

/// A subject's value can't break out of its line either.
#[quintet::test(site)]
async fn a_value_in_a_subject_stays_in_its_line(site: TestSite) -> Result {
    site.json("POST", "/reviews/", "x\r\nBcc: all@example.com\r\n\r\nbody").await.ok();
    let mail = site.outbox().await.pop().unwrap();
    assert_eq!(mail.subject(), "Thanks for \"x Bcc: all@example.com body\"");
    assert_eq!(mail.recipients(), ["ann@example.com"]);
    Ok(())
}

#[quintet::test(site)]
async fn a_mail_waits_for_the_commit(site: TestSite) -> Result {
    site.json("POST", "/reviews/atomic/", &true).await.status(400);
    assert!(site.outbox().await.is_empty());
    site.json("POST", "/reviews/atomic/", &false).await.ok().contains("0");
    assert_eq!(site.outbox().await.len(), 1);
    site.clear_outbox().await;

    let mail = || Mail::new("x").to("ann@example.com").text("x");
    let undone = site.db.atomic(async |tx| {
        mail().send(tx).await?;
        Err::<(), _>(Error::bad_request("no"))
    });
    undone.await.unwrap_err();
    assert!(site.outbox().await.is_empty());
    let before = site.db.atomic(async |tx| {
        mail().send(tx).await?;
        let executor: &dyn Executor = tx;
        mail().send(executor).await?;
        // A mistake is told inside, where something can be done about it.
        assert!(mail().to("nobody").send(tx).await.is_err());
        Ok(mailer(&site).outbox().unwrap().all().len())
    });
    assert_eq!(before.await?, 0);
    assert_eq!(site.outbox().await.len(), 2);
    // Outside of any transaction it leaves at once.
    mail().send(&site.db).await?;
    assert_eq!(mailer(&site).outbox().unwrap().all().len(), 3);
    Ok(())
}

#[quintet::test(site)]
async fn the_outbox_waits_for_what_runs_beside_requests(site: TestSite) -> Result {
    site.post("/reviews/later/", &[]).await.ok();
    assert_eq!(site.outbox().await[0].subject(), "Later");
    site.with_settings(&[("mail.from", "Other <other@example.com>")], async |other| {
        other.json("POST", "/reviews/", "x").await.ok();
    })
    .await?;
    let mails = site.outbox().await;
    assert_eq!((mails.len(), mails[1].from().to_string()), (2, "Other <other@example.com>".to_owned()));
    Ok(())
}

#[quintet::test(site, settings = { "mail.admins" = "root@example.com", "site.name" = "Cinema" })]
async fn a_command_sends_a_test(site: TestSite) -> Result {
    let written = site.run("sendtestemail ann@example.com bob@example.com --admins").await?;
    assert!(
        written.contains("ann@example.com, bob@example.com") && written.contains("root@example.com"),
        "{written}"
    );
    let mails = site.outbox().await;
    assert_eq!((mails.len(), mails[0].recipients().len()), (2, 2));
    assert_eq!(mails[1].subject(), "[Cinema] A test mail of Cinema");
    assert!(site.run("sendtestemail").await.unwrap_err().to_string().contains("to whom?"));
    assert!(site.run("sendtestemail --managers").await.unwrap_err().to_string().contains("`managers`"));
    Ok(())
}

#[quintet::test(site, settings = { "mail.url" = "console://" })]
async fn the_console_shows_what_people_read(site: TestSite) -> Result {
    let mail =
        Mail::new("Größe").to(("Zoë", "zoe@example.com")).text("Follow\u{1b}[31m https://x.example/ünï");
    mail.attach(Attachment::new("a.txt", "abc")).send(&mailer(&site)).await?;
    let written = site.written();
    for part in [
        "Subject: Größe",
        "To: Zoë <zoe@example.com>",
        "With: a.txt (text/plain, 3 bytes)",
        "https://x.example/ünï",
    ] {
        assert!(written.contains(part), "{written}");
    }
    assert!(!written.contains('\u{1b}'));
    Ok(())
}

/// A site's own way for mails.
#[derive(Debug, Clone, Default)]
struct Own(Arc<Mutex<Vec<String>>>);

impl Transport for Own {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result> {
        self.0.lock().unwrap().push(message.subject().to_owned());
        Box::pin(async { Ok(()) })
    }
}

fn with_own() -> Site {
    site().with::<Arc<dyn Transport>>(Arc::new(Own::default()))
}

#[quintet::test(with_own, settings = { "mail.from" = "a@example.com" })]
async fn a_site_brings_its_own_transport(site: TestSite) -> Result {
    Mail::new("Own").to("ann@example.com").text("x").send(&mailer(&site)).await?;
    let own = site.services().require::<Arc<dyn Transport>>()?;
    assert!(format!("{own:?}").contains("[\"Own\"]"), "{own:?}");
    assert!(mailer(&site).outbox().is_none());
    Ok(())
}
