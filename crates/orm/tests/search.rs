//! Full-text search: what is typed, what is found, in which order, and what is shown of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_orm::{
    dialect::{SQLITE, TextIndex},
    prelude::*,
    search,
};

scenarios!(
    what_is_typed_is_found,
    the_best_come_first,
    snippets_show_what_was_found,
    the_index_follows_every_write,
    a_search_is_a_condition_like_others,
    typed_text_is_no_language,
    the_index_is_used,
);

#[model(app = "words")]
#[derive(Debug, Clone)]
struct Shelf {
    name: String,
    books: HasMany<Book>,
}

#[model(app = "words", search = ["title", "plot"])]
#[derive(Debug, Clone)]
struct Book {
    title: String,
    plot: Option<String>,
    shelf: Option<ForeignKey<Shelf>>,
    notes: String,
}

const TABLES: &str = "CREATE TABLE words_shelf (id :key, name TEXT NOT NULL);
    CREATE TABLE words_book (id :key, title TEXT NOT NULL, plot TEXT, shelf_id :ref, notes TEXT NOT NULL);";

const BOOKS: &[(&str, Option<&str>)] = &[
    ("Alien", Some("In space no one can hear you scream. The crew of a ship finds eggs.")),
    ("Space and time", Some("A history of physics, without aliens.")),
    ("Dune", Some("A desert planet, worms and spice. A ship of the guild folds space.")),
    ("Äpfel & <b>Birnen</b>", None),
    ("The ship", Some("A ship, a ship and again a ship: nothing but ships.")),
];

async fn books(on: &On) -> Db {
    let db = on.with(TABLES).await;
    // As migrations do.
    let columns = ["\"title\"".to_owned(), "\"plot\"".to_owned()];
    let made = match db.dialect().text_index {
        TextIndex::Fts5 => search::fts5_create("words_book_search", "\"words_book\"", "\"id\"", &columns),
        TextIndex::TsVector => {
            format!("CREATE INDEX words_book_search ON words_book USING GIN ({})", search::vector(&columns))
        }
    };
    db.batch(made).await.unwrap();
    let shelf = create!(Shelf { name: "one" }).insert(&db).await.unwrap();
    for (number, (title, plot)) in BOOKS.iter().enumerate() {
        let mut draft = create!(Book { title: *title, plot: *plot, notes: "secret" });
        if number % 2 == 0 {
            draft = draft.with(Book.shelf.set(&shelf));
        }
        draft.insert(&db).await.unwrap();
    }
    db
}

/// The keys of what is found, in the order of keys.
async fn keys(db: &Db, typed: &str) -> Vec<i64> {
    let found = Book.filter(Book.matches(typed)).order_by(Book.id).select(Book.id).all(db).await;
    found.unwrap_or_else(|error| panic!("{typed:?}: {error:?}"))
}

async fn what_is_typed_is_found(on: &On) {
    let db = books(on).await;
    for (typed, expected) in [
        ("space", &[1, 2, 3][..]),
        ("SPACE", &[1, 2, 3]),
        ("space ship", &[1, 3]),
        ("\"no one\"", &[1]),
        ("\"one no\"", &[]),
        ("alien", &[1]),
        ("alien*", &[1, 2]),
        ("space -ship", &[2]),
        ("space -\"no one\" -al*", &[3]),
        ("-ship", &[2, 4]),
        ("-ship -äpfel", &[2]),
        ("dune OR physics", &[2, 3]),
        ("dune OR physics -aliens", &[3]),
        ("ÄPFEL", &[4]),
        ("birnen", &[4]),
        // Words of two fields; a field that is not searched.
        ("alien scream", &[1]),
        ("secret", &[]),
        ("nothing but ships", &[5]),
        ("  ", &[]),
        ("\"\" - *", &[]),
    ] {
        assert_eq!(keys(&db, typed).await, expected, "{typed:?}");
        let by_rank = Book.search(typed).count(&db).await.unwrap();
        assert_eq!(by_rank, expected.len() as u64, "{typed:?}");
    }
}

async fn the_best_come_first(on: &On) {
    let db = books(on).await;
    // A word of the title weighs more than one of the plot.
    let titles = Book.search("space").select(Book.title).all(&db).await.unwrap();
    assert_eq!(titles[0], "Space and time");
    assert_eq!(Book.search("ship").first(&db).await.unwrap().unwrap().title, "The ship");
    let ranks: Vec<(String, f64)> =
        Book.search("ship").select((Book.title, Book.search_rank("ship"))).all(&db).await.unwrap();
    assert!(ranks.windows(2).all(|pair| pair[0].1 >= pair[1].1) && ranks[2].1 > 0.0, "{ranks:?}");
    // Of all rows, those that don't answer have none.
    let none = Book
        .filter(Book.search_rank("ship").eq(0.0))
        .order_by(Book.id)
        .select(Book.id)
        .all(&db)
        .await
        .unwrap();
    assert_eq!(none, [2, 4]);
    // Cut, paged, in another order.
    assert_eq!(Book.search("space").limit(1).all(&db).await.unwrap().len(), 1);
    let page = Book.search("space").page(2, 2, &db).await.unwrap();
    assert_eq!((page.total, page.items.len()), (3, 1));
    assert_eq!(Book.search("space").order_by(Book.title).select(Book.id).all(&db).await.unwrap(), [1, 3, 2]);
}

