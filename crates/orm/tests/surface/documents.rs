//! JSON documents.

use quintet_orm::prelude::*;
use serde_json::json;

use crate::{common::*, sheet::*};

#[model(app = "surface")]
#[derive(Debug, Clone)]
pub(crate) struct Paper {
    pub name: String,
    pub info: JsonValue,
}

pub(crate) async fn rows(sheet: &mut Sheet) {
    let s = sheet;
    s.db.batch(typed(
        s.db.dialect(),
        "CREATE TABLE surface_paper (id :key, name TEXT NOT NULL, info :json NOT NULL)",
    ))
    .await
    .unwrap();
    let film = json!({"cast": [{"name": "Ann", "age": 30.5}, {"name": "Bo"}], "live": true, "a.b \"c\"": null, "n": 7});
    for (name, info) in [("film", film), ("list", json!(["x", 7]))] {
        create!(Paper { name, info }).insert(&s.db).await.unwrap();
    }
    let info = Paper.info;
    macro_rules! reads {
        ($label:literal, $value:expr, $expected:expr) => {
            s.query($label, Paper.order_by(Paper.id).select($value), &$expected).await
        };
    }
    reads!("Operand::at", info.at("cast").at(1), [Some(json!({"name": "Bo"})), None]);
    reads!("Operand::at (from the end)", info.at(-1), [None, Some(json!(7))]);
    reads!("Operand::at (a name with signs)", info.at("a.b \"c\""), [Some(JsonValue::Null), None]);
    reads!("Operand::text", info.at("cast").at(0).at("name").text(), [Some("Ann".to_owned()), None]);
    reads!("Operand::int", info.at("n").int(), [Some(7), None]);
    reads!("Operand::float", info.at("cast").at(0).at("age").float(), [Some(30.5), None]);
    reads!("Operand::bool", info.at("live").bool(), [Some(true), None]);
    for (label, condition, names) in [
        ("Operand::has_key", info.has_key("live"), &["film"][..]),
        ("Operand::has_key (an item)", info.has_key(1), &["list"]),
        ("Operand::has_keys", info.has_keys(["live", "n"]), &["film"]),
        ("Operand::has_keys (one is missing)", info.has_keys(["live", "m"]), &[]),
        ("Operand::has_any_key", info.has_any_key(["m", "n"]), &["film"]),
        ("Operand::json_contains", info.json_contains(json!({"cast": [{"name": "Bo"}]})), &["film"]),
        ("Operand::json_contained_by", info.json_contained_by(json!([7, 8, "x"])), &["list"]),
    ] {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        s.query(label, Paper.filter(condition).select(Paper.name), &names).await;
    }
}
