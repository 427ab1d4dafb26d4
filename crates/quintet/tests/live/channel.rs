//! Rows that browsers hear of in topics.

use quintet::{
    auth::{Access, AuthBackend, AuthBackends as _, Group, Object, Permission},
    core::BoxFuture,
    prelude::*,
};
use serde_json::{Value as Json, json};

use crate::events::Page;

#[model(app = "club", live)]
#[derive(Clone, Debug)]
pub(crate) struct Post {
    #[field(max_length = 20)]
    pub board: String,
    #[field(max_length = 20)]
    pub title: String,
    #[field(default = "")]
    pub notes: String,
    #[field(default = false)]
    pub draft: bool,
    #[field(default = "")]
    pub owner: String,
}

#[model(app = "club", live)]
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub post: ForeignKey<Post>,
    pub text: String,
}

#[derive(Shape, Debug)]
#[shape(model = Reply)]
pub(crate) struct ReplyRow {
    text: String,
}

/// What goes out: no notes.
#[derive(Shape, Debug)]
#[shape(model = Post)]
pub(crate) struct PostRow {
    id: i64,
    title: String,
    #[shape(nested = Reply.post.reverse().order_by(Reply.id))]
    replies: Vec<ReplyRow>,
}

/// What is neither a draft nor somebody else's.
#[channel("posts:{board}")]
pub(crate) struct Board {
    pub board: String,
}

fn board() -> Board {
    Board { board: "news".into() }
}

impl LiveChannel for Board {
    type Model = Post;
    type Row = PostRow;

    fn rows(&self) -> QuerySet<Post, PostRow> {
        Post.filter(Post.board.eq(&self.board)).shape()
    }

    async fn join(&self, me: &Client<Self>) -> Result<Allow<Post>> {
        if self.board == "closed" {
            return Err(Error::forbidden("Not for you."));
        }
        let staff = me.maybe_user().is_some_and(|user| user.is_staff);
        Ok(Allow::when(move |post: &Post| staff || !post.draft))
    }
}

/// Whole posts, for those who may view them.
#[channel("viewed")]
pub(crate) struct Viewed {}

impl LiveChannel for Viewed {
    type Model = Post;
    type Row = Post;

    fn rows(&self) -> QuerySet<Post> {
        Post.query()
    }

    async fn join(&self, me: &Client<Self>) -> Result<Allow<Post>> {
        me.user()?;
        Ok(Allow::viewers(me.access().await?))
    }
}

/// All posts, for everybody.
#[channel("all")]
pub(crate) struct All {}

impl LiveChannel for All {
    type Model = Post;
    type Row = (i64, String);

    fn rows(&self) -> QuerySet<Post, (i64, String)> {
        Post.filter(Post.draft.eq(false)).select((Post.id, Post.title))
    }

    async fn join(&self, _: &Client<Self>) -> Result<Allow<Post>> {
        Ok(Allow::everybody())
    }
}

/// What is asked of a row may panic.
#[channel("careless")]
pub(crate) struct Careless {}

impl LiveChannel for Careless {
    type Model = Post;
    type Row = PostRow;

    fn rows(&self) -> QuerySet<Post, PostRow> {
        Post.query().shape()
    }

    async fn join(&self, _: &Client<Self>) -> Result<Allow<Post>> {
        Ok(Allow::when(|post: &Post| post.title[..1] != *"x"))
    }
}

/// A query that can't be followed.
#[channel("first")]
pub(crate) struct First {}

impl LiveChannel for First {
    type Model = Post;
    type Row = Post;

    fn rows(&self) -> QuerySet<Post> {
        Post.limit(3)
    }

    async fn join(&self, _: &Client<Self>) -> Result<Allow<Post>> {
        Ok(Allow::everybody())
    }
}

/// Whoever owns a post may view it.
#[derive(Debug)]
struct Owners;

impl AuthBackend for Owners {
    fn name(&self) -> &'static str {
        "owners"
    }

    fn may<'a>(
        &'a self,
        services: &'a Services,
        user: &'a User,
        _: &'a str,
        object: &'a Object,
    ) -> BoxFuture<'a, Result<Option<bool>>> {
        Box::pin(async move {
            let Value::Int(id) = object.key else { return Ok(None) };
            let post = Post.get(id, services.require::<Db>()?).await?;
            Ok((post.owner == user.username).then_some(true))
        })
    }
}