async fn snippets_show_what_was_found(on: &On) {
    let db = books(on).await;
    let found: Vec<(Book, (Snippet, Snippet))> = Book
        .search("scream")
        .annotate((Book.title.snippet("scream"), Book.plot.snippet("scream")))
        .all(&db)
        .await
        .unwrap();
    let (_, (title, plot)) = &found[0];
    assert_eq!((title.text(), title.parts().any(|(_, found)| found)), ("Alien".to_owned(), false));
    assert!(plot.to_html().contains("<mark>scream</mark>"), "{plot:?}");
    // What a text holds is a text.
    let birnen = Book
        .search("birnen")
        .select((Book.title.snippet("birnen"), Book.plot.snippet("birnen")))
        .one(&db)
        .await
        .unwrap();
    // PostgreSQL leaves tags out; none is ever one of the page.
    let html = birnen.0.to_html();
    assert!(
        html.contains("<mark>Birnen</mark>") && html.contains("&amp;") && !html.contains("<b>"),
        "{html}"
    );
    assert_eq!(birnen.1, Snippet::default());
    // Of several searches in one query, each its own.
    let both = Book.filter(Book.id.eq(1)).select((
        Book.plot.snippet("space"),
        Book.plot.snippet("crew"),
        Book.search_rank("nowhere"),
    ));
    let (space, crew, rank) = both.one(&db).await.unwrap();
    assert!(space.to_html().contains("<mark>space</mark>") && crew.to_html().contains("<mark>crew</mark>"));
    assert!(!space.to_html().contains("<mark>crew") && rank == 0.0);
    let long = "word ".repeat(200) + "needle " + &"word ".repeat(200);
    create!(Book { title: "long", plot: long, notes: "" }).insert(&db).await.unwrap();
    let (snippet,) = Book.search("needle").select((Book.plot.snippet("needle"),)).one(&db).await.unwrap();
    assert!(snippet.text().len() < 300 && snippet.to_html().contains("<mark>needle</mark>"), "{snippet:?}");
    let error = Book.select(Book.notes.snippet("x")).all(&db).await.unwrap_err().to_string();
    assert!(error.contains("Book.notes has no snippets: it is not among the fields"), "{error}");
    let error = Shelf.search("x").all(&db).await.unwrap_err().to_string();
    assert!(error.contains("#[model(search = [\"…\"])] on Shelf"), "{error}");
}

async fn the_index_follows_every_write(on: &On) {
    let db = books(on).await;
    let book = Book.get(1, &db).await.unwrap();
    let mut edit = book.edit();
    edit.title = "Predator".into();
    edit.save(&db).await.unwrap();
    assert_eq!((keys(&db, "alien").await, keys(&db, "predator").await), (vec![], vec![1]));
    Book.filter(Book.id.gt(3)).update(Book.plot.set("rewritten")).exec(&db).await.unwrap();
    assert_eq!((keys(&db, "rewritten").await, keys(&db, "ships").await), (vec![4, 5], vec![]));
    Book.filter(Book.matches("predator")).update(Book.plot.set(None::<String>)).exec(&db).await.unwrap();
    assert_eq!(keys(&db, "scream").await, NOTHING);
    assert_eq!(Book.filter(Book.matches("rewritten -ship")).delete(&db).await.unwrap(), 1);
    assert_eq!(keys(&db, "rewritten").await, [5]);
    let many = (0..50).map(|n| create!(Book { title: format!("volume {n}"), plot: "bulk", notes: "" }));
    let many = Book.bulk_create(many, &db).await.unwrap();
    assert_eq!(keys(&db, "bulk").await.len(), 50);
    // What a transaction takes back is taken back.
    let undone: Result<()> = db
        .atomic(async |tx| {
            Book.filter(Book.matches("bulk")).delete(tx).await?;
            assert!(!Book.search("bulk").exists(tx).await?);
            Err(Error::internal("undone"))
        })
        .await;
    assert!(undone.is_err() && keys(&db, "bulk").await.len() == 50);
    Book.filter(Book.id.is_in(many.iter().map(|book| book.id))).delete(&db).await.unwrap();
    assert!(!Book.search("bulk").exists(&db).await.unwrap());
    if db.dialect().text_index == TextIndex::Fts5 {
        db.batch("INSERT INTO words_book_search (words_book_search) VALUES ('integrity-check')".into())
            .await
            .unwrap();
    }
}

