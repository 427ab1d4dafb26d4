//! Fields that are shown and can't be changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use quintet_core::{
    Result, Site,
    value::{Date, Timestamp},
};
use quintet_forms::{Form, form};
use quintet_web::{
    CleanData, DataErrors, FileChange, Page, Path, Routing,
    axum::response::{IntoResponse, Response},
    data, routes,
};
use support::{Running, app, elements, one, start};

#[data]
#[derive(PartialEq)]
enum Size {
    Small,
    Large,
}

#[data]
struct Place {
    x: i32,
    y: i32,
}

#[data]
struct Card {
    name: String,
    #[field(disabled)]
    number: u32,
    #[field(disabled)]
    size: Size,
    #[field(disabled)]
    member: bool,
    #[field(disabled)]
    since: Timestamp,
    #[field(disabled, widget = "select_date")]
    day: Date,
    #[field(disabled)]
    tags: Vec<Size>,
    #[field(disabled, widget = "group")]
    place: Place,
    #[field(disabled, initial = "none")]
    note: Option<String>,
    #[field(disabled, blank)]
    picture: FileChange,
}

#[form("/card/")]
async fn card(mut form: Form<Card>) -> Response {
    form.initial_of(Card.number, &7);
    form.initial_of(Card.size, &Size::Large);
    form.initial_of(Card.member, &true);
    let since: Timestamp = "2026-10-25T01:30:00.25Z".parse().unwrap();
    form.initial_of(Card.since, &since);
    form.initial_of(Card.day, &Date::constant(1979, 5, 25));
    form.initial_of(Card.tags, &vec![Size::Small, Size::Large]);
    form.initial_of(Card.place, &Place { x: 1, y: -2 });
    form.initial_of(Card.picture, "cards/ann.png");
    match form.valid() {
        Some(Card { name, number, size, member, since, day, tags, place, note, picture }) => {
            let there =
                (name, number, size == Size::Large, member, since, day, tags.len(), place.x, place.y, note);
            format!("{there:?} {picture:?} {}", form.changed().join(",")).into_response()
        }
        None => Page::new("card.html").with("form", &form).into_response(),
    }
}

/// A price that only some may change, and that the amount must fit.
#[data]
struct Offer {
    price: i64,
    amount: i64,
}

impl CleanData for Offer {
    type Needs = ();

    async fn clean(&mut self, (): &(), errors: &mut DataErrors<Self>) -> Result {
        if self.price * self.amount > 100 {
            errors.error(Offer.amount, "too dear");
        }
        Ok(())
    }
}

#[form("/offer/{who}/")]
async fn offer(Path(who): Path<String>, mut form: Form<Offer>) -> Result<Response> {
    form.form_error("said before");
    form.initial_of(Offer.price, &10);
    if who != "boss" {
        form.disable(Offer.price);
    }
    if who == "anybody" {
        form.judge().await?;
    }
    form.form_error("said after");
    // What was said is no part of this test's answer.
    let told: Vec<String> = form.errors().iter().map(|e| format!("{}={}", e.field, e.message)).collect();
    let price = form.data().map(|offer| offer.price);
    Ok(format!("{price:?} {told:?} {:?}", form.valid().is_some()).into_response())
}

/// A ticket of a kind that is offered, at a price that the house says.
#[data]
struct Ticket {
    kind: String,
    seat: String,
    price: i64,
}

#[form("/ticket/{order}/")]
async fn ticket(Path(order): Path<String>, mut form: Form<Ticket>) -> Result<Response> {
    let limit = |form: &mut Form<Ticket>| {
        form.offer(Ticket.kind, [("child", "a child's"), ("adult", "an adult's")]);
        form.offer(Ticket.seat, [("a1", "A 1")]);
    };
    let fix = |form: &mut Form<Ticket>| {
        form.disable((Ticket.price, Ticket.seat));
        form.initial_of(Ticket.price, &10);
        form.initial_of(Ticket.seat, "z9");
    };
    if order == "first" {
        limit(&mut form);
        fix(&mut form);
    } else {
        fix(&mut form);
        limit(&mut form);
    }
    form.judge().await?;
    let told: Vec<String> = form.errors().iter().map(|e| format!("{}={}", e.field, e.code)).collect();
    let valid = form.valid().map(|ticket| (ticket.kind, ticket.seat, ticket.price));
    Ok(format!("{told:?} {valid:?}").into_response())
}

