//! `#[data]` from JSON and query strings, and out again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::collections::BTreeMap;

use http::{Request, header};
use quintet_core::{
    App, FieldErrors, Site, TemplateValue, Value,
    value::{Date, Decimal},
};
use quintet_web::{
    Data, Json, Query, Routing, ShapeKind,
    axum::{self, body::Body, extract::DefaultBodyLimit},
    data, get, routes,
};
use serde_json::json;
use support::{Running, start};

/// Who writes.
#[data]
#[derive(PartialEq)]
struct Person {
    /// As on the passport.
    #[field(max_length = 5, min_length = 1, label = "Full name")]
    name: String,
    #[field(min = 18, max = 150)]
    age: u8,
    #[field(min = 0)]
    money: Option<Decimal>,
    #[field(default = "de", help = "Two letters.")]
    language: String,
    #[serde(default)]
    friends: Vec<Friend>,
}

#[data]
#[derive(PartialEq)]
struct Friend {
    #[field(max_length = 3)]
    nick: String,
    since: Option<Date>,
}

#[data]
#[derive(PartialEq, Copy)]
enum Order {
    Newest,
    MostLoved,
}

#[data]
#[derive(PartialEq)]
enum News {
    Comment {
        by: String,
        #[field(max_length = 4)]
        text: String,
    },
    Typing,
    Joined(Friend),
}

#[data]
#[derive(Default)]
struct Search {
    q: Option<String>,
    #[field(default = 1, min = 1)]
    page: u64,
    #[field(default = 20, max = 100)]
    per_page: Option<u64>,
    tags: Vec<i32>,
    order: Option<Order>,
    #[field(default = false)]
    exact: bool,
    since: Option<Date>,
    /// A type that only serde knows.
    word: Option<Word>,
    #[field(min = 1900, max = 2090)]
    year: Option<i16>,
}

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
enum Word {
    Yes,
}

impl TemplateValue for Word {
    fn to_value(&self) -> Value {
        Value::Text("yes".into())
    }
}

async fn site() -> Running {
    let site = Site::new()
        .post("/person", async |Json(person): Json<Person>| Json(person))
        .post("/people", async |Json(people): Json<Vec<Person>>| people.len().to_string())
        .post("/map", async |Json(map): Json<BTreeMap<String, Friend>>| map.len().to_string())
        .post("/maybe", async |person: Option<Json<Person>>| person.is_some().to_string())
        .post("/small", async |Json(text): Json<String>| text)
        .get("/search", async |Query(search): Query<Search>| Json(search))
        .layer(DefaultBodyLimit::max(2000));
    start(site).await.unwrap()
}

