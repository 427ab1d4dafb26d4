//! Generic pages that know their request: whose rows they are, what the site does itself, where a form leads to and what it says.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use quintet::{
    core::{EmbeddedFile, Folder},
    prelude::*,
    web::messages::Message,
};

/// What somebody wants to remember.
#[model(ordering = "slug")]
#[derive(Debug, Clone)]
pub struct Note {
    pub owner: ForeignKey<User>,
    #[field(unique, max_length = 40)]
    pub slug: String,
    #[field(max_length = 80)]
    pub text: String,
    #[field(default = "", max_length = 40)]
    pub changed_by: String,
    #[field(default = false)]
    pub gone: bool,
    #[field(version)]
    pub version: i64,
}

/// What was done. Not `Clone`: pages need none of their models to be.
#[model]
#[derive(Debug)]
pub struct Entry {
    #[field(max_length = 80)]
    pub text: String,
}

#[data]
#[derive(Shape)]
#[shape(model = Note)]
struct NoteRow {
    id: i64,
    slug: String,
    text: String,
}

#[data(model = Note)]
struct NoteInput {
    slug: String,
    text: String,
}

#[data(model = Entry)]
struct EntryInput {
    text: String,
}

macro_rules! files {
    ($($path:literal: $text:literal,)*) => {
        &[$(EmbeddedFile { path: concat!("templates/", $path), bytes: $text.as_bytes() }),*]
    };
}

static TEMPLATES: &[EmbeddedFile] = files! {
    "notes.html": "{% for m in messages() %}<b class=\"{{ m.level }}\">{{ m }}</b>{% endfor %}{% for note in notes.items %}<li>{{ url('note_detail', slug=note.slug) }}</li>{% else %}none{% endfor %} {{ count }} of {{ me }}",
    "note.html": "{% for m in messages() %}<b class=\"{{ m.level }}\">{{ m }}</b>{% endfor %}<h1>{{ note.text }}</h1> {{ me }} {{ letters is defined }} {{ letters }}",
    "note_form.html": "{{ me }} {% if note %}<h1>{{ note.slug }}</h1>{% endif %}{{ form.open }}{{ form }}</form>",
    "note_delete.html": "Delete {{ note.text }}? <i>{{ error }}</i> {{ me }}",
    "plain.html": "{{ form }}",
    "plain_delete.html": "{{ entry.text }}",
    "theirs.html": "{% for note in theirs.items %}{{ note.slug }},{% endfor %}",
    "one_of_theirs.html": "{{ their.text }}",
};

async fn log(text: impl Into<String>, db: &Db) -> Result {
    create!(Entry { text: text.into() }).insert(db).await.map(drop)
}

/// The notes of whoever asks. What they delete is kept, and not shown.
fn notes() -> Pages<Note> {
    Pages::new(Note)
        .found_by(Note.slug)
        .then(|note: &Note| format!("/saved/{}/", note.slug))
        .flash(|note: &Note| format!("{} was saved.", note.slug))
        .context("me", async |user: User| Ok(user.username))
        .list::<NoteRow>("notes.html")
        .context("count", async |db: Db, user: User| Note.filter(Note.owner.eq(&user)).count(&db).await)
        .create_by("note_form.html", async |new: NoteInput, user: User, db: Db| {
            log(format!("{} makes {}", user.username, new.slug), &db).await?;
            if new.text == "stop" {
                return Err(Error::bad_request("stopped"));
            }
            create!(Note { owner: &user, ..new }).insert(&db).await
        })
        .flash(|note: &Note| Message::success(format!("{} is new.", note.slug)))
        .detail::<NoteRow>("note.html")
        .context("letters", async |Path(slug): Path<String>, db: Db| {
            Ok(Note.filter(Note.slug.eq(slug)).one(&db).await?.text.len())
        })
        .update_by("note_form.html", async |note: Note, new: NoteInput, user: User, db: Db| {
            log(format!("{} changes {}", user.username, note.slug), &db).await?;
            if new.text == "other" {
                // Somebody else was there in the meantime.
                Note.filter(Note.id.eq(note.id)).update(Note.version.set(99)).exec(&db).await?;
            }
            let mut note = note.edit();
            new.apply(&mut note)?;
            note.changed_by = user.username;
            note.save(&db).await
        })
        .delete_by("note_delete.html", async |note: Note, db: Db| {
            log(format!("{} goes", note.slug), &db).await?;
            if note.text == "keep" {
                return Err(Error::new(axum::http::StatusCode::CONFLICT, "This one stays."));
            }
            Note.filter(Note.id.eq(note.id)).update(Note.gone.set(true)).exec(&db).await.map(drop)
        })
        .then(|note: &Note| Url::named("note_list", [("", ""); 0]).query("gone", &note.slug))
        .flash(|_| Message::warning("It is gone."))
        // Wherever it stands, it holds for all of them.
        .rows(async |notes: QuerySet<Note>, user: User| Ok(notes.filter(Note.owner.eq(&user))))
        .rows(async |notes: QuerySet<Note>| Ok(notes.filter(Note.gone.eq(false))))
}

