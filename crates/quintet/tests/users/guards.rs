//! Guards at routes, of single rows, and backends of one's own.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use quintet::{
    auth::{
        Access, Account, Accounts, AuthBackend, AuthBackends as _, Credentials, NewToken, Object, Permission,
        Permissions, Tokens,
        guard::{can, login, read_only, staff, superuser},
    },
    core::{BoxFuture, Service as _},
    prelude::*,
};

use super::{Film, new};

/// What somebody has said of something.
#[model]
#[derive(Debug, Clone)]
pub struct Review {
    /// Who it was.
    pub author: ForeignKey<User>,
    /// What they said.
    pub text: String,
}

#[get("/staff/", guard = staff() & !superuser())]
async fn staff_only() -> &'static str {
    "staff"
}

#[post("/films/", guard = staff() & can::add(Film) | superuser())]
async fn add_film() -> &'static str {
    "added"
}

#[form("/films/{id}/", guard = read_only() | can::change(Film))]
async fn film(Path(id): Path<i64>, mut form: Form<Title>) -> Result<String> {
    Ok(format!("{id} {}", if form.valid().is_some() { "changed" } else { "shown" }))
}

#[data]
struct Title {
    title: String,
}

#[get("/cached/", guard = login(), cache = "5m")]
async fn cached() -> &'static str {
    "kept"
}

#[get("/greeting/", cache = "5m")]
async fn greeting(user: Option<User>) -> String {
    user.map_or_else(|| "nobody".to_owned(), |user| user.username)
}

#[post("/reviews/{id}/", guard = can::own(Review.author) | superuser())]
async fn own_review(Path(id): Path<i64>) -> String {
    format!("own {id}")
}

#[get("/films/{film}/reviews/{review}/", guard = can::own_at("review", Review.author))]
async fn second_parameter(Path((film, review)): Path<(i64, i64)>) -> String {
    format!("{film} {review}")
}

#[get("/wrong/{film}/{review}/", guard = can::own(Review.author))]
async fn no_parameter(Path((film, review)): Path<(i64, i64)>) -> String {
    format!("{film} {review}")
}

#[get("/this/{id}/", guard = can::this("change", Review))]
async fn this(Path(id): Path<i64>) -> String {
    format!("may change {id}")
}

#[get("/access/{id}/")]
async fn by_hand(Path(id): Path<i64>, access: Access, db: Db) -> Result<String> {
    let review = Review.get(id, &db).await?;
    let all = access.to_all().may("change", Review);
    access.must("change", &review).await?;
    Ok(format!("{all}"))
}

/// Says what the site's table does not know.
#[derive(Debug)]
struct Directory;

impl AuthBackend for Directory {
    fn name(&self) -> &'static str {
        "directory"
    }

    fn authenticate<'a>(
        &'a self,
        services: &'a Services,
        given: &'a Credentials,
    ) -> BoxFuture<'a, Result<Option<User>>> {
        Box::pin(async move {
            if given.name == "barred" {
                return Err(Error::forbidden("The directory bars you."));
            }
            let accounts = Accounts::of(services)?;
            if given.password.expose() != "from the directory" {
                return Ok(None);
            }
            match accounts.find(&given.name).await? {
                Some(user) => Ok(Some(user)),
                None => accounts.create(Account::named(&given.name), None).await.map(Some),
            }
        })
    }

    fn permissions<'a>(&'a self, _: &'a Services, user: &'a User) -> BoxFuture<'a, Result<Permissions>> {
        Box::pin(async move {
            let critic = user.username.starts_with("critic");
            Ok(if critic { Permissions::of_names(["cinema.add_film"]) } else { Permissions::none() })
        })
    }

    fn may<'a>(
        &'a self,
        _: &'a Services,
        user: &'a User,
        what: &'a str,
        object: &'a Object,
    ) -> BoxFuture<'a, Result<Option<bool>>> {
        Box::pin(async move {
            if what != "change" || !object.is("cinema.Review") {
                return Ok(None);
            }
            Ok(match (user.username.as_str(), &object.key) {
                ("critic", Value::Int(1)) => Some(true),
                ("editor", Value::Int(2)) => Some(false),
                _ => None,
            })
        })
    }
}