#[get("/posts/live/")]
async fn posts(access: Access, db: Db) -> Result<quintet::realtime::sse::Sse> {
    Ok(Post.query().shape::<PostRow>().live(Allow::viewers(access), &db).await?.sse_rows())
}

pub(crate) fn club() -> Site {
    let app = App::new("club")
        .models((Post, Reply))
        .live_channel::<Board>()
        .live_channel::<Viewed>()
        .live_channel::<All>()
        .live_channel::<Careless>()
        .live_channel::<First>()
        .auth_backend(Owners)
        .routes(routes![posts]);
    Site::new().install(quintet::auth::app()).install(quintet::sessions::app()).install(app)
}

async fn post(title: &str, db: &Db) -> Result<Post> {
    create!(Post { board: "news", title }).insert(db).await
}

fn row(post: &Post) -> Json {
    json!({ "id": post.id, "title": post.title, "replies": [] })
}

fn saved(rows: &[Json]) -> Heard<RowNews> {
    Heard::Event(RowNews::Saved { rows: rows.to_vec() })
}

fn gone(posts: &[&Post]) -> Heard<RowNews> {
    Heard::Event(RowNews::Gone { keys: posts.iter().map(|post| post.id.into()).collect() })
}

/// Nothing was told before this.
async fn nothing<C: LiveChannel>(room: &mut TestRoom<RowsOf<C>>, db: &Db) -> Result {
    let mark = post("mark", db).await?;
    match room.heard().await {
        Heard::Event(RowNews::Saved { rows }) => assert!(rows[0].to_string().contains("mark"), "{rows:?}"),
        other => panic!("{other:?}"),
    }
    mark.clone().delete(db).await?;
    assert_eq!(room.heard().await, gone(&[&mark]));
    Ok(())
}

/// What has changed of users is told by a task of its own, one after the other. After this all of it is told, and those who enter now hear
/// nothing of it.
async fn users_are_told(site: &TestSite) -> Result {
    create!(User { username: "mark", password: "!" }).insert(&site.db).await?;
    let mut mark = site.login("mark").await.join_live(board()).await?;
    User.filter(User.username.eq("mark")).update(User.is_active.set(false)).exec(&site.db).await?;
    while mark.heard().await != Heard::Bye("logout".into()) {}
    Ok(())
}

#[quintet::test(club)]
async fn what_is_committed_is_told_as_its_shape(site: TestSite) -> Result {
    let db = &site.db;
    let mut room = site.join_live(board()).await?;
    let first = create!(Post { board: "news", title: "a", notes: "inner" }).insert(db).await?;
    assert_eq!(room.heard().await, saved(&[row(&first)]), "and no notes");
    let undone = db
        .atomic(async |tx| {
            create!(Post { board: "news", title: "never" }).insert(tx).await?;
            Err::<(), _>(Error::bad_request("undone"))
        })
        .await;
    assert!(undone.is_err());
    create!(Post { board: "other", title: "elsewhere" }).insert(db).await?;
    nothing(&mut room, db).await?;
    create!(Reply { post: &first, text: "hm" }).insert(db).await?;
    first.update(Post.title.set("b")).exec(db).await?;
    let told = json!({ "id": first.id, "title": "b", "replies": [{ "text": "hm" }] });
    assert_eq!(room.heard().await, saved(&[told]));
    // Together, in one transaction.
    let both = db
        .atomic(async |tx| {
            first.update(Post.board.set("other")).exec(tx).await?;
            create!(Post { board: "news", title: "c" }).insert(tx).await
        })
        .await?;
    assert_eq!(room.heard().await, saved(&[row(&both)]));
    assert_eq!(room.heard().await, gone(&[&first]), "it has left the query");
    first.update(Post.title.set("not ours")).exec(db).await?;
    nothing(&mut room, db).await?;
    first.update(Post.board.set("news")).exec(db).await?;
    assert!(matches!(room.next().await, RowNews::Saved { .. }));
    // In bulk, and by SQL of one's own.
    let made = Post.bulk_create(["x", "y"].map(|title| create!(Post { board: "news", title })), db).await?;
    assert_eq!(room.heard().await, saved(&[row(&made[0]), row(&made[1])]));
    Post.filter(Post.title.is_in(["x", "y"])).delete(db).await?;
    assert_eq!(room.heard().await, gone(&[&made[0], &made[1]]));
    db.touched::<Post>();
    assert_eq!(room.heard().await, Heard::Gap);
    nothing(&mut room, db).await
}

