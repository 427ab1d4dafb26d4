//! The autodetector: from a difference to operations, with a question wherever data could be lost by a guess.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use quintet_core::{Result, Value, meta::OnDelete, value::Kind};
use quintet_migrate::{
    Graph, Operation, ProjectState,
    detect::{Answers, Hints, Prepared, Question, arrange, detect},
    state::{FieldState, ModelState, Reference, ThroughOf},
};

/// Answers in order, and what was asked.
#[derive(Default)]
struct Scripted {
    answers: Vec<Option<&'static str>>,
    asked: Vec<String>,
}

impl Answers for Scripted {
    fn answer(&mut self, question: &Question) -> Result<Option<String>> {
        self.asked.push(format!("{}{:?}", question.key(), question.options()));
        assert!(!self.answers.is_empty(), "unexpected question: {question}");
        Ok(self.answers.remove(0).map(str::to_owned))
    }
}

/// The operations, one line each, after seeing that they lead where they should.
fn found(
    from: &ProjectState,
    to: &ProjectState,
    answers: &[Option<&'static str>],
) -> (Vec<String>, Vec<String>) {
    found_with(from, to, &Hints::default(), answers)
}

fn found_with(
    from: &ProjectState,
    to: &ProjectState,
    hints: &Hints,
    answers: &[Option<&'static str>],
) -> (Vec<String>, Vec<String>) {
    let mut scripted = Scripted { answers: answers.to_vec(), asked: vec![] };
    let operations = detect(from, to, hints, &mut scripted).unwrap();
    assert!(scripted.answers.is_empty(), "not asked: {:?}", scripted.answers);
    let mut state = from.clone();
    operations.iter().for_each(|o| o.apply(&mut state).unwrap());
    assert!(state.same_as(to), "{operations:#?}");
    assert!(detect(&state, to, hints, &mut Scripted::default()).unwrap().is_empty());
    (operations.iter().map(Operation::describe).collect(), scripted.asked)
}

fn between(owner: &str, name: &str, sides: [(&str, &str); 2]) -> (String, ModelState) {
    let of = ThroughOf { model: owner.into(), field: name.into() };
    let side = |(column, to): (&str, &str)| FieldState { column: column.into(), ..fk(column, to) };
    let (label, mut model) = model(&of.label(), sides.map(side).to_vec());
    model.through = Some(of);
    model.unique_together = vec![sides.map(|(column, _)| column.to_owned()).to_vec()];
    (label, model)
}

#[test]
fn small_differences() {
    let film = |fields: Vec<FieldState>| state(vec![model("app.Film", fields)]);
    let title = || varchar("title", 9);
    let together = |sets: &[&[&str]]| {
        let mut s = film(vec![title(), field("year", Kind::Int)]);
        let sets = sets.iter().map(|set| set.iter().map(|f| (*f).to_owned()).collect()).collect();
        s.models.get_mut("app.Film").unwrap().unique_together = sets;
        s
    };
    let table = |name: &str| {
        let mut s = film(vec![title()]);
        s.models.get_mut("app.Film").unwrap().table = name.into();
        s
    };
    let choice = |all: &[&str]| {
        film(vec![FieldState { choices: all.iter().map(|c| (*c).into()).collect(), ..title() }])
    };
    type Case = (ProjectState, ProjectState, Vec<Option<&'static str>>, Vec<&'static str>, Vec<&'static str>);
    let cases: Vec<Case> = vec![
        (film(vec![title()]), film(vec![title()]), vec![], vec![], vec![]),
        (ProjectState::default(), film(vec![title()]), vec![], vec![], vec!["create model Film"]),
        (film(vec![title()]), ProjectState::default(), vec![], vec![], vec!["delete model Film"]),
        (film(vec![]), film(vec![null(title())]), vec![], vec![], vec!["add field title to Film"]),
        (
            film(vec![]),
            film(vec![title()]),
            vec![Some("?")],
            vec!["fill:app.Film.title[]"],
            vec!["add field title to Film"],
        ),
        (
            film(vec![]),
            film(vec![title()]),
            vec![None],
            vec!["fill:app.Film.title[]"],
            vec!["add field title to Film"],
        ),
        (film(vec![title()]), film(vec![]), vec![], vec![], vec!["remove field title from Film"]),
        (
            film(vec![title()]),
            film(vec![varchar("title", 20)]),
            vec![],
            vec![],
            vec!["alter field title of Film"],
        ),
        (
            film(vec![null(title())]),
            film(vec![title()]),
            vec![Some("x")],
            vec!["fill:app.Film.title[]"],
            vec!["alter field title of Film"],
        ),
        (
            film(vec![title()]),
            film(vec![varchar("name", 9)]),
            vec![Some("title")],
            vec![r#"renamed:app.Film.name["title"]"#],
            vec!["rename field title of Film to name"],
        ),
        (
            film(vec![title()]),
            film(vec![null(varchar("name", 20))]),
            vec![Some("title")],
            vec![r#"renamed:app.Film.name["title"]"#],
            vec!["rename field title of Film to name", "alter field name of Film"],
        ),
        (
            film(vec![title()]),
            film(vec![null(varchar("name", 9))]),
            vec![None],
            vec![r#"renamed:app.Film.name["title"]"#],
            vec!["remove field title from Film", "add field name to Film"],
        ),
        // Of another kind, it can't be the same field.
        (
            film(vec![title()]),
            film(vec![null(field("year", Kind::Int))]),
            vec![],
            vec![],
            vec!["remove field title from Film", "add field year to Film"],
        ),
        (
            together(&[]),
            together(&[&["title", "year"]]),
            vec![],
            vec![],
            vec!["make (title, year) unique together in Film"],
        ),
        (
            together(&[&["title", "year"]]),
            together(&[]),
            vec![],
            vec![],
            vec!["let any rows of Film share values"],
        ),
        (together(&[&["title"], &["year"]]), together(&[&["year"], &["title"]]), vec![], vec![], vec![]),
        (
            together(&[&["title", "year"]]),
            film(vec![title()]),
            vec![],
            vec![],
            vec!["let any rows of Film share values", "remove field year from Film"],
        ),
        (table("a"), table("b"), vec![], vec![], vec!["rename the table of Film to b"]),
        (choice(&["a", "b"]), choice(&["a", "b", "c"]), vec![], vec![], vec!["alter field title of Film"]),
        (choice(&["a", "b"]), choice(&["a"]), vec![], vec![], vec!["alter field title of Film"]),
        (
            choice(&["a", "b"]),
            choice(&["a", "c"]),
            vec![Some("c")],
            vec![r#"choice:app.Film.title.b["a", "c"]"#],
            vec!["alter field title of Film"],
        ),
    ];
    for (i, (from, to, answers, asked, wanted)) in cases.into_iter().enumerate() {
        assert_eq!(
            found(&from, &to, &answers),
            (wanted.iter().map(|s| (*s).into()).collect(), asked.iter().map(|s| (*s).into()).collect()),
            "case {i}"
        );
    }
}

#[test]
fn a_vanished_model_beside_a_new_one_of_its_shape_is_asked_about() {
    let fields = || vec![varchar("name", 9), field("born", Kind::Date), null(fk("mentor", "app.Person"))];
    let mut renamed = fields();
    renamed[2] = null(fk("mentor", "app.Human"));
    let from = state(vec![model("app.Person", fields()), model("app.Film", vec![fk("by", "app.Person")])]);
    let to = state(vec![model("app.Human", renamed), model("app.Film", vec![fk("by", "app.Human")])]);
    let (operations, asked) = found(&from, &to, &[Some("app.Person")]);
    assert_eq!(operations, ["rename model Person to Human", "rename the table of Human to app_human"]);
    assert_eq!(asked, [r#"renamed:app.Human["app.Person"]"#]);
    let (operations, _) = found(&from, &to, &[None]);
    assert_eq!(operations, ["create model Human", "alter field by of Film", "delete model Person"]);
}

#[test]
fn a_model_of_another_shape_is_no_rename_and_an_app_that_takes_one_over_is_asked_about() {
    let from = state(vec![model(
        "app.A",
        vec![field("x", Kind::Int), field("y", Kind::Int), field("z", Kind::Int)],
    )]);
    let to = state(vec![model(
        "app.B",
        vec![field("x", Kind::Int), field("p", Kind::Text), field("q", Kind::Text)],
    )]);
    assert_eq!(found(&from, &to, &[]).0, ["create model B", "delete model A"]);
    let mut moved = ProjectState::default();
    moved.models.insert("other.A".into(), from.models["app.A"].clone());
    let (operations, asked) = found(&from, &moved, &[Some("app.A")]);
    assert_eq!(
        (operations, asked),
        (vec!["move model app.A to other.A".to_owned()], vec![r#"renamed:other.A["app.A"]"#.to_owned()])
    );
}

#[test]
fn what_the_models_say_is_not_asked() {
    let from = state(vec![model("app.A", vec![varchar("old", 9), varchar("other", 9)])]);
    let to = state(vec![model("app.B", vec![varchar("new", 9), varchar("other", 9), field("n", Kind::Int)])]);
    let mut hints = Hints::default();
    hints.models.insert("app.B".into(), "app.A".into());
    hints.fields.insert(("app.B".into(), "new".into()), "old".into());
    hints.defaults.insert(("app.B".into(), "n".into()), || Value::Int(7));
    let (operations, asked) = found_with(&from, &to, &hints, &[]);
    assert!(asked.is_empty());
    assert_eq!(operations.len(), 4);
    let all = detect(&from, &to, &hints, &mut Scripted::default()).unwrap();
    assert!(matches!(&all[3], Operation::AddField { backfill: Some(value), .. } if value == "7"), "{all:?}");
    // A name that is wrong is told, rather than dropping the column.
    hints.fields.insert(("app.B".into(), "new".into()), "odl".into());
    let error = detect(&from, &to, &hints, &mut Scripted::default()).unwrap_err().to_string();
    assert!(error.contains("renamed_from = \"odl\"") && error.contains("did you mean `old`?"), "{error}");
}

#[test]
fn models_come_in_order_and_circles_are_cut_where_null_is_allowed() {
    let to = state(vec![
        model("app.A", vec![fk("b", "app.B")]),
        model("app.B", vec![null(fk("c", "app.C"))]),
        model("app.C", vec![fk("a", "app.A"), fk("itself", "app.C")]),
        between("app.A", "many", [("a_id", "app.A"), ("c_id", "app.C")]),
    ]);
    let (operations, _) = found(&ProjectState::default(), &to, &[]);
    assert_eq!(
        operations,
        [
            "create model B",
            "create model A",
            "create model C",
            "create the table of A.many",
            "add field c to B"
        ]
    );
    let (operations, _) = found(&to, &ProjectState::default(), &[]);
    assert_eq!(operations[0], "delete the table of A.many".replace("the table of A.many", "model A_many"));
    assert_eq!(operations.len(), 5);
}

#[test]
fn a_table_between_follows_its_models_and_its_field() {
    let from = state(vec![
        model("app.Film", vec![varchar("title", 9)]),
        model("app.Tag", vec![varchar("name", 9)]),
        between("app.Film", "tags", [("film_id", "app.Film"), ("tag_id", "app.Tag")]),
    ]);
    let to = state(vec![
        model("app.Movie", vec![varchar("title", 9)]),
        model("app.Tag", vec![varchar("name", 9)]),
        between("app.Movie", "labels", [("movie_id", "app.Movie"), ("tag_id", "app.Tag")]),
    ]);
    let (operations, asked) = found(&from, &to, &[Some("app.Film"), Some("app.Movie_tags")]);
    assert_eq!(asked, [r#"renamed:app.Movie["app.Film"]"#, r#"renamed:app.Movie_labels["app.Movie_tags"]"#]);
    assert_eq!(
        operations,
        [
            "rename model Film to Movie",
            "rename model Movie_tags to Movie_labels",
            "rename field film_id of Movie_labels to movie_id",
            "rename the table of Movie to app_movie",
            "rename the table of Movie_labels to app_movie_labels",
        ]
    );
}

#[test]
fn a_many_to_many_field_that_leads_elsewhere_gets_a_new_table() {
    let with = |to: &str| {
        let models = ["app.A", "app.B", "app.C"].map(|label| model(label, vec![]));
        state(
            [models.to_vec(), vec![between("app.A", "many", [("a_id", "app.A"), ("other_id", to)])]].concat(),
        )
    };
    let (operations, _) = found(&with("app.B"), &with("app.C"), &[]);
    assert_eq!(operations, ["delete model A_many", "create the table of A.many"]);
}

#[test]
fn a_table_that_another_model_takes_over_is_freed_first() {
    let from = state(vec![model("app.A", vec![varchar("x", 1)])]);
    let (_, mut taken) = model("app.A", vec![null(field("quite", Kind::Date))]);
    taken.table = "app_a".into();
    let mut to = ProjectState::default();
    to.models.insert("app.B".into(), taken);
    assert_eq!(found(&from, &to, &[]).0, ["delete model A", "create model B"]);
}

#[test]
fn answers_are_checked_and_all_open_questions_are_told_at_once() {
    let from = state(vec![model("app.A", vec![varchar("old", 9)])]);
    let to = state(vec![model("app.A", vec![varchar("new", 9), field("n", Kind::Int)])]);
    let go = |given: &[&str]| {
        let mut prepared = Prepared::new(given.iter().copied())?;
        let found = detect(&from, &to, &Hints::default(), &mut prepared);
        prepared.settle(found)
    };
    let error = go(&[]).unwrap_err().to_string();
    for words in [
        "app.A.new is new, and old vanished: is it that one, renamed?",
        "--answer 'renamed:app.A.new=old' (or `-`: it is new), or by #[field(renamed_from = \"…\")] on `new`",
        "app.A.n (int) is new, can't be null and has no default",
        "--answer 'fill:app.A.n=VALUE'",
    ] {
        assert!(error.contains(words), "{error}");
    }
    let operations = go(&["renamed:app.A.new=old", "fill:app.A.n=0"]).unwrap();
    assert_eq!(operations.len(), 2);
    for (given, words) in [
        (vec!["renamed:app.A.new=odl", "fill:app.A.n=0"], "did you mean `old`?"),
        (vec!["renamed:app.A.new=old", "fill:app.A.n=zero"], "`zero` is not a whole number"),
        (
            vec!["renamed:app.A.new=old", "fill:app.A.n=0", "fill:app.A.m=0"],
            "nothing asks for the answer `fill:app.A.m`",
        ),
        (vec!["oops"], "write KEY=ANSWER"),
    ] {
        let error = go(&given).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn apps_that_wait_for_each_other_get_several_migrations() {
    let to = state(vec![
        model("one.A", vec![null(fk("b", "two.B"))]),
        model("two.B", vec![fk("a", "one.A")]),
        model("three.C", vec![fk("a", "one.A")]),
    ]);
    let operations =
        detect(&ProjectState::default(), &to, &Hints::default(), &mut Scripted::default()).unwrap();
    let made = arrange(&Graph::default(), &ProjectState::default(), operations, None).unwrap();
    let shown: Vec<String> = made
        .iter()
        .map(|m| format!("{} {:?}", m.key, m.depends.iter().map(ToString::to_string).collect::<Vec<_>>()))
        .collect();
    assert_eq!(
        shown,
        [
            "one.0001_initial []",
            r#"one.0002_a_b ["one.0001_initial", "two.0001_initial"]"#,
            r#"three.0001_initial ["one.0001_initial"]"#,
            r#"two.0001_initial ["one.0001_initial"]"#,
        ]
    );
    let graph = Graph::new(made).unwrap();
    assert!(graph.state().unwrap().same_as(&to));
    // What comes next builds on what is there.
    let mut next = to.clone();
    next.models.get_mut("three.C").unwrap().fields.push(null(fk("b", "two.B")));
    let operations = detect(&to, &next, &Hints::default(), &mut Scripted::default()).unwrap();
    let made = arrange(&graph, &to, operations, None).unwrap();
    assert_eq!(made[0].key.to_string(), "three.0002_c_b");
    let depends: Vec<String> = made[0].depends.iter().map(ToString::to_string).collect();
    assert_eq!(depends, ["three.0001_initial", "two.0001_initial"]);
}

#[test]
fn a_rename_waits_for_the_apps_that_point_to_the_model() {
    let from = state(vec![model("one.A", vec![varchar("x", 9)]), model("two.B", vec![fk("a", "one.A")])]);
    let graph = Graph::new(vec![
        migration("one.0001", &[], vec![create(model("one.A", vec![varchar("x", 9)]))]),
        migration("two.0001", &["one.0001"], vec![create(model("two.B", vec![fk("a", "one.A")]))]),
    ])
    .unwrap();
    let operations = vec![Operation::RenameModel { model: "one.A".into(), to: "one.Z".into() }];
    let made = arrange(&graph, &from, operations, Some("better_name")).unwrap();
    assert_eq!(made[0].key.to_string(), "one.0002_better_name");
    let depends: Vec<String> = made[0].depends.iter().map(ToString::to_string).collect();
    assert_eq!(depends, ["one.0001", "two.0001"]);
    let all = graph.iter().cloned().chain(made).collect();
    Graph::new(all).unwrap().state().unwrap();
}

#[test]
fn what_does_not_fit_the_state_is_refused() {
    let base = state(vec![model("app.A", vec![varchar("x", 9)]), model("app.B", vec![fk("a", "app.A")])]);
    let wrong = Reference { model: "app.Nowhere".into(), on_delete: OnDelete::Cascade };
    let never_null = Reference { model: "app.B".into(), on_delete: OnDelete::SetNull };
    for (operation, words) in [
        (create(model("app.A", vec![])), "a model `app.A` already"),
        (create(("app.C".into(), base.models["app.A"].clone())), "the table `app_a` belongs to app.A"),
        (create(model("app.C", vec![varchar("x", 1), varchar("X", 1)])), "two columns `X`"),
        (create(("app.C".into(), ModelState::new("c", vec![varchar("x", 1)]))), "primary_key"),
        (Operation::DeleteModel { model: "app.A".into() }, "app.B.a points to it"),
        (Operation::DeleteModel { model: "app.AA".into() }, "did you mean `app.A`?"),
        (add("app.A", varchar("x", 1), None), "a field `x` already"),
        (
            add("app.A", FieldState { reference: Some(wrong), ..varchar("y", 1) }, None),
            "no model `app.Nowhere`",
        ),
        (
            add("app.A", FieldState { reference: Some(never_null), ..varchar("y", 1) }, None),
            "app.A.y is to become null when its row in app.B goes, but can't be null",
        ),
        (remove("app.A", "xx"), "no field `xx`"),
        (alter("app.A", varchar("y", 1)), "no field `y`"),
        (
            Operation::RenameField { model: "app.A".into(), from: "x".into(), to: "id".into(), column: None },
            "there is one already",
        ),
        (Operation::RenameModel { model: "app.A".into(), to: "app.B".into() }, "there is one already"),
        (
            Operation::AlterUniqueTogether { model: "app.A".into(), sets: vec![vec!["y".into()]] },
            "no field `y`",
        ),
    ] {
        let mut state = base.clone();
        let error = operation.apply(&mut state).unwrap_err().to_string();
        assert!(error.contains(words), "{operation}: {error}");
    }
}

#[test]
fn an_index_with_sql_goes_before_its_column_is_renamed_and_comes_back_after() {
    use quintet_migrate::state::{CheckState, IndexState};
    let film = |year: &str| {
        let mut s = state(vec![model("app.Film", vec![varchar("title", 9), field(year, Kind::Int)])]);
        let film = s.models.get_mut("app.Film").unwrap();
        let part = IndexState {
            fields: vec!["title".into()],
            condition: Some(format!("{year} > 1")),
            ..IndexState::default()
        };
        let plain = IndexState { fields: vec![format!("-{year}")], ..IndexState::default() };
        film.indexes = vec![part, plain];
        film.checks = vec![CheckState { name: "old".into(), sql: format!("{year} > 1800") }];
        s
    };
    let (from, to) = (film("year"), film("made"));
    let mut hints = Hints::default();
    hints.fields.insert(("app.Film".into(), "made".into()), "year".into());
    let found = detect(&from, &to, &hints, &mut Prepared::default()).unwrap();
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 5, "{told:#?}");
    assert!(told[0].starts_with("remove index app_film__title_"), "{told:#?}");
    assert_eq!(
        told[1..],
        [
            "remove constraint old from Film",
            "rename field year of Film to made",
            "add index (title) to Film",
            "add constraint old to Film"
        ]
    );
    let mut state = from;
    found.iter().for_each(|operation| operation.apply(&mut state).unwrap());
    assert!(state.same_as(&to));
}