fn site() -> Site {
    let routes = routes![
        staff_only,
        add_film,
        film,
        cached,
        greeting,
        own_review,
        second_parameter,
        no_parameter,
        this,
        by_hand,
        atomic,
        atomic_login
    ];
    let peer = async |mut request: Request| {
        let peer =
            if request.headers().contains_key("x-from-outside") { [203, 0, 113, 9] } else { [10, 0, 0, 1] };
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((peer, 50_000))));
        request
    };
    Site::new()
        .install(auth::app())
        .install(App::new("cinema").models((Film, Review)).routes(routes).auth_backend(Directory))
        .layer(axum::middleware::map_request(peer))
}

async fn with(site: &TestSite, name: &str, permission: &str) -> Result<TestClient> {
    let user = new(&Accounts::of(site.services())?, name).await?;
    let found = Permission.filter(Permission.codename.eq(permission)).first(&site.db).await?;
    if let Some(found) = found {
        user.related(User.user_permissions).add([&found], &site.db).await?;
    }
    User.filter(User.id.eq(user.id)).update(User.is_staff.set(true)).exec(&site.db).await?;
    Ok(site.login_as(&user).await)
}

async fn superuser_of(site: &TestSite) -> Result<TestClient> {
    let root = Accounts::of(site.services())?
        .create(Account { is_superuser: true, ..Account::named("root") }, None)
        .await?;
    Ok(site.login_as(&root).await)
}

#[quintet::test(site)]
async fn a_route_has_a_guard(site: TestSite) -> Result {
    let (ann, bob, root) =
        (with(&site, "ann", "add_film").await?, site.login("bob").await, superuser_of(&site).await?);
    // Nobody is sent to log in, and a program told so; who may not gets 403.
    assert_eq!(
        site.get("/staff/").await.status(303).header_text("location").unwrap(),
        "/login/?next=/staff/"
    );
    site.browser().with_header("accept", "application/json").get("/staff/").await.status(401);
    bob.get("/staff/").await.status(403);
    root.get("/staff/").await.status(403);
    ann.get("/staff/").await.ok().contains("staff");
    ann.post("/films/", &[]).await.ok().contains("added");
    root.post("/films/", &[]).await.ok();
    bob.post("/films/", &[]).await.status(403);
    // A form is shown to everybody, and changed by who may.
    site.get("/films/7/").await.ok().contains("7 shown");
    bob.post("/films/7/", &[("title", "Alien")]).await.status(403);
    let may = with(&site, "mia", "change_film").await?;
    may.post("/films/7/", &[("title", "Alien")]).await.ok().contains("7 changed");
    Ok(())
}

#[quintet::test(site)]
async fn a_guard_stands_before_what_is_kept_and_before_what_is_asked(site: TestSite) -> Result {
    let ann = site.login("ann").await;
    ann.get("/cached/").await.ok().contains("kept");
    // It is kept for whom the guard lets pass.
    site.browser().get("/cached/").await.status(303);
    site.login("bob").await.get("/cached/").await.ok();
    // What is no key is no row: 404 by the guard, before the handler reads its parameters.
    ann.post("/reviews/x/", &[]).await.status(404);
    ann.get("/cached/").await.ok();
    Ok(())
}

#[quintet::test(site)]
async fn rows_have_owners(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    let (ann, bob) = (new(&accounts, "ann").await?, new(&accounts, "bob").await?);
    let review = create!(Review { author: &ann, text: "good" }).insert(&site.db).await?;
    let at = || format!("/reviews/{}/", review.id);
    let (own, other, root) =
        (site.login_as(&ann).await, site.login_as(&bob).await, superuser_of(&site).await?);
    own.post(at(), &[]).await.ok().contains(&format!("own {}", review.id));
    other.post(at(), &[]).await.status(403);
    site.browser().post(at(), &[]).await.redirects("/login/");
    root.post(at(), &[]).await.ok();
    own.post("/reviews/99/", &[]).await.status(404);
    own.get(format!("/films/3/reviews/{}/", review.id)).await.ok().contains(&format!("3 {}", review.id));
    other.get(format!("/films/3/reviews/{}/", review.id)).await.status(403);
    // One query for whether the cookie is good, one for who is there, one for whose it is.
    site.queries(3, async || own.post(at(), &[]).await.ok()).await;
    Ok(())
}

