//! Migration files: what is written is read back, and what is wrong is told with its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use common::*;
use quintet_core::value::Kind;
use quintet_migrate::{
    Operation, file,
    state::{FieldState, ThroughOf},
};

fn all_operations() -> Vec<Operation> {
    let texts = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<BTreeMap<_, _>>()
    };
    let (label, mut between) =
        model("shop.Book_tags", vec![fk("book_id", "shop.Book"), fk("tag_id", "other.Tag")]);
    between.fields[1].column = "book_id".into();
    between.through = Some(ThroughOf { model: "shop.Book".into(), field: "tags".into() });
    between.unique_together = vec![vec!["book_id".into(), "tag_id".into()]];
    let full = FieldState {
        column: "odd column".into(),
        null: true,
        unique: true,
        index: true,
        choices: vec!["a\"b".into(), "ü\n".into()],
        db_default: Some("lower('X')".into()),
        ..varchar("full", 12)
    };
    vec![
        create(model("shop.Book", vec![full.clone(), decimal("price", 8, 2), fk("by", "auth.User")])),
        create((label, between)),
        Operation::DeleteModel { model: "shop.Old".into() },
        Operation::RenameModel { model: "other.A".into(), to: "shop.B".into() },
        Operation::RenameTable { model: "shop.B".into(), table: "t".into() },
        add("shop.B", full.clone(), Some("\"quoted\" \\ text")),
        add("shop.B", field("n", Kind::Int), Some("-5")),
        add("shop.B", field("yes", Kind::Bool), Some("true")),
        add("shop.B", field("t", Kind::Text), Some("12")),
        add("shop.B", field("day", Kind::Date), Some("1979-05-25")),
        remove("shop.B", "n"),
        Operation::RemoveField { model: "shop.B".into(), name: "t".into(), backfill: Some("x".into()) },
        Operation::AlterField {
            model: "shop.B".into(),
            field: full,
            backfill: Some("0".into()),
            values: texts(&[("old value", "new"), ("b", "c")]),
        },
        Operation::RenameField {
            model: "shop.B".into(),
            from: "a".into(),
            to: "b".into(),
            column: Some("c".into()),
        },
        Operation::AlterUniqueTogether { model: "shop.B".into(), sets: vec![] },
        Operation::AlterUniqueTogether {
            model: "shop.B".into(),
            sets: vec![vec!["a".into()], vec!["b".into(), "c".into()]],
        },
        Operation::RunSql {
            up: texts(&[("all", "UPDATE t\nSET x = '\\n\"\"\"'")]),
            down: BTreeMap::new(),
            elidable: false,
        },
        Operation::RunSql {
            up: texts(&[("sqlite", "A\nB"), ("postgres", "C")]),
            down: texts(&[("all", "")]),
            elidable: false,
        },
    ]
}