async fn site() -> Running {
    let app = app(&[("card.html", "{{ form.open }}{{ form }}</form>")]).routes(routes![card, offer, ticket]);
    start(Site::new().install(app), &[("forms.time_zone", "Europe/Berlin")]).await
}

const READ: &str = "(\"Ann\", 7, true, true, 2026-10-25T01:30:00.25Z, 1979-05-25, 2, 1, -2, Some(\"none\")) FileChange(Keep) name";

#[tokio::test]
async fn what_is_sent_for_it_is_left_aside() {
    let site = site().await;
    // As a browser sends it: nothing of disabled controls.
    assert_eq!(site.post("/card/", &[("name", "Ann")]).await.body, READ);
    let forged = [
        ("name", "Ann"),
        ("number", "8"),
        ("size", "small"),
        ("member", "false"),
        ("since", "2000-01-01T00:00"),
        ("since_0", "2000-01-01"),
        ("since_1", "00:00"),
        ("day_year", "2000"),
        ("day_month", "1"),
        ("day_day", "1"),
        ("tags", "small"),
        ("place-x", "100"),
        ("place-y", "no number"),
        ("note", "forged"),
        ("picture", "x.png"),
        ("picture-clear", "on"),
    ];
    assert_eq!(site.post("/card/", &forged).await.body, READ);
    let json = r#"{"name":"Ann","number":8,"size":"small","member":false,"since":"2000-01-01T00:00:00Z","day":"2000-01-01",
        "tags":[],"place":{"x":100},"note":"forged","picture":false}"#;
    let read = site.send_as("/card/", "application/json", json).await.body;
    assert_eq!(read, READ);
}

#[tokio::test]
async fn it_is_shown_and_shown_again() {
    let site = site().await;
    for body in
        [site.get("/card/").await.body, site.post("/card/", &[("name", ""), ("number", "8")]).await.body]
    {
        let all = elements(&body);
        let number = one(&all, "name", "number");
        assert_eq!(number.get("value"), Some("7"));
        assert!(number.has("disabled") && !number.has("required"));
        let name = one(&all, "name", "name");
        assert!(name.has("required") && !name.has("disabled"));
        let chosen: Vec<&str> = all
            .iter()
            .filter(|e| e.name == "option" && e.has("selected"))
            .filter_map(|e| e.get("value"))
            .collect();
        assert_eq!(chosen, ["large", "1979", "5", "25", "small", "large"]);
        for name in [
            "size",
            "member",
            "since",
            "day_year",
            "day_month",
            "day_day",
            "tags",
            "place-x",
            "place-y",
            "note",
            "picture",
        ] {
            assert!(one(&all, "name", name).has("disabled"), "{name}: {body}");
        }
        assert_eq!(one(&all, "name", "place-y").get("value"), Some("-2"));
    }
}

#[tokio::test]
async fn a_handler_may_say_it_and_the_types_own_rules_see_the_value() {
    let site = site().await;
    let sent = [("price", "1"), ("amount", "20")];
    let body = site.post("/offer/boss/", &sent).await.body;
    assert_eq!(body, "Some(1) [\"=said before\", \"=said after\"] false");
    let body = site.post("/offer/anybody/", &sent).await.body;
    assert_eq!(body, "Some(10) [\"amount=too dear\", \"=said before\", \"=said after\"] false");
    // Rules that have not seen the value keep the form from being valid.
    let body = site.post("/offer/nobody/", &[("price", "1"), ("amount", "1")]).await.body;
    assert!(body.starts_with("Some(10)") && body.ends_with("false"), "{body}");
}

#[tokio::test]
async fn what_is_offered_stays_said_however_often_the_form_is_read() {
    let site = site().await;
    for order in ["first", "last"] {
        let at = format!("/ticket/{order}/");
        let send =
            async |kind: &str| site.post(&at, &[("kind", kind), ("price", "1"), ("seat", "a1")]).await.body;
        assert_eq!(send("forged").await, "[\"kind=choice\"] None", "{order}");
        // What can't be changed is judged by no list.
        assert_eq!(send("child").await, "[] Some((\"child\", \"z9\", 10))", "{order}");
    }
}