#[quintet::test(site, settings = { "auth.backends" = "model, directory" })]
async fn backends_are_asked_in_their_order(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    let ann = new(&accounts, "ann").await?;
    for name in ["ann", "ann"] {
        create!(Review { author: &ann, text: name }).insert(&site.db).await?;
    }
    // Passwords: the table's first, then the directory's, which makes an account.
    let log_in = async |name: &str, password: &str| {
        site.browser().post("/login/", &[("username", name), ("password", password)]).await.code()
    };
    assert_eq!((log_in("ann", "ann's word").await, log_in("ann", "wrong").await), (303, 422));
    assert_eq!((log_in("critic", "from the directory").await, log_in("barred", "x").await), (303, 403));
    let critic = site.login("critic").await;
    critic.get("/this/1/").await.ok().contains("may change 1");
    critic.get("/this/2/").await.status(403);
    critic.get("/this/3/").await.status(404);
    critic.get("/access/1/").await.ok().contains("false");
    critic.get("/access/2/").await.status(403);
    // Who may change all rows may change each, where nobody says otherwise.
    let editor = with(&site, "editor", "change_review").await?;
    editor.get("/this/1/").await.ok();
    editor.get("/access/1/").await.ok().contains("true");
    editor.get("/this/2/").await.status(403);
    superuser_of(&site).await?.get("/this/2/").await.ok();
    // Permissions of all backends count.
    User.filter(User.username.eq("critic")).update(User.is_staff.set(true)).exec(&site.db).await?;
    critic.post("/films/", &[]).await.ok();
    Ok(())
}

#[quintet::test(site, settings = { "auth.backends" = "model, directory, tokens" })]
async fn a_token_with_less_gets_no_more_by_a_backend(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    let critic = new(&accounts, "critic").await?;
    for text in ["first", "second"] {
        create!(Review { author: &critic, text: text }).insert(&site.db).await?;
    }
    let tokens = Tokens::of(site.services())?;
    let with = async |token: NewToken| -> Result<TestClient> {
        let token = tokens.make(critic.id, token).await?;
        Ok(site.browser().with_header("authorization", &format!("Bearer {token}")))
    };
    // The directory lets the critic change the first review, and so a token that has all of theirs.
    let whole = with(NewToken::named("whole")).await?;
    let changes = with(NewToken::named("changes").only(["cinema.change_review"])).await?;
    for program in [&whole, &changes] {
        program.get("/this/1/").await.ok();
        // By the directory alone: of all reviews they may change none.
        program.get("/access/1/").await.ok().contains("false");
        program.get("/this/2/").await.status(403);
    }
    let views = with(NewToken::named("views").only(["cinema.view_review"])).await?;
    views.get("/this/1/").await.status(403);
    views.get("/access/1/").await.status(403);
    Ok(())
}

#[quintet::test(site)]
async fn a_backend_that_is_not_named_is_not_asked(site: TestSite) -> Result {
    create!(Review { author: &new(&Accounts::of(site.services())?, "ann").await?, text: "x" })
        .insert(&site.db)
        .await?;
    site.login("critic").await.get("/this/1/").await.status(403);
    site.post("/login/", &[("username", "x"), ("password", "from the directory")]).await.status(422);
    site.browser().with_header("x-remote-user", "ann").get("/cached/").await.status(303);
    Ok(())
}