/// Without functions of its own.
fn entries() -> Pages<Entry> {
    Pages::new(Entry)
        .rows(async |entries: QuerySet<Entry>, user: Option<User>| {
            Ok(match user {
                Some(_) => entries,
                None => entries.filter(Entry.text.starts_with("open")),
            })
        })
        .create::<EntryInput>("plain.html")
        .then(|entry: &Entry| Url::from(format!("/entries/{}/edit/", entry.id)))
        .flash(|entry: &Entry| entry.text.clone())
        .update::<EntryInput>("plain.html")
        .delete("plain_delete.html")
        .then(|entry: &Entry| format!("/was/{}/", entry.text))
}

/// Of the person in the address, for everybody.
fn theirs() -> Pages<Note> {
    Pages::of(Note.filter(Note.gone.eq(false)))
        .named("their", "theirs")
        .rows(async |notes: QuerySet<Note>, Path(names): Path<Vec<(String, String)>>| {
            Ok(notes.filter(Note.owner.username.eq(&names[0].1)))
        })
        .list::<NoteRow>("theirs.html")
        .detail::<NoteRow>("one_of_theirs.html")
        .update::<NoteInput>("note_form.html")
        .context("me", async || Ok("nobody"))
        .context("note", async || Ok(false))
}

fn site() -> Site {
    let app = App::new("notes")
        .folder(Folder::embedded("/views_by_request", TEMPLATES))
        .models((Note, Entry))
        .pages("/notes", notes())
        .pages("/entries", entries())
        .pages("/people/{person}/notes", theirs());
    Site::new().install(quintet::auth::app()).install(app)
}

async fn note(site: &TestSite, owner: &str, slug: &str, text: &str) -> Result<Note> {
    let owner = User.filter(User.username.eq(owner)).one(&site.db).await?;
    create!(Note { owner: &owner, slug, text }).insert(&site.db).await
}

async fn entries_of(site: &TestSite) -> Vec<String> {
    Entry.query().order_by(Entry.id).select(Entry.text).all(&site.db).await.unwrap()
}

#[quintet::test(site)]
async fn rows_are_those_of_the_request(site: TestSite) -> Result {
    let (ann, bob) = (site.login("ann").await, site.login("bob").await);
    note(&site, "ann", "alien", "in space").await?;
    let hers = note(&site, "bob", "brazil", "forms").await?;

    ann.get("/notes/").await.ok().contains("<li>/notes/alien/</li>").lacks("brazil").contains("1 of ann");
    bob.get("/notes/").await.ok().contains("<li>/notes/brazil/</li>").lacks("alien");
    // Somebody else's row has no page, no form and no deletion, and nothing becomes of it.
    ann.get("/notes/alien/").await.ok().contains("<h1>in space</h1>");
    for page in ["", "edit/", "delete/"] {
        ann.get(format!("/notes/brazil/{page}")).await.status(404).lacks("forms");
        site.get(format!("/notes/brazil/{page}"))
            .await
            .redirects(format!("/login/?next=/notes/brazil/{page}"));
    }
    ann.post("/notes/brazil/edit/", &[("slug", "mine"), ("text", "mine")]).await.status(404);
    ann.post("/notes/brazil/delete/", &[]).await.status(404);
    for page in ["edit/", "delete/"] {
        site.post(format!("/notes/brazil/{page}"), &[("slug", "mine"), ("text", "mine")])
            .await
            .redirects("/login/");
    }
    let still = Note.get(hers.id, &site.db).await?;
    assert_eq!(
        (still.slug.as_str(), still.text.as_str(), still.gone, still.version),
        ("brazil", "forms", false, 1)
    );
    assert_eq!(entries_of(&site).await, [""; 0]);

    // One query finds the row, narrowed by all that was said of it.
    let recording = site.db.record();
    bob.get("/notes/brazil/").await.ok();
    let sql: Vec<String> = recording.queries().iter().map(|query| query.sql.clone()).collect();
    let found = sql.iter().find(|sql| sql.contains("\"slug\" =") && sql.contains("\"owner_id\" =")).unwrap();
    assert!(found.contains("\"gone\" ="), "{found}");
    Ok(())
}