#[test]
fn what_is_written_is_read_back() {
    let written = migration("shop.0002_all", &["shop.0001_initial", "auth.0003_x"], all_operations());
    let text = file::render(&written);
    let read =
        file::parse("shop", "0002_all", "0002_all.toml", &text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert!(read.same_as(&written), "{text}\n{read:#?}");
    assert_eq!(file::render(&read), text);
}

#[test]
fn a_file_is_short_and_reads_like_a_list() {
    let text = file::render(&migration(
        "cinema.0001_initial",
        &["auth.0001_initial"],
        vec![create(model("cinema.Film", vec![varchar("title", 200), fk("director", "cinema.Person")]))],
    ));
    let body = text.split_once("\n\n").unwrap().1;
    assert!(text.starts_with("# "));
    assert!(text.contains("depends = [\"auth.0001_initial\"]\n"));
    assert_eq!(
        body,
        "[[operation]]
op = \"create_model\"
model = \"Film\"
table = \"cinema_film\"
fields = [
    { name = \"id\", kind = \"big_int\", primary_key = true, auto = true },
    { name = \"title\", kind = \"text\", max_length = 200 },
    { name = \"director\", kind = \"big_int\", to = \"Person\", on_delete = \"cascade\" },
]
"
    );
}

#[test]
fn what_is_wrong_is_told_with_line_column_and_the_nearest_name() {
    let operation = |rest: &str| format!("depends = []\n\n[[operation]]\n{rest}\n");
    let add = |field: &str| operation(&format!("op = \"add_field\"\nmodel = \"Film\"\nfield = {field}"));
    for (text, wanted) in [
        ("depend = []\n".to_owned(), "a migration has no key `depend`; did you mean `depends`? (m.toml:1:1)"),
        (
            "depends = [1]\n".to_owned(),
            "`depends` of a migration must be a list of texts, not a whole number (m.toml:1:12)",
        ),
        ("depends = [\"0001_x\"]\n".to_owned(), "app.0001_x depends on itself (m.toml:1:12)"),
        ("x = \n".to_owned(), "this is no TOML"),
        (operation("model = \"Film\""), "an operation needs `op` (m.toml:3:1)"),
        (
            operation("op = \"add_feild\""),
            "there is no operation `add_feild`; did you mean `add_field`? (m.toml:4:6)",
        ),
        (operation("op = \"frobnicate\""), "there is no operation `frobnicate`; there are create_model"),
        (operation("op = \"delete_model\""), "delete_model needs `model` (m.toml:3:1)"),
        (
            operation("op = \"delete_model\"\nmodel = 1"),
            "`model` of delete_model must be text, not a whole number (m.toml:5:9)",
        ),
        (add("{ kind = \"text\" }"), "a field needs `name` (m.toml:6:9)"),
        (
            add("{ name = \"x\", kind = \"txt\" }"),
            "there is no kind `txt`; did you mean `text`? (m.toml:6:30)",
        ),
        (
            add("{ name = \"x\", kind = \"text\", nul = true }"),
            "a field has no key `nul`; did you mean `null`? (m.toml:6:38)",
        ),
        (add("{ name = \"x\", kind = \"text\", null = 1 }"), "`null` of a field must be true or false"),
        (
            add("{ name = \"x\", kind = \"text\", max_length = -1 }"),
            "`max_length` of a field is out of range",
        ),
        (add("{ name = \"x\", kind = \"big_int\", to = \"Y\" }"), "a field needs `on_delete`"),
        (
            add("{ name = \"x\", kind = \"big_int\", to = \"Y\", on_delete = \"cascad\" }"),
            "no on delete `cascad`; did you mean `cascade`?",
        ),
        (add("{ name = \"x\", kind = \"decimal\", max_digits = 3 }"), "a field needs `decimal_places`"),
        (
            operation("op = \"run_sql\"\nup.mysq = \"\""),
            "up has no key `mysq`; did you mean `mysql`? (m.toml:5:4)",
        ),
    ] {
        let error = file::parse("app", "0001_x", "m.toml", &text).unwrap_err();
        assert!(error.to_string().contains(wanted), "{text}\n{error}\nwanted: {wanted}");
        assert!(error.place().unwrap().text.is_some());
    }
}

#[test]
fn an_operation_that_does_not_fit_is_told_with_its_line() {
    let text = "[[operation]]\nop = \"create_model\"\nmodel = \"Film\"\ntable = \"f\"\nfields = [{ name = \"id\", kind = \
                \"int\", primary_key = true }]\n\n[[operation]]\nop = \"remove_field\"\nmodel = \"Film\"\nname = \"idd\"\n";
    let migration = file::parse("app", "0001_x", "m.toml", text).unwrap();
    let error = migration.apply(&mut quintet_migrate::ProjectState::default()).unwrap_err().to_string();
    assert_eq!(
        error,
        "app.0001_x, operation 2 (remove field idd from Film): table `f` has no field `idd` at this point; did you mean \
         `id`? (m.toml:7:1)"
    );
}