#[quintet::test(site, settings = { "auth.backends" = "remote_user, model" })]
async fn a_proxy_says_who_is_there(site: TestSite) -> Result {
    let ann = new(&Accounts::of(site.services())?, "ann").await?;
    let of_proxy = |name: &str| site.browser().with_header("x-remote-user", name);
    of_proxy("ann").get("/cached/").await.ok();
    // What is shown to one is kept for nobody else, though no cookie tells them apart.
    for name in ["ann", "bob", "ann"] {
        of_proxy(name)
            .get("/greeting/")
            .await
            .ok()
            .contains(name)
            .header("cache-control", "private, no-cache");
    }
    // An account is made for a name that nobody has, once.
    for _ in 0..2 {
        of_proxy("carol").get("/cached/").await.ok();
    }
    assert_eq!(User.filter(User.username.eq("carol")).count(&site.db).await?, 1);
    // Whoever is not the proxy may say what they like; so may a proxy of nobody.
    of_proxy("ann").with_header("x-from-outside", "1").get("/cached/").await.status(303);
    of_proxy("").get("/cached/").await.status(303);
    // What the proxy says counts more than the session.
    let bob = site.login("bob").await;
    let review = create!(Review { author: &ann, text: "good" }).insert(&site.db).await?;
    bob.post(format!("/reviews/{}/", review.id), &[]).await.status(403);
    bob.clone().with_header("x-remote-user", "ann").post(format!("/reviews/{}/", review.id), &[]).await.ok();
    User.filter(User.id.eq(ann.id)).update(User.is_active.set(false)).exec(&site.db).await?;
    of_proxy("ann").get("/cached/").await.status(303);
    Ok(())
}

#[quintet::test(site, settings = { "auth.backends" = "remote_user", "auth.remote_user.header" = "x-user", "auth.remote_user.create" = "false" })]
async fn the_header_and_making_accounts_are_settings(site: TestSite) -> Result {
    new(&Accounts::of(site.services())?, "ann").await?;
    site.browser().with_header("x-user", "ann").get("/cached/").await.ok();
    site.browser().with_header("x-remote-user", "ann").get("/cached/").await.status(303);
    site.browser().with_header("x-user", "carol").get("/cached/").await.status(303);
    // The table of passwords is not asked.
    site.browser().post("/login/", &[("username", "ann"), ("password", "ann's word")]).await.status(422);
    Ok(())
}

#[quintet::test(site)]
async fn which_row_is_meant_must_be_clear(site: TestSite) -> Result {
    site.login("ann").await.get("/wrong/1/2/").await.status(500);
    Ok(())
}

/// Takes the session, the user and what they may do, inside of the request's transaction.
#[post("/atomic/{id}/", atomic)]
async fn atomic(Path(id): Path<i64>, user: User, may: Permissions, db: Db) -> Result<String> {
    let review = Review.get(id, &db).await?;
    let review = create!(Review { author: &user, text: review.text }).insert(&db).await?;
    Ok(format!("{} {}", review.id, may.may("change", Review)))
}

/// Somebody comes in, inside of it.
#[post("/atomic/login/{id}/", atomic)]
async fn atomic_login(Path(id): Path<i64>, session: Session, db: Db) -> Result<String> {
    let user = User.get(id, &db).await?;
    auth::login(&session, &user).await?;
    auth::stay_logged_in(&session).await?;
    Ok(user.username)
}

#[quintet::test(site)]
async fn an_atomic_request_knows_its_user(site: TestSite) -> Result {
    let ann = site.login("ann").await;
    let user = User.filter(User.username.eq("ann")).one(&site.db).await?;
    let review = create!(Review { author: &user, text: "good" }).insert(&site.db).await?;
    let path = format!("/atomic/{}/", review.id);
    ann.post(&path, &[]).await.ok().contains("2 false");
    // By a token, whose use is noted.
    let token = Tokens::of(site.services())?.make(user.id, NewToken::named("script")).await?;
    let script = site.browser().with_header("authorization", &format!("Bearer {token}"));
    script.json("POST", &path, &"").await.ok().contains("3 false");
    site.post(&path, &[]).await.redirects("/login/");
    // And who comes in there is in afterwards.
    let other = site.browser();
    other.post(format!("/atomic/login/{}/", user.id), &[]).await.ok().contains("ann");
    other.post(&path, &[]).await.ok().contains("4 false");
    assert_eq!(Review.query().count(&site.db).await?, 4);
    Ok(())
}