#[quintet::test(club)]
async fn each_client_hears_of_what_it_may_see(site: TestSite) -> Result {
    let db = &site.db;
    let hidden = create!(Post { board: "news", title: "old draft", draft: true }).insert(db).await?;
    let staff = site.login("ann").await;
    User.filter(User.username.eq("ann")).update(User.is_staff.set(true)).exec(db).await?;
    users_are_told(&site).await?;
    let (mut ann, mut bob) =
        (staff.join_live(board()).await?, site.login("bob").await.join_live(board()).await?);
    let mut nobody = site.join_live(board()).await?;
    let draft = create!(Post { board: "news", title: "draft", draft: true }).insert(db).await?;
    assert_eq!(ann.heard().await, saved(&[row(&draft)]));
    draft.update(Post.title.set("still")).exec(db).await?;
    assert!(matches!(ann.next().await, RowNews::Saved { .. }));
    let open = post("open", db).await?;
    for room in [&mut ann, &mut bob, &mut nobody] {
        assert_eq!(room.heard().await, saved(&[row(&open)]), "and nothing of the draft");
    }
    // What could be seen, and may not be any more.
    open.update(Post.draft.set(true)).exec(db).await?;
    assert_eq!(ann.heard().await, saved(&[row(&open)]));
    assert_eq!(bob.heard().await, gone(&[&open]));
    open.update(Post.title.set("secret")).exec(db).await?;
    open.clone().delete(db).await?;
    nothing(&mut bob, db).await?;
    // It may have been on the page: its key is told once, and never more.
    hidden.update(Post.title.set("new draft")).exec(db).await?;
    assert_eq!(bob.heard().await, gone(&[&hidden]));
    hidden.update(Post.title.set("newer draft")).exec(db).await?;
    hidden.clone().delete(db).await?;
    nothing(&mut bob, db).await?;
    // What is published.
    draft.update(Post.draft.set(false)).exec(db).await?;
    assert!(matches!(bob.next().await, RowNews::Saved { rows } if rows[0]["title"] == "still"));
    Ok(())
}

#[quintet::test(club)]
async fn rows_are_loaded_once_for_all(site: TestSite) -> Result {
    let mut rooms = Vec::new();
    for _ in 0..5 {
        rooms.push(site.join_live(All {}).await?);
    }
    site.queries(2, async || {
        let post = post("one", &site.db).await.unwrap();
        for room in &mut rooms {
            assert_eq!(room.heard().await, saved(&[json!([post.id, "one"])]));
        }
    })
    .await;
    Ok(())
}

#[quintet::test(club, settings = { "auth.backends" = "model, owners" })]
async fn viewers_hear_of_rows_that_they_may_view(site: TestSite) -> Result {
    let db = &site.db;
    assert_eq!(site.join_live(Viewed {}).await.unwrap_err().status().as_u16(), 401);
    let (ann, bob) = (site.login("ann").await, site.login("bob").await);
    let user = User.filter(User.username.eq("ann")).one(db).await?;
    let view = Permission.filter(Permission.codename.eq("view_post")).one(db).await?;
    let group = create!(Group { name: "viewers" }).insert(db).await?;
    group.related(Group.permissions).add([&view], db).await?;
    group.related(Group.members).add([&user], db).await?;
    users_are_told(&site).await?;
    let (mut all, mut own) = (ann.join_live(Viewed {}).await?, bob.join_live(Viewed {}).await?);
    let first = post("first", db).await?;
    assert!(matches!(all.next().await, RowNews::Saved { rows } if rows[0]["title"] == "first"));
    let bobs = create!(Post { board: "news", title: "bob's", owner: "bob" }).insert(db).await?;
    for room in [&mut all, &mut own] {
        assert!(matches!(room.next().await, RowNews::Saved { rows } if rows[0]["title"] == "bob's"));
    }
    bobs.update(Post.owner.set("")).exec(db).await?;
    assert_eq!(own.heard().await, gone(&[&bobs]));
    assert!(matches!(all.next().await, RowNews::Saved { .. }));
    // Who may not any more is told to read again, and hears of nothing after it.
    group.related(Group.permissions).remove([&view], db).await?;
    assert_eq!(all.heard().await, Heard::Gap);
    assert_eq!(own.heard().await, Heard::Gap, "groups concern everybody");
    first.update(Post.title.set("unseen")).exec(db).await?;
    assert_eq!(all.heard().await, gone(&[&first]));
    assert_eq!(own.heard().await, gone(&[&first]), "it may have been read anew");
    let anns = create!(Post { board: "news", title: "ann's", owner: "ann" }).insert(db).await?;
    assert!(matches!(all.next().await, RowNews::Saved { rows } if rows[0]["id"] == anns.id));
    User.filter(User.username.eq("bob")).update(User.is_active.set(false)).exec(db).await?;
    assert_eq!(own.heard().await, Heard::Bye("logout".into()));
    ann.post("/logout/", &[]).await.status(303);
    assert_eq!(all.heard().await, Heard::Bye("logout".into()));
    Ok(())
}