#[quintet::test(site)]
async fn pages_without_functions_are_narrowed_as_well(site: TestSite) -> Result {
    let ann = site.login("ann").await;
    log("open", &site.db).await?;
    log("secret", &site.db).await?;
    let ids = Entry.query().order_by(Entry.id).select(Entry.id).all(&site.db).await?;
    for page in ["edit", "delete"] {
        site.get(format!("/entries/{}/{page}/", ids[0])).await.ok();
        site.get(format!("/entries/{}/{page}/", ids[1])).await.status(404);
        site.post(format!("/entries/{}/{page}/", ids[1]), &[("text", "x")]).await.status(404);
        ann.get(format!("/entries/{}/{page}/", ids[1])).await.ok();
    }
    assert_eq!(entries_of(&site).await, ["open", "secret"]);
    // Where they lead to: what is said behind a page is that page's.
    let made = ann.post("/entries/new/", &[("text", "third")]).await;
    let third = Entry.filter(Entry.text.eq("third")).one(&site.db).await?;
    made.redirects(format!("/entries/{}/edit/", third.id));
    ann.post(format!("/entries/{}/edit/", third.id), &[("text", "fourth")]).await.redirects("/");
    ann.post(format!("/entries/{}/delete/", third.id), &[]).await.redirects("/was/fourth/");
    assert_eq!(entries_of(&site).await, ["open", "secret"]);
    Ok(())
}

#[quintet::test(site)]
async fn a_function_of_the_site_makes_a_row(site: TestSite) -> Result {
    // A form is for those whom its function takes: nobody types for nothing.
    site.get("/notes/new/").await.redirects("/login/?next=/notes/new/");
    site.post("/notes/new/", &[("slug", "x"), ("text", "y")]).await.redirects("/login/");
    let ann = site.login("ann").await;
    ann.get("/notes/new/").await.ok().contains("name=\"slug\"").lacks("name=\"owner\"").lacks("<h1>");

    let made = ann.post("/notes/new/", &[("slug", "alien"), ("text", "in space")]).await;
    made.redirects("/saved/alien/");
    let row = Note.query().select_related(Note.owner).one(&site.db).await?;
    assert_eq!((row.owner.get()?.username.as_str(), row.text.as_str()), ("ann", "in space"));
    assert_eq!(entries_of(&site).await, ["ann makes alien"]);
    // What was said is shown once, and as it was meant.
    ann.get("/notes/").await.ok().contains("<b class=\"success\">alien is new.</b>");
    ann.get("/notes/").await.ok().lacks("<b");

    // What is wrong with the form calls nobody.
    ann.post("/notes/new/", &[("slug", ""), ("text", "x")]).await.status(422).contains("ann");
    assert_eq!(entries_of(&site).await.len(), 1);
    // What fails leaves nothing of what was done before: a name that is taken, an error of the function's.
    let recording = site.db.record();
    ann.post("/notes/new/", &[("slug", "alien"), ("text", "again")])
        .await
        .status(422)
        .contains("value=\"alien\"");
    ann.post("/notes/new/", &[("slug", "third"), ("text", "stop")]).await.status(400).contains("stopped");
    let sql: Vec<String> = recording.queries().iter().map(|query| query.sql.to_uppercase()).collect();
    assert!(sql.iter().any(|sql| sql.contains("INSERT INTO") && sql.contains("ENTRY")), "{sql:?}");
    assert_eq!((entries_of(&site).await.len(), Note.count(&site.db).await?), (1, 1));
    Ok(())
}