const NOTHING: [i64; 0] = [];

async fn a_search_is_a_condition_like_others(on: &On) {
    let db = books(on).await;
    let of = |condition: Cond<Book>| Book.filter(condition).order_by(Book.id).select(Book.id);
    assert_eq!(of(Book.matches("space") & Book.plot.contains("worms")).all(&db).await.unwrap(), [3]);
    assert_eq!(of(Book.matches("dune") | Book.title.eq("Alien")).all(&db).await.unwrap(), [1, 3]);
    assert_eq!(of(!Book.matches("ship")).all(&db).await.unwrap(), [2, 4]);
    assert_eq!(of(Book.matches("ship") & Book.shelf.name.eq("one")).all(&db).await.unwrap(), [1, 3, 5]);
    let shelves = Shelf.filter(Shelf.books.any(Book.matches("dune"))).count(&db).await.unwrap();
    assert_eq!(shelves, 1);
    let counted = Shelf.select(Shelf.books.filter(Book.matches("space")).count()).one(&db).await.unwrap();
    assert_eq!(counted, 2);
    let joined = Book.search("dune").select_related(Book.shelf).one(&db).await.unwrap();
    assert_eq!(joined.shelf.as_ref().unwrap().get().unwrap().name, "one");
    let groups =
        Book.search("space").group_by(Book.shelf.is_null()).order_by(Book.rows()).aggregate(Book.rows());
    assert_eq!(groups.all(&db).await.unwrap(), [(true, 1), (false, 2)]);
    let best =
        row_number().over(window().partition_by(Book.shelf).order_by(Book.search_rank("space").desc()));
    let best = Book
        .filter(Book.matches("space") & best.eq(1))
        .order_by(Book.id)
        .select(Book.id)
        .all(&db)
        .await
        .unwrap();
    assert_eq!(best.len(), 2);
    assert_eq!(
        Book.filter(Book.matches("space")).select(Book.id).to_sql(&SQLITE).unwrap().sql,
        "SELECT t0.\"id\" FROM \"words_book\" AS t0 WHERE t0.\"id\" IN (SELECT rowid FROM \"words_book_search\" WHERE \
         \"words_book_search\" MATCH ?1)"
    );
}

async fn typed_text_is_no_language(on: &On) {
    let db = books(on).await;
    let plain =
        |typed: &str| Book.search(typed).select(Book.plot.snippet(typed)).to_sql(db.dialect()).unwrap().sql;
    for typed in [
        "' OR 1=1 --",
        "\"; DROP TABLE words_book; --",
        "title:space",
        "{title plot}: x",
        "NEAR(a b, 2)",
        "a AND b",
        "a NOT b",
        "^a",
        "a + b",
        "(a",
        "a)",
        "a | b",
        "a & !b",
        "a <-> b",
        "a:*",
        "a:A",
        "\\",
        "\\'",
        "''",
        "a'b",
        "a\"b",
        "*a",
        "**",
        "-",
        "--a",
        "a -",
        "\u{E000}x\u{E001}",
        "a\0b",
        "日本語",
        "🦀",
        "x::text",
        "$1",
        "?1",
        "%",
        "%s",
    ] {
        Book.search(typed)
            .annotate((Book.search_rank(typed), Book.title.snippet(typed)))
            .all(&db)
            .await
            .unwrap_or_else(|error| panic!("{typed:?}: {error:?}"));
        // Without words, and with words that must not be there only, another question is asked.
        if search::Query::parse(typed).has_words() && !typed.starts_with('-') {
            assert_eq!(plain(typed), plain("x"), "{typed:?}");
        }
    }
    assert_eq!(Book.count(&db).await.unwrap(), 5);
}

async fn the_index_is_used(on: &On) {
    let db = books(on).await;
    if db.dialect().text_index == TextIndex::TsVector {
        let plan = db
            .atomic(async |tx| {
                tx.batch("SET LOCAL enable_seqscan = off".into()).await?;
                Book.filter(Book.matches("space")).explain(tx).await
            })
            .await
            .unwrap();
        assert!(plan.contains("words_book_search"), "{plan}");
    } else {
        let plan = Book.filter(Book.matches("space")).explain(&db).await.unwrap();
        assert!(
            plan.contains("VIRTUAL TABLE INDEX") && plan.contains("SEARCH t0 USING INTEGER PRIMARY KEY"),
            "{plan}"
        );
    }
}
