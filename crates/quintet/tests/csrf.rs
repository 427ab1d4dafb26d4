//! Forms carry their token without anybody's doing; a browser of the test kit sends it; another site's page gets nowhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use quintet::core::EmbeddedFile;
use quintet::core::Folder;
use quintet::prelude::*;
use quintet::web::Csrf;

static FILES: &[EmbeddedFile] = &[
    EmbeddedFile {
        path: "templates/note.html",
        bytes: b"{{ form.open }}{{ form }}<button>Send</button></form>\
                 <form method=\"get\">{{ form.open(method=\"get\") }}</form>",
    },
    EmbeddedFile {
        path: "templates/own.html",
        bytes: b"<meta name=\"csrf-token\" content=\"{{ csrf_token() }}\"><form method=\"post\">{{ csrf_input() }}</form>",
    },
    EmbeddedFile { path: "templates/bare.html", bytes: b"<p>nothing to send</p>" },
    EmbeddedFile {
        path: "templates/cached.html",
        bytes: b"{% cache \"5m\", \"form\" %}{{ csrf_input() }}{% endcache %}",
    },
];

#[data]
struct Note {
    #[field(max_length = 20)]
    text: String,
}

#[form("/note/")]
async fn note(mut form: Form<Note>) -> Page {
    let Some(note) = form.valid() else { return Page::new("note.html").with("form", &form) };
    redirect(format!("/noted/?{}", note.text))
}

#[get("/own/")]
async fn own() -> Page {
    Page::new("own.html")
}

#[get("/bare/")]
async fn bare() -> Page {
    Page::new("bare.html")
}

#[get("/cached/")]
async fn cached() -> Page {
    Page::new("cached.html")
}

#[get("/leaving/")]
async fn leaving(form: Form<Note>) -> Page {
    Page::new("note.html").with("form", &form).streamed()
}

#[get("/leaving/own/")]
async fn leaving_own() -> Page {
    Page::new("own.html").streamed()
}

#[post("/own/")]
async fn sent(csrf: Csrf) -> Result<&'static str> {
    csrf.rotate()?;
    Ok("sent")
}

fn site() -> Site {
    let app = App::new("notes").folder(Folder::embedded("/notes", FILES));
    Site::new().install(app.routes(routes![note, own, bare, sent, cached, leaving, leaving_own]))
}

#[quintet::test(site)]
async fn a_form_has_its_token_and_is_refused_without(site: TestSite) -> Result {
    // By itself, the test kit's browser sends what a browser would.
    site.post(note::url(), &[("text", "hello")]).await.redirects("/noted/?hello");

    let ann = site.browser().enforce_csrf();
    ann.post(note::url(), &[("text", "hello")]).await.status(403);
    let page =
        ann.get(note::url()).await.ok().header("vary", "cookie").header("cache-control", "private, no-cache");
    let token = page.csrf_token();
    page.contains_html_times(1, &format!("<input type=hidden name=csrf_token value={token}>"));
    ann.post(note::url(), &[("text", "hello")]).await.status(403);
    ann.post(note::url(), &[("text", "hello"), ("csrf_token", &token)]).await.redirects("/noted/?hello");
    // What was wrong is shown again, with a token.
    let again = ann.post(note::url(), &[("text", &"x".repeat(30)), ("csrf_token", &token)]).await.status(422);
    let second = again.csrf_token();
    assert_ne!(second, token);
    ann.upload(note::url(), &[("csrf_token", &second), ("text", "hello")], &[])
        .await
        .redirects("/noted/?hello");
    // Another browser's token is worth nothing.
    let eve = site.browser().enforce_csrf();
    let _ = eve.get(note::url()).await.ok();
    eve.post(note::url(), &[("text", "hello"), ("csrf_token", &token)]).await.status(403);
    // Nor is a good one from another site's page.
    let forged = ann.clone().with_header("origin", "https://evil.example");
    forged.post(note::url(), &[("text", "hello"), ("csrf_token", &second)]).await.status(403);
    Ok(())
}

#[quintet::test(site)]
async fn templates_show_the_token_to_forms_and_scripts(site: TestSite) -> Result {
    let ann = site.browser().enforce_csrf();
    let page = ann.get(own::url()).await.ok();
    let (in_meta, text) = (page.csrf_token(), page.text());
    let in_form = text.split("name=\"csrf_token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_ne!(in_meta, in_form);
    let with = |token: &str| ann.clone().with_header("x-csrf-token", token);
    assert_eq!(with(in_form).post("/own/", &[]).await.ok().text(), "sent");
    // The handler has made another secret, as where somebody signs in: the tokens of before are good for nothing.
    with(&in_meta).post("/own/", &[]).await.status(403);
    let page = ann.get(own::url()).await.ok();
    let _ = with(&page.csrf_token()).post("/own/", &[]).await.ok();
    // Pages that leave while they are rendered have the cookie before.
    for url in [leaving::url(), leaving_own::url()] {
        let browser = site.browser().enforce_csrf();
        let token = browser.get(url).await.ok().header("vary", "cookie").csrf_token();
        browser
            .post(note::url(), &[("text", "hello"), ("csrf_token", &token)])
            .await
            .redirects("/noted/?hello");
    }
    // A page without a form is everybody's.
    let bare = site.browser().get(bare::url()).await.ok();
    assert!(bare.cookies().is_empty());
    // A token is nobody else's: a piece that has one is not kept.
    site.get(cached::url()).await.status(500);
    Ok(())
}