#[tokio::test]
async fn json_comes_in_and_goes_out() {
    let site = site().await;
    let answer = site.post_json("/person", r#"{"name":"Ann","age":30,"money":"1.50","extra":1}"#).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    let expected = json!({ "name": "Ann", "age": 30, "money": "1.50", "language": "de", "friends": [] });
    assert_eq!(answer.json(), expected);
    assert_eq!(site.post_json("/people", "[]").await.body, "0");
    assert_eq!(site.post_json("/map", r#"{"a":{"nick":"bo"}}"#).await.body, "1");
    assert_eq!(site.ask("POST", "/maybe").await.body, "false");
    assert_eq!(site.post_json("/maybe", r#"{"name":"Ann","age":30}"#).await.body, "true");
}

#[tokio::test]
async fn each_fault_has_its_pointer() {
    let site = site().await;
    for (uri, body, errors) in [
        (
            "/person",
            json!({ "nmae": "Ann", "age": "x" }),
            vec![
                ("#/name", "is required (is `nmae` meant?)"),
                ("#/age", "expected a whole number from 0 to 255"),
            ],
        ),
        (
            "/person",
            json!({ "name": "", "age": 7 }),
            vec![("#/name", "at least 1 character (this has 0)"), ("#/age", "must be at least 18")],
        ),
        (
            "/person",
            json!({ "name": "Annabel", "age": 300 }),
            vec![
                ("#/name", "at most 5 characters (this has 7)"),
                ("#/age", "expected a whole number from 0 to 255"),
            ],
        ),
        (
            "/person",
            json!({ "name": "Annabel", "age": 200, "money": -1 }),
            vec![
                ("#/name", "at most 5 characters (this has 7)"),
                ("#/age", "must be at most 150"),
                ("#/money", "must be at least 0"),
            ],
        ),
        (
            "/person",
            json!({ "name": null, "age": 20, "money": "much" }),
            vec![("#/name", "expected text"), ("#/money", "expected a number")],
        ),
        (
            "/person",
            json!({ "name": "Ann", "age": 20, "friends": [{ "nick": "bob" }, { "nick": "longer" }] }),
            vec![("#/friends/1/nick", "at most 3 characters (this has 6)")],
        ),
        (
            "/person",
            json!({ "name": "Ann", "age": 20, "friends": [{ "nick": "bob", "since": "yesterday" }, 7, {}] }),
            vec![
                ("#/friends/0/since", "expected a date such as 2026-11-20"),
                ("#/friends/1", "expected an object"),
                ("#/friends/2/nick", "is required"),
            ],
        ),
        ("/person", json!([1]), vec![("#", "expected an object")]),
        (
            "/people",
            json!([{ "name": "Ann", "age": 20 }, { "name": "Bo", "age": 1 }]),
            vec![("#/1/age", "must be at least 18")],
        ),
        ("/people", json!({}), vec![("#", "expected a list")]),
        ("/map", json!({ "a/b": { "nick": 7 } }), vec![("#/a~1b/nick", "expected text")]),
    ] {
        let answer = site.post_json(uri, &body.to_string()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (422, "application/problem+json"),
            "{body}"
        );
        let expected: Vec<_> =
            errors.iter().map(|(pointer, detail)| json!({ "pointer": pointer, "detail": detail })).collect();
        assert_eq!(answer.json()["errors"], json!(expected), "{body}");
    }
}

#[tokio::test]
async fn what_is_no_json_is_told_with_its_place() {
    let site = site().await;
    let send = async |kind: &str, body: String| {
        let request = Request::post("/person").header(header::CONTENT_TYPE, kind);
        site.send(request.body(Body::from(body)).unwrap()).await
    };
    let broken = send("application/json", "{\n  \"name\": \"Ann\",\n  oops\n}".into()).await;
    assert_eq!(broken.status.as_u16(), 400);
    assert_eq!(
        broken.json()["detail"],
        "The body is not valid JSON: key must be a string at line 3 column 3."
    );
    assert_eq!(send("application/json", "{\"name\":7,".into()).await.status.as_u16(), 400);
    assert_eq!(send("application/json", String::new()).await.status.as_u16(), 400);
    let other = send("application/xml", "{}".into()).await;
    assert_eq!((other.status.as_u16(), other.header("content-type")), (415, "application/problem+json"));
    assert_eq!(
        other.json()["detail"],
        "The body must be JSON (`Content-Type: application/json`); this one has `application/xml`."
    );
    let large = send("application/json", format!("\"{}\"", "x".repeat(3000))).await;
    assert_eq!((large.status.as_u16(), large.header("content-type")), (413, "application/problem+json"));
}

#[tokio::test]
async fn queries_are_read_as_people_and_browsers_write_them() {
    let site = site().await;
    let search = site.get("/search?q=a+b%26c&page=2&per_page=&tags=1&tags=2&order=most_loved&exact=on&since=2026-11-20&utm=x").await;
    let expected = json!({
        "q": "a b&c", "page": 2, "per_page": 20, "tags": [1, 2], "order": "most_loved", "exact": true, "since": "2026-11-20",
        "word": null, "year": null
    });
    assert_eq!(search.json(), expected);
    let empty = site.get("/search?page=&q=&order=").await.json();
    assert_eq!(
        empty,
        json!({ "q": null, "page": 1, "per_page": 20, "tags": [], "order": null, "exact": false, "since": null, "word": null, "year": null })
    );
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let site = site().await;
    let answer = site.get_as("/search?page=0&per_page=500", "application/json").await;
    assert_eq!(answer.status.as_u16(), 422);
    let expected = json!([
        { "parameter": "page", "detail": "must be at least 1" },
        { "parameter": "per_page", "detail": "must be at most 100" }
    ]);
    assert_eq!(answer.json()["errors"], expected);
    let answer = site
        .get_as("/search?page=two&order=best&tags=1&tags=x&exact=maybe&since=1.1.2026", "application/json")
        .await;
    let expected = json!([
        { "parameter": "page", "detail": "expected a whole number, not negative" },
        { "parameter": "tags", "detail": "expected a whole number from -2147483648 to 2147483647" },
        { "parameter": "order", "detail": "expected one of newest, most_loved" },
        { "parameter": "exact", "detail": "expected true or false" },
        { "parameter": "since", "detail": "expected a date such as 2026-11-20" }
    ]);
    assert_eq!(answer.json()["errors"], expected);
    let answer = site.get_as("/search?q=a%00b&year=now", "application/json").await;
    let expected = json!([
        { "parameter": "q", "detail": "must not contain the character U+0000" },
        { "parameter": "year", "detail": "expected a whole number from 1900 to 2090" }
    ]);
    assert_eq!(answer.json()["errors"], expected);
    let answer = site.get_as("/search?year=now", "application/json").await;
    let expected = json!([{ "parameter": "year", "detail": "expected a whole number from 1900 to 2090" }]);
    assert_eq!(answer.json()["errors"], expected);
    let page = site.get_as("/search?page=two", "text/html").await;
    assert!(page.body.contains("<li>page: expected a whole number, not negative</li>"), "{}", page.body);
}

#[test]
fn a_type_describes_itself() {
    let [name, age, money, language, friends] = Person::FIELDS else { panic!() };
    assert_eq!((Person::NAME, Person::DOC), ("Person", "Who writes."));
    assert_eq!((name.name, name.label, name.help), ("name", "Full name", "As on the passport."));
    assert_eq!((name.min_length, name.max_length, name.is_required()), (Some(1), Some(5), true));
    assert_eq!((age.min.map(|f| f()), age.max.map(|f| f())), (Some(Value::Int(18)), Some(Value::Int(150))));
    assert!(matches!((age.shape)().kind, ShapeKind::Whole { min: 0, max: 255 }));
    assert!(!money.is_required() && !language.is_required() && !friends.is_required());
    assert_eq!((language.label, language.help), ("Language", "Two letters."));
    assert_eq!(Search::FIELDS[2].label, "Per page");
    let ShapeKind::List(item) = (friends.shape)().kind else { panic!() };
    assert!(matches!(item.kind, ShapeKind::Object([nick, _]) if nick.name == "nick"));
    let ShapeKind::Choice(choices) = Order::shape().kind else { panic!("{:?}", Order::shape()) };
    let choices: Vec<_> = choices.iter().map(|choice| (choice.value, choice.label)).collect();
    assert_eq!(choices, [("newest", "Newest"), ("most_loved", "Most loved")]);
}

#[test]
fn enums_carry_their_event() {
    let cases = [
        (
            News::Comment { by: "ann".into(), text: "hm".into() },
            json!({ "event": "comment", "by": "ann", "text": "hm" }),
        ),
        (News::Typing, json!({ "event": "typing" })),
        (
            News::Joined(Friend { nick: "bo".into(), since: None }),
            json!({ "event": "joined", "nick": "bo", "since": null }),
        ),
    ];
    for (news, expected) in cases {
        assert_eq!(serde_json::to_value(&news).unwrap(), expected);
        assert_eq!(serde_json::to_value(news.to_value()).unwrap(), expected);
        assert_eq!(serde_json::from_value::<News>(expected).unwrap(), news);
    }
    assert_eq!(serde_json::to_value(Order::MostLoved).unwrap(), json!("most_loved"));
    assert_eq!(Order::MostLoved.to_value(), Value::Text("most_loved".into()));

    let mut errors = FieldErrors::new();
    News::Comment { by: "ann".into(), text: "too long".into() }.validate(&mut errors);
    News::Joined(Friend { nick: "longer".into(), since: None }).validate(&mut errors);
    assert_eq!(
        errors.to_string(),
        "text: at most 4 characters (this has 8); nick: at most 3 characters (this has 6)"
    );
}

#[data]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Renamed {
    first_name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip)]
    internal: i32,
    #[serde(skip_serializing)]
    password: String,
}

#[data]
#[serde(tag = "kind", rename_all = "UPPERCASE")]
enum Own {
    A { x: i32 },
    B,
}

#[data]
struct Flat {
    name: String,
    #[serde(flatten)]
    friend: Friend,
}

#[data]
struct Listing<T> {
    items: Vec<T>,
    #[field(default = 0)]
    total: u64,
}

#[test]
fn own_serde_attributes_and_type_parameters_are_respected() {
    let renamed: Renamed =
        serde_json::from_value(json!({ "firstName": "Ann", "type": "x", "password": "p" })).unwrap();
    assert_eq!((renamed.internal, renamed.password.as_str()), (0, "p"));
    let names: Vec<_> = Renamed::FIELDS.iter().map(|f| f.name).collect();
    assert_eq!(names, ["firstName", "type", "password"]);
    // Templates know fields by their names in Rust; what is not written is not shown.
    assert_eq!(renamed.to_value().get("first_name"), Some(&Value::Text("Ann".into())));
    assert!(renamed.to_value().get("password").is_none());
    assert!(
        serde_json::from_value::<Renamed>(json!({ "firstName": "a", "type": "b", "password": "", "z": 1 }))
            .is_err()
    );

    assert_eq!(serde_json::to_value(Own::A { x: 1 }).unwrap(), json!({ "kind": "A", "x": 1 }));
    assert_eq!(serde_json::to_value(Own::B.to_value()).unwrap(), json!({ "kind": "B" }));
    assert!(serde_json::from_value::<Own>(json!({ "kind": "B" })).is_ok());

    assert_eq!(Flat::FIELDS.len(), 1);
    let flat: Flat = serde_json::from_value(json!({ "name": "a", "nick": "longer" })).unwrap();
    let mut errors = FieldErrors::new();
    flat.validate(&mut errors);
    assert_eq!((flat.name.as_str(), errors.len()), ("a", 1));

    let listing: Listing<String> = serde_json::from_value(json!({ "items": ["a"] })).unwrap();
    assert_eq!((listing.items.len(), listing.total), (1, 0));
    assert_eq!(Listing::<Friend>::NAME, "Listing");
    let mut errors = FieldErrors::new();
    Listing { items: vec![Friend { nick: "longer".into(), since: None }], total: 1 }.validate(&mut errors);
    assert_eq!(errors.to_string(), "items.0.nick: at most 3 characters (this has 6)");
}

/// What only serde knows.
#[derive(serde::Deserialize)]
struct Plain {
    page: u32,
}

#[get("/plain")]
async fn plain(axum::extract::Query(plain): axum::extract::Query<Plain>) -> String {
    plain.page.to_string()
}

#[get("/rest/{n}")]
async fn rest(axum::extract::Path(n): axum::extract::Path<u8>, body: String) -> String {
    format!("{n}{body}")
}

/// axum's extractors answer a status and a text: both stay, in a document like that of every other error.
#[tokio::test]
async fn axums_own_extractors_refuse_in_the_sites_words() {
    let site = start(Site::new().install(App::new("a").routes(routes![plain, rest]))).await.unwrap();
    assert_eq!(site.get("/plain?page=7").await.body, "7");
    let problem = site.get_as("/plain", "application/json").await;
    assert_eq!((problem.status.as_u16(), problem.header("content-type")), (400, "application/problem+json"));
    assert!(problem.json()["detail"].as_str().unwrap().contains("missing field `page`"), "{}", problem.body);
    let page = site.get_as("/plain?page=x", "text/html").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(
        page.body.contains("<h1>400 Bad Request</h1>") && page.body.contains("invalid digit"),
        "{}",
        page.body
    );
    let wrong = site.get_as("/rest/x", "application/json").await;
    assert!(wrong.json()["detail"].as_str().unwrap().contains("Cannot parse"), "{}", wrong.body);
}

#[tokio::test]
async fn odd_bytes_are_refused_or_kept_and_never_a_fault() {
    let site = site().await;
    let person = |name: &str| format!(r#"{{"name":"{name}","age":30}}"#);
    let nul = site.post_json("/person", &person("A\\u0000")).await;
    assert_eq!(nul.status.as_u16(), 422);
    assert_eq!(
        nul.json()["errors"],
        json!([{ "pointer": "#/name", "detail": "must not contain the character U+0000" }])
    );
    let friend = site.post_json("/person", r#"{"name":"A","age":30,"friends":[{"nick":"\u0000"}]}"#).await;
    assert_eq!(friend.json()["errors"][0]["pointer"], "#/friends/0/nick");
    for (body, status) in [
        (person("\u{7f}\u{85}"), 200),
        (person("e\u{301}\u{200d}"), 200),
        (person("\\ud83c\\udfac"), 200),
        (person("\\ud800"), 400),
        (person("a\u{1}"), 400),
        ("\u{feff}{}".to_owned(), 400),
        ("[".repeat(100_000), 413),
        ("[".repeat(1500), 400),
        (r#"{"name":"Ann","age":1e999}"#.to_owned(), 400),
        (r#"{"name":"Ann","age":30,"name":"Bo"}"#.to_owned(), 422),
        (String::new(), 400),
    ] {
        let answer = site.post_json("/person", &body).await;
        assert_eq!(answer.status.as_u16(), status, "{:.60}: {}", body, answer.body);
    }
    let raw = Request::post("/person").header(header::CONTENT_TYPE, "application/json");
    let answer = site.send(raw.body(Body::from(b"{\"name\":\"\xff\",\"age\":30}".to_vec())).unwrap()).await;
    assert_eq!(answer.status.as_u16(), 400);
    for (uri, status) in [
        ("/search?q=%00", 422),
        ("/search?q=%ff", 200),
        ("/search?q=%", 200),
        ("/search?%00=1&&==&q", 200),
        ("/search?tags=1&tags=%2B2&tags=", 200),
        ("/search?page=%00", 422),
        ("/search?since=0000-00-00", 422),
    ] {
        let answer = site.get(uri).await;
        assert_eq!(answer.status.as_u16(), status, "{uri}: {}", answer.body);
    }
}