#[quintet::test(club)]
async fn one_who_comes_back_hears_what_was_missed(site: TestSite) -> Result {
    let db = &site.db;
    let before = board().position(db).await?;
    let first = post("first", db).await?;
    let mut room = site.join_live_after(board(), before).await?;
    assert_eq!(room.heard().await, saved(&[row(&first)]));
    let other = site.join_live(board()).await?;
    let away = room.cut();
    let draft = create!(Post { board: "news", title: "draft", draft: true }).insert(db).await?;
    let second = post("second", db).await?;
    first.clone().delete(db).await?;
    drop(other);
    let mut room = away.come_back().await?;
    assert_eq!(room.heard().await, saved(&[row(&second)]), "and nothing of the draft {}", draft.id);
    assert_eq!(room.heard().await, gone(&[&first]));
    nothing(&mut room, db).await?;
    let mut again = room.cut().come_back().await?;
    nothing(&mut again, db).await?;
    // Too much to be told.
    let away = again.cut();
    for _ in 0..300 {
        post("many", db).await?;
    }
    while board().position(db).await?.offset < before.offset + 300 {
        tokio::task::yield_now().await;
    }
    let mut room = away.come_back().await?;
    assert_eq!(room.heard().await, Heard::Gap);
    // Those that were made last may be told still.
    let last = post("last", db).await?;
    while !matches!(room.next().await, RowNews::Saved { rows } if rows.contains(&row(&last))) {}
    nothing(&mut room, db).await?;
    let away = room.cut();
    db.touched::<Post>();
    let mut room = away.come_back().await?;
    assert_eq!(room.heard().await, Heard::Gap);
    let strange = quintet::realtime::layer::Position { epoch: 1, offset: 7 };
    let mut room = site.join_live_after(board(), strange).await?;
    assert_eq!(room.heard().await, Heard::Gap);
    nothing(&mut room, db).await
}