#[quintet::test(site)]
async fn a_function_of_the_site_changes_a_row(site: TestSite) -> Result {
    let ann = site.login("ann").await;
    let alien = note(&site, "ann", "alien", "in space").await?;
    note(&site, "ann", "brazil", "forms").await?;
    ann.get("/notes/alien/edit/").await.ok().contains("<h1>alien</h1>").contains("value=\"in space\"");
    // Its address is another one then, and is where it leads to.
    let saved = ann.post("/notes/alien/edit/", &[("slug", "aliens"), ("text", "many")]).await;
    saved.redirects("/saved/aliens/");
    let row = Note.get(alien.id, &site.db).await?;
    assert_eq!((row.slug.as_str(), row.text.as_str(), row.changed_by.as_str()), ("aliens", "many", "ann"));
    assert_eq!(entries_of(&site).await, ["ann changes alien"]);
    ann.get("/notes/aliens/")
        .await
        .ok()
        .contains("<b class=\"info\">aliens was saved.</b>")
        .contains("true 4");
    ann.get("/notes/alien/").await.status(404);
    // A name that is taken, and a row that was changed meanwhile, are told; nothing is left of the attempt.
    let taken = ann.post("/notes/aliens/edit/", &[("slug", "brazil"), ("text", "x")]).await;
    taken.status(422).contains("<h1>aliens</h1>").contains("value=\"brazil\"");
    let other = ann.post("/notes/aliens/edit/", &[("slug", "aliens"), ("text", "other")]).await;
    other.status(422).contains("changed meanwhile");
    assert_eq!(entries_of(&site).await.len(), 1);
    assert_eq!(Note.get(alien.id, &site.db).await?.version, row.version);
    Ok(())
}

#[quintet::test(site)]
async fn a_function_of_the_site_deletes_a_row(site: TestSite) -> Result {
    let ann = site.login("ann").await;
    let alien = note(&site, "ann", "alien", "in space").await?;
    note(&site, "ann", "brazil", "keep").await?;
    ann.get("/notes/alien/delete/").await.ok().contains("Delete in space?").contains("<i></i> ann");
    let refused = ann.post("/notes/brazil/delete/", &[]).await;
    refused.status(409).contains("Delete keep? <i>This one stays.</i> ann");
    assert_eq!(entries_of(&site).await, [""; 0]);
    ann.post("/notes/alien/delete/", &[]).await.redirects("/notes/?gone=alien");
    assert_eq!(entries_of(&site).await, ["alien goes"]);
    assert!(Note.get(alien.id, &site.db).await?.gone);
    ann.get("/notes/").await.ok().contains("<b class=\"warning\">It is gone.</b>").lacks("/notes/alien/");
    ann.get("/notes/alien/").await.status(404);
    ann.post("/notes/alien/delete/", &[]).await.status(404);
    Ok(())
}

#[quintet::test(site)]
async fn in_an_atomic_request_the_functions_are_part_of_it(site: TestSite) -> Result {
    let ann = site.login("ann").await;
    site.with_settings(&[("database.atomic_requests", "true")], async |again| {
        let browser = again.login("ann").await;
        browser
            .post("/notes/new/", &[("slug", "alien"), ("text", "in space")])
            .await
            .redirects("/saved/alien/");
        browser.post("/notes/new/", &[("slug", "third"), ("text", "stop")]).await.status(400);
        browser.post("/notes/alien/delete/", &[]).await.redirects("/notes/?gone=alien");
    })
    .await?;
    assert_eq!(entries_of(&site).await, ["ann makes alien", "alien goes"]);
    ann.get("/notes/").await.ok().contains("none");
    Ok(())
}

#[quintet::test(site)]
async fn values_of_a_template_are_made_for_its_page(site: TestSite) -> Result {
    let ann = site.login("ann").await;
    note(&site, "ann", "alien", "in space").await?;
    // The user is asked for once a request, whoever takes them; then the row, and the letters.
    ann.get("/notes/alien/").await.ok().contains("ann true 8");
    ann.get("/notes/alien/edit/").await.ok().contains("ann");
    ann.get("/notes/").await.ok().contains("1 of ann");
    // Of a row that is not theirs nothing is made.
    ann.get("/notes/none/").await.status(404);
    Ok(())
}

#[quintet::test(site)]
async fn rows_are_found_by_what_the_path_says(site: TestSite) -> Result {
    let _ = (site.login("ann").await, site.login("bob").await);
    let row = note(&site, "ann", "alien", "in space").await?;
    note(&site, "bob", "brazil", "forms").await?;
    site.get("/people/ann/notes/").await.ok().contains("alien,").lacks("brazil");
    site.get(format!("/people/ann/notes/{}/", row.id)).await.ok().contains("in space");
    site.get(format!("/people/bob/notes/{}/", row.id)).await.status(404);
    // Addresses of other pages are below the same path.
    let path = format!("/people/ann/notes/{}/", row.id);
    site.post(format!("{path}edit/"), &[("slug", "aliens"), ("text", "x")]).await.redirects(path);
    // Nothing is found by what can't be.
    for slug in ["%00", "a%20b", "%ff", "ALIENS"] {
        let status = site.login("ann").await.get(format!("/notes/{slug}/")).await.code();
        assert!(matches!(status, 400 | 404), "{slug}: {status}");
    }
    Ok(())
}
