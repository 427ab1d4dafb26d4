//! Guards at single pages of a set of generic ones.

use quintet::{
    auth::{
        Permission,
        guard::{can, login, staff, superuser},
    },
    core::{EmbeddedFile, Folder},
    prelude::*,
};

/// What somebody wants to remember.
#[model]
#[derive(Debug, Clone)]
pub struct Memo {
    /// Whose it is.
    pub owner: ForeignKey<User>,
    /// What it says.
    #[field(max_length = 40)]
    pub text: String,
}

#[data]
#[derive(Shape)]
#[shape(model = Memo)]
struct MemoRow {
    id: i64,
    text: String,
}

#[data(model = Memo)]
struct MemoInput {
    text: String,
}

#[data(model = Memo)]
struct NewMemo {
    owner: i64,
    text: String,
}

static TEMPLATES: &[EmbeddedFile] = &[
    EmbeddedFile {
        path: "templates/memos.html",
        bytes: b"{% for memo in memos.items %}{{ memo.text }}{% endfor %}",
    },
    EmbeddedFile { path: "templates/closed.html", bytes: b"inside" },
    EmbeddedFile { path: "templates/memo.html", bytes: b"{{ memo.text }}" },
    EmbeddedFile { path: "templates/memo_form.html", bytes: b"{{ form.open }}{{ form }}</form>" },
    EmbeddedFile { path: "templates/memo_delete.html", bytes: b"Delete {{ memo.text }}?" },
];

fn site() -> Site {
    let memos = Pages::new(Memo)
        .list::<MemoRow>("memos.html")
        .create::<NewMemo>("memo_form.html")
        .guard(can::add(Memo))
        .detail::<MemoRow>("memo.html")
        .guard(login())
        .update::<MemoInput>("memo_form.html")
        .guard(can::own(Memo.owner) | superuser())
        .delete("memo_delete.html")
        .guard(staff())
        .guard(can::own(Memo.owner));
    let closed = Pages::new(Memo)
        .named("closed", "closed")
        .guard(login())
        .list::<MemoRow>("closed.html")
        .detail::<MemoRow>("closed.html")
        .guard(staff());
    let app = App::new("memos")
        .folder(Folder::embedded("/memos", TEMPLATES))
        .models((Memo,))
        .pages("/memos", memos)
        .pages("/closed", closed);
    Site::new().install(auth::app()).install(app)
}

async fn member(site: &TestSite, name: &str, is_staff: bool) -> Result<(User, TestClient)> {
    let client = site.login(name).await;
    let mut user = User.filter(User.username.eq(name)).one(&site.db).await?.edit();
    user.is_staff = is_staff;
    Ok((user.save(&site.db).await?, client))
}

#[quintet::test(site)]
async fn each_page_has_its_own_guard(site: TestSite) -> Result {
    let (ann, as_ann) = member(&site, "ann", true).await?;
    let (bob, as_bob) = member(&site, "bob", true).await?;
    let (_, as_cleo) = member(&site, "cleo", false).await?;
    let may_add = Permission.filter(Permission.codename.eq("add_memo")).one(&site.db).await?;
    bob.related(User.user_permissions).add([&may_add], &site.db).await?;
    let memo = create!(Memo { owner: &ann, text: "buy milk" }).insert(&site.db).await?;
    let (page, edit, delete) = (
        format!("/memos/{}/", memo.id),
        format!("/memos/{}/edit/", memo.id),
        format!("/memos/{}/delete/", memo.id),
    );

    // The list has no guard. Strangers are sent to log in, and come back to what they asked for.
    site.get("/memos/").await.ok().contains("buy milk");
    for path in ["/memos/new/".to_owned(), page.clone(), edit.clone(), delete.clone()] {
        site.get(&path).await.redirects(format!("/login/?next={path}"));
    }
    for path in ["/memos/new/".to_owned(), edit.clone(), delete.clone()] {
        site.post(&path, &[("text", "x")]).await.redirects("/login/");
        let program = site.browser().with_header("accept", "application/json");
        program.post(path, &[("text", "x")]).await.status(401);
    }

    // The page of a row: whoever has logged in.
    as_cleo.get(&page).await.ok().contains("buy milk");
    // A new one: a permission.
    let owner = bob.id.to_string();
    let new = [("owner", owner.as_str()), ("text", "call Ann")];
    as_ann.get("/memos/new/").await.status(403);
    as_ann.post("/memos/new/", &new).await.status(403);
    assert_eq!(Memo.query().count(&site.db).await?, 1);
    as_bob.get("/memos/new/").await.ok().contains("name=\"text\"");
    as_bob.post("/memos/new/", &new).await.status(303);
    assert_eq!(Memo.query().count(&site.db).await?, 2);
    // To change it: its owner.
    as_bob.get(&edit).await.status(403);
    as_bob.post(&edit, &[("text", "taken")]).await.status(403);
    as_ann.get(&edit).await.ok().contains("buy milk");
    as_ann.post(&edit, &[("text", "buy oats")]).await.redirects(&page);
    assert_eq!(Memo.get(memo.id, &site.db).await?.text, "buy oats");
    as_ann.get("/memos/999/edit/").await.status(404);
    // To delete it: its owner, who is staff as well.
    as_bob.post(&delete, &[]).await.status(403);
    let of_cleo = create!(Memo { owner: 3, text: "sleep" }).insert(&site.db).await?;
    as_cleo.post(format!("/memos/{}/delete/", of_cleo.id), &[]).await.status(403);
    as_ann.get(&delete).await.ok();
    as_ann.post(&delete, &[]).await.redirects("/memos/");
    assert_eq!(Memo.query().count(&site.db).await?, 2);
    Ok(())
}

#[quintet::test(site)]
async fn one_guard_may_stand_before_all_pages(site: TestSite) -> Result {
    let (ann, as_ann) = member(&site, "ann", true).await?;
    let (_, as_bob) = member(&site, "bob", false).await?;
    let memo = create!(Memo { owner: &ann, text: "buy milk" }).insert(&site.db).await?;
    let page = format!("/closed/{}/", memo.id);
    for path in ["/closed/".to_owned(), page.clone()] {
        site.get(path).await.status(303);
    }
    as_bob.get("/closed/").await.ok();
    // Both let pass, or nobody gets in.
    as_bob.get(&page).await.status(403);
    as_ann.get(&page).await.ok();
    Ok(())
}
