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
            database: None,
            elidable: false,
        },
        Operation::RunSql {
            up: texts(&[("sqlite", "A\nB"), ("postgres", "C")]),
            down: texts(&[("all", "")]),
            database: None,
            elidable: true,
        },
        Operation::RunRust { function: "shop.fill".into(), reverse: None, database: None, elidable: false },
        Operation::RunRust {
            function: "auth.fill".into(),
            reverse: Some("shop.undo".into()),
            database: None,
            elidable: true,
        },
        Operation::RunRust {
            function: "shop.fill".into(),
            reverse: Some(String::new()),
            database: None,
            elidable: false,
        },
        Operation::RenameIndex { model: "shop.B".into(), from: "i".into(), to: Some("j".into()) },
        Operation::RenameIndex { model: "other.A".into(), from: "i".into(), to: None },
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

/// A file with these operations behind a model `Film` with a title, a year and a constraint.
fn after_film(rest: &str) -> String {
    format!(
        "depends = []\n\n[[operation]]\nop = \"create_model\"\nmodel = \"Film\"\ntable = \"film\"\nfields = [\n    {{ name = \"id\", \
         kind = \"big_int\", primary_key = true, auto = true }},\n    {{ name = \"title\", kind = \"text\" }},\n    {{ name = \
         \"year\", kind = \"int\", null = true }},\n]\nconstraints = [{{ name = \"c\", check = \"year > 1\" }}]\n\n{rest}\n"
    )
}

#[test]
fn every_mistake_has_a_line_and_a_way_out() {
    let op = |text: &str| after_film(&format!("[[operation]]\nop = {text}"));
    let field =
        |text: &str| op(&format!("\"add_field\"\nmodel = \"Film\"\nfield = {{ name = \"x\", {text} }}"));
    for (text, wanted) in [
        (
            field("kind = \"int\", max_length = 3"),
            "`max_length` is for text, and `x` is int: take it out (m.toml:17:",
        ),
        (field("kind = \"text\", max_digits = 3, decimal_places = 1"), "`max_digits` is for decimal"),
        (field("kind = \"int\", choices = [\"a\"]"), "`choices` is for text"),
        (field("kind = \"text\", auto = true"), "`auto` is for whole numbers"),
        (
            field("kind = \"decimal\", max_digits = 2, decimal_places = 3"),
            "can't have 2 digits in all and 3 after the point",
        ),
        (field("kind = \"int\", primary_key = true, null = true"), "is the key, which can't be null"),
        (
            op("\"add_field\"\nmodel = \"Film\"\nfield = { name = \"x\", kind = \"int\" }\nbackfill = \"y\""),
            "the value for `x`",
        ),
        (
            op("\"add_field\"\nmodel = \"Film\"\nfield = { name = \"\", kind = \"int\" }"),
            "a field needs a name",
        ),
        (
            op("\"add_field\"\nmodel = \"Film\"\nfield = { name = \"title\", kind = \"int\" }"),
            "has a field `title` already",
        ),
        (
            op(
                "\"add_field\"\nmodel = \"Film\"\nfield = { name = \"x\", column = \"Year\", kind = \"int\" }",
            ),
            "belongs to the field `year`",
        ),
        (
            op("\"add_field\"\nmodel = \"Flim\"\nfield = { name = \"x\", kind = \"int\" }"),
            "did you mean `app.Film`?",
        ),
        (
            op("\"add_field\"\nmodel = \"a.b.c\"\nfield = { name = \"x\", kind = \"int\" }"),
            "`a.b.c` is no model: write \"Film\"",
        ),
        (
            field("kind = \"big_int\", to = \"Person\", on_delete = \"cascade\""),
            "there is no model `app.Person` at this point",
        ),
        (
            field("kind = \"big_int\", to = \"Film\", on_delete = \"set_null\""),
            "but can't be null: make it an Option",
        ),
        (op("\"remove_field\"\nmodel = \"Film\"\nname = \"titel\""), "did you mean `title`?"),
        (
            op("\"remove_field\"\nmodel = \"Film\"\nname = \"year\""),
            "is mentioned by the constraint `c`: remove that before",
        ),
        (op("\"rename_field\"\nmodel = \"Film\"\nfrom = \"title\"\nto = \"year\""), "there is one already"),
        (op("\"rename_model\"\nmodel = \"Film\"\nto = \"Film\""), "there is one already"),
        (op("\"rename_table\"\nmodel = \"Film\"\ntable = \"\""), "the name of a table can't be empty"),
        (op("\"alter_unique_together\"\nmodel = \"Film\"\nsets = [[]]"), "can't be nothing"),
        (op("\"add_index\"\nmodel = \"Film\""), "an index needs `fields` or `expressions`"),
        (op("\"add_index\"\nmodel = \"Film\"\nfields = [\"-yaer\"]"), "did you mean `year`?"),
        (op("\"remove_index\"\nmodel = \"Film\"\nname = \"i\""), "has no index `i` at this point"),
        (op("\"rename_index\"\nmodel = \"Film\"\nfrom = \"i\""), "has no index `i` at this point"),
        (
            op("\"add_constraint\"\nmodel = \"Film\"\nname = \"c\"\ncheck = \"1 = 1\""),
            "has a constraint `c` already",
        ),
        (
            op("\"add_constraint\"\nmodel = \"Film\"\nname = \"d\"\ncheck = \"\""),
            "needs a name and an SQL condition",
        ),
        (op("\"remove_constraint\"\nmodel = \"Film\"\nname = \"d\""), "has no constraint `d` at this point"),
        (op("\"run_sql\"\nup.mysql = \"SELECT 1\""), "run_sql has no SQL for"),
        (op("\"run_sql\"\nup = \"COMMIT\""), "run_sql can't have `COMMIT`"),
        (op("\"run_rust\""), "run_rust needs `name`"),
        (op("\"run_rust\"\nname = \"\""), "name a function that the app registers"),
        (
            op("\"create_model\"\nmodel = \"Film\"\ntable = \"x\"\nfields = []"),
            "there is a model `app.Film` already",
        ),
        (
            op("\"create_model\"\nmodel = \"X\"\ntable = \"Film\"\nfields = []"),
            "the table `Film` belongs to app.Film",
        ),
        (
            op("\"create_model\"\nmodel = \"X\"\ntable = \"x\"\nfields = []"),
            "has no field with `primary_key = true`",
        ),
        (
            op("\"alter_field\"\nmodel = \"Film\"\nfield = { name = \"title\", kind = \"duration\" }"),
            "can't be converted from text to duration without a loss",
        ),
        (
            op("\"separate\"\nstate = [{ op = \"delete_model\", model = \"Fim\" }]"),
            "did you mean `app.Film`?",
        ),
        (
            op("\"add_index\"\nmodel = \"Film\"\nfields = [\"year\"]\nconcurrently = true"),
            "give that a migration of its own",
        ),
    ] {
        for dialect in [&quintet_orm::dialect::SQLITE, &quintet_orm::dialect::POSTGRES] {
            let error = file::parse("app", "0001_x", "m.toml", &text).and_then(|migration| {
                let mut state = quintet_migrate::ProjectState::default();
                quintet_migrate::sql::plan(dialect, &mut state, &migration.operations)
                    .map_err(|(index, error)| migration.locate(index, &error))
            });
            let error = error.expect_err(&text);
            assert!(error.to_string().contains(wanted), "{text}\n{error}\nwanted: {wanted}");
            let place = error.place().unwrap_or_else(|| panic!("{error}"));
            assert!(place.line >= 3 && error.to_string().contains("(m.toml:"), "{error}");
        }
    }
}