#[quintet::test(club, settings = { "channels.queue" = "4" })]
async fn one_who_does_not_read_is_sent_away_and_hears_it_later(site: TestSite) -> Result {
    let db = &site.db;
    let (mut quick, mut slow) = (site.join_live(board()).await?, site.join_live(board()).await?);
    let mut last = post("0", db).await?;
    quick.next().await;
    for n in 1..10 {
        last = post(&n.to_string(), db).await?;
        quick.next().await;
    }
    assert_eq!(slow.heard().await, Heard::Bye("slow".into()));
    let mut back = slow.cut().come_back().await?;
    loop {
        match back.next().await {
            RowNews::Saved { rows } if rows.iter().any(|told| *told == row(&last)) => break,
            RowNews::Saved { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    nothing(&mut back, db).await
}

#[quintet::test(club, settings = { "channels.queue_size" = "4 KiB" })]
async fn what_is_too_large_is_to_be_read_again(site: TestSite) -> Result {
    let mut room = site.join_live(All {}).await?;
    let many = (0..100).map(|_| create!(Post { board: "news", title: "a long title of it" }));
    Post.bulk_create(many, &site.db).await?;
    assert_eq!(room.heard().await, Heard::Gap);
    nothing(&mut room, &site.db).await
}

#[quintet::test(club)]
async fn a_panic_is_a_gap_and_not_the_end(site: TestSite) -> Result {
    let db = &site.db;
    let mut room = site.join_live(Careless {}).await?;
    let empty = post("", db).await?;
    assert_eq!(room.heard().await, Heard::Gap);
    let next = post("a", db).await?;
    assert_eq!(room.heard().await, saved(&[row(&next)]));
    let mut later = site.join_live(Careless {}).await?;
    empty.clone().delete(db).await?;
    for room in [&mut room, &mut later] {
        assert_eq!(room.heard().await, gone(&[&empty]));
    }
    drop(later);
    nothing(&mut room, db).await
}

#[quintet::test(club)]
async fn one_in_a_quiet_topic_of_a_busy_model_can_come_back(site: TestSite) -> Result {
    let db = &site.db;
    let mut room = site.join_live(board()).await?;
    let elsewhere = async || {
        for _ in 0..100 {
            create!(Post { board: "other", title: "elsewhere" }).insert(db).await?;
        }
        Ok::<_, Error>(())
    };
    for _ in 0..2 {
        elsewhere().await?;
        assert_eq!(room.heard().await, saved(&[]), "it is told where it stands");
    }
    let away = room.cut();
    let before = board().position(db).await?.offset;
    elsewhere().await?;
    while board().position(db).await?.offset < before + 99 {
        tokio::task::yield_now().await;
    }
    let mut room = away.come_back().await?;
    assert_eq!(room.heard().await, saved(&[]));
    nothing(&mut room, db).await
}

#[quintet::test(club)]
async fn nobody_says_anything_and_nobody_is_let_in_unasked(site: TestSite) -> Result {
    let mut room = site.join_live(board()).await?;
    let refused = room.say_json(json!({ "event": "saved", "rows": [] })).await.unwrap_err();
    assert_eq!(refused.status().as_u16(), 405);
    let closed = Board { board: "closed".into() };
    assert_eq!(site.join_live(closed).await.unwrap_err().status().as_u16(), 403);
    let cut = site.join_live(First {}).await.unwrap_err();
    assert_eq!(cut.status().as_u16(), 500);
    let channels = site.services().require::<Channels>()?;
    let saved = json!({ "event": "saved", "rows": [] });
    assert_eq!(channels.check("posts:news", &saved).unwrap_err().status().as_u16(), 405);
    // What is published under its name nevertheless reaches nobody.
    channels.publish("posts:news", &saved).await?;
    nothing(&mut room, &site.db).await?;
    let topics = || channels.topics().iter().filter(|topic| topic.topic.contains("club.Post")).count();
    assert_eq!(topics(), 1);
    room.leave();
    while topics() > 0 {
        tokio::task::yield_now().await;
    }
    Ok(())
}

#[quintet::test(club, settings = { "auth.backends" = "model, owners" })]
async fn a_stream_follows_its_user(site: TestSite) -> Result {
    let (db, live) = (&site.db, site.live().await);
    let (ann, bob) = (site.login("ann").await, site.login("bob").await);
    let view = Permission.filter(Permission.codename.eq("view_post")).one(db).await?;
    let user = User.filter(User.username.eq("ann")).one(db).await?;
    user.related(User.user_permissions).add([&view], db).await?;
    users_are_told(&site).await?;
    let open = async |browser: &TestClient| {
        let cookie = format!("Cookie: session={}\r\n", browser.cookie("session").unwrap());
        let mut page = Page::open_with(&live, "/posts/live/", &cookie).await;
        page.told().await;
        page
    };
    let (mut anns, mut bobs) = (open(&ann).await, open(&bob).await);
    let first = create!(Post { board: "news", title: "first", notes: "inner" }).insert(db).await?;
    let told = format!(r#"event: saved|data: [{{"id":{},"title":"first","replies":[]}}]"#, first.id);
    assert_eq!(anns.told().await.0, told);
    let own = create!(Post { board: "news", title: "own", owner: "bob" }).insert(db).await?;
    assert!(bobs.told().await.0.contains("own"), "and nothing of the first");
    assert!(anns.told().await.0.contains("own"));
    user.related(User.user_permissions).remove([&view], db).await?;
    assert_eq!(anns.told().await.0, "event: reload|data: ");
    own.update(Post.title.set("changed")).exec(db).await?;
    assert_eq!(anns.told().await.0, format!("event: gone|data: [{}]", own.id));
    assert!(bobs.told().await.0.contains("changed"));
    bob.post("/logout/", &[]).await.status(303);
    // It ends: the last chunk of a body is empty.
    bobs.until("\r\n0\r\n\r\n").await;
    live.stop().await;
    Ok(())
}

#[quintet::test(club)]
async fn who_speaks_and_who_goes_do_not_wait_for_each_other(site: TestSite) -> Result {
    let channels = site.services().require::<Channels>()?.clone();
    let speaker = channels.clone();
    // Each position is asked for by one who comes and goes.
    let speaks = tokio::spawn(async move {
        for n in 0..5_000 {
            speaker.publish("somewhere", &n).await?;
        }
        Ok::<_, Error>(())
    });
    while !speaks.is_finished() {
        channels.position("somewhere").await?;
        tokio::task::yield_now().await;
    }
    speaks.await.unwrap()
}