/// Nothing that is cut, doubled or exchanged makes the reader panic, and each complaint has a line.
#[test]
fn a_file_that_is_broken_anywhere_is_complained_about_with_a_line() {
    let whole = file::render(&migration("shop.0002_all", &["shop.0001_initial"], all_operations()));
    let (mut complaints, mut fine) = (0, 0);
    let mut look = |text: &str| match file::parse("shop", "0002_all", "m.toml", text) {
        Ok(_) => fine += 1,
        Err(error) => {
            complaints += 1;
            assert!(error.place().is_some_and(|place| place.line > 0), "{error}\n{text}");
        }
    };
    let mut random = common::random::Random(7);
    let chars: Vec<char> = whole.chars().collect();
    for at in (0..chars.len()).step_by(3) {
        let (head, tail): (String, String) = (chars[..at].iter().collect(), chars[at + 1..].iter().collect());
        look(&head);
        look(&format!("{head}{tail}"));
        let other = random.pick(&['"', '[', ']', '{', '}', '=', ',', '\n', '\0', '9', 'é', '.', '#', '\'']);
        look(&format!("{head}{other}{tail}"));
    }
    let lines: Vec<&str> = whole.lines().collect();
    for at in 0..lines.len() {
        let without: Vec<&str> = [&lines[..at], &lines[at + 1..]].concat();
        look(&without.join("\n"));
        let twice: Vec<&str> = [&lines[..=at], &lines[at..]].concat();
        look(&twice.join("\n"));
        for value in
            ["1", "\"x\"", "true", "[]", "[[]]", "{}", "1.5", "1979-05-25", "[1]", "99999999999999999999"]
        {
            if let Some((key, _)) = lines[at].split_once(" = ") {
                let mut other = lines.clone();
                let line = format!("{key} = {value}");
                other[at] = &line;
                look(&other.join("\n"));
            }
        }
    }
    println!("{complaints} complaints, {fine} files that are fine");
    assert!(complaints > 1000 && fine > 10);
}
