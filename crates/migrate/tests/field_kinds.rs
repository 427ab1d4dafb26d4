//! Every kind of column from end to end: the migration makes its table, the ORM keeps the edges of its range in it, finds
//! and orders by it, and other doors (names, JSON, templates) show the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::net::IpAddr;

use common::*;
use quintet_core::{TemplateValue, value::JsonValue};
use quintet_orm::{Stmt, dynamic::DynSet, prelude::*};

#[model(app = "kinds")]
#[derive(Debug, Clone, PartialEq)]
struct Whole {
    tiny: u8,
    small: u16,
    medium: u32,
    large: u64,
    short: i16,
    long: Option<u32>,
    #[field(default = 7)]
    preset: u16,
}

#[model(app = "kinds")]
#[derive(Debug, Clone, PartialEq)]
struct Broken {
    single: f32,
    double: f64,
    maybe: Option<f32>,
}

#[model(app = "kinds", ordering = "id")]
#[derive(Debug, Clone)]
struct Device {
    #[field(primary_key, default = Uuid::now_v7())]
    id: Uuid,
    #[field(unique, default = Uuid::new_v4())]
    serial: Uuid,
    name: String,
    address: Option<IpAddr>,
    parent: Option<ForeignKey<Device>>,
    #[field(via = parent)]
    children: HasMany<Device>,
    groups: ManyToMany<Group>,
}

#[model(app = "kinds")]
#[derive(Debug, Clone)]
struct Group {
    #[field(primary_key, max_length = 20)]
    name: String,
    #[field(via = groups)]
    devices: HasMany<Device>,
}

#[model(app = "kinds")]
#[derive(Debug, Clone)]
struct Reading {
    id: i16,
    device: ForeignKey<Device>,
    value: f32,
}

#[model(app = "kinds")]
#[derive(Debug, Clone)]
struct Words {
    text: String,
    json: JsonValue,
    day: Option<Date>,
    at: Option<Timestamp>,
    time: Option<Time>,
}

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[tokio::test]
async fn whole_numbers_keep_their_range() {
    for engine in engines() {
        let db = engine.tables(&[Whole::meta()]).await;
        let least = create!(Whole { tiny: 0, small: 0, medium: 0, large: 0u64, short: i16::MIN, preset: 0 });
        let most = create!(Whole {
            tiny: u8::MAX,
            small: u16::MAX,
            medium: u32::MAX,
            large: i64::MAX as u64,
            short: i16::MAX,
            long: u32::MAX,
        });
        let least = least.insert(&*db).await.unwrap();
        let most = most.insert(&*db).await.unwrap();
        assert_eq!((most.tiny, most.small, most.medium, most.preset), (u8::MAX, u16::MAX, u32::MAX, 7));
        assert_eq!((most.large, most.long, least.long), (i64::MAX as u64, Some(u32::MAX), None));
        assert_eq!(Whole.filter(Whole.medium.eq(u32::MAX)).one(&*db).await.unwrap(), most);
        assert_eq!(Whole.filter(Whole.large.lt(1)).one(&*db).await.unwrap(), least);
        assert_eq!(Whole.filter(Whole.long.is_in([u32::MAX])).count(&*db).await.unwrap(), 1);
        assert_eq!(Whole.order_by(Whole.medium.desc()).first(&*db).await.unwrap(), Some(most.clone()));
        let sums = Whole.aggregate((Whole.medium.sum(), Whole.tiny.max()), &*db).await.unwrap();
        assert_eq!(sums, (Some(i64::from(u32::MAX)), Some(u8::MAX)));
        // What no column holds is refused by field, not by the database.
        let error = create!(Whole { tiny: -1, small: 70_000, medium: 0, large: u64::MAX, short: 0 });
        let error = error.insert(&*db).await.unwrap_err();
        assert_eq!(error.status(), 422);
        let fields: Vec<_> = error.field_errors().unwrap().iter().map(|e| e.field.clone()).collect();
        assert_eq!(fields, ["tiny", "small", "large"], "{error}");
        // And the database itself refuses what others write.
        let raw = db.execute(Stmt::write("UPDATE kinds_whole SET small = -1", vec![])).await.unwrap_err();
        assert_eq!(raw.status(), 409, "{raw}");
        let raw = db.execute(Stmt::write("UPDATE kinds_whole SET tiny = 256", vec![])).await.unwrap_err();
        assert_eq!(raw.status(), 409, "{raw}");
    }
}

#[tokio::test]
async fn singles_are_what_people_read() {
    for engine in engines() {
        let db = engine.tables(&[Broken::meta()]).await;
        for single in [0.1f32, f32::MIN_POSITIVE, f32::MAX, -0.5, 16_777_216.0, 1.0e-45] {
            let row = create!(Broken { single, double: f64::MAX, maybe: single });
            let row = row.insert(&*db).await.unwrap();
            assert_eq!((row.single.to_bits(), row.maybe), (single.to_bits(), Some(single)), "{engine:?}");
            let same = Broken.filter(Broken.single.eq(single) & Broken.id.eq(row.id));
            assert_eq!(same.count(&*db).await.unwrap(), 1, "{single} {engine:?}");
        }
        let first = DynSet::new(Broken.meta()).allow(["single"]).unwrap().filter("single", "0.1").unwrap();
        let first = first.all(&*db).await.unwrap().remove(0);
        assert!(serde_json::to_string(&first).unwrap().contains(r#""single":0.1,"#));
        for wrong in [f32::NAN, f32::INFINITY] {
            let error = create!(Broken { single: wrong, double: f64::NAN }).insert(&*db).await.unwrap_err();
            assert_eq!((error.status().as_u16(), error.field_errors().unwrap().len()), (422, 2), "{error}");
        }
    }
}

#[tokio::test]
async fn uuids_are_keys_and_sort_as_they_were_made() {
    for engine in engines() {
        let db = engine.tables(&[Device::meta(), Group::meta(), Reading::meta()]).await;
        let hall = create!(Group { name: "hall" }).insert(&*db).await.unwrap();
        let mut devices = Vec::new();
        for n in 0..5u8 {
            let parent = devices.last().map(|d: &Device| d.id);
            let draft = create!(Device { name: format!("d{n}"), parent, groups: [&hall] });
            devices.push(draft.insert(&*db).await.unwrap());
        }
        assert!(devices.windows(2).all(|two| two[0].id < two[1].id), "v7 keys ascend");
        assert_eq!(devices[0].id.get_version_num(), 7);
        assert_eq!(devices[0].serial.get_version_num(), 4);
        let ids: Vec<Uuid> = devices.iter().map(|d| d.id).collect();
        let found = Device.all(&*db).await.unwrap();
        assert_eq!(found.iter().map(|d| d.id).collect::<Vec<_>>(), ids, "in the order of the key");
        // By key, by object, through relations.
        assert_eq!(Device.get(ids[1], &*db).await.unwrap().name, "d1");
        let child =
            Device.filter(Device.parent.eq(ids[0])).select_related(Device.parent).one(&*db).await.unwrap();
        assert_eq!(child.parent.as_ref().unwrap().get().unwrap().id, ids[0]);
        assert_eq!(Device.filter(Device.parent.serial.eq(devices[2].serial)).count(&*db).await.unwrap(), 1);
        let all =
            Device.prefetch_related(Device.children).prefetch_related(Device.groups).all(&*db).await.unwrap();
        assert_eq!(all[0].children.get().unwrap()[0].id, ids[1]);
        assert_eq!(all[4].groups.get().unwrap()[0].name, "hall");
        assert_eq!(hall.related(Group.devices).count(&*db).await.unwrap(), 5);
        create!(Reading { device: &devices[3], value: 1.5f32 }).insert(&*db).await.unwrap();
        assert_eq!(
            Reading.filter(Reading.device.name.eq("d3")).one(&*db).await.unwrap().device.id(),
            &ids[3]
        );
        // Edges, comparisons, long lists, aggregates, text.
        for edge in [Uuid::nil(), Uuid::max(), uuid(0x8000_0000_0000_0000_0000_0000_0000_0000)] {
            let one = create!(Device { id: edge, name: "edge" }).insert(&*db).await.unwrap();
            assert_eq!(Device.get(edge, &*db).await.unwrap().id, one.id);
        }
        let order: Vec<Uuid> =
            Device.filter(Device.name.eq("edge")).all(&*db).await.unwrap().iter().map(|d| d.id).collect();
        assert_eq!(order, [Uuid::nil(), uuid(1 << 127), Uuid::max()]);
        assert_eq!(Device.filter(Device.id.lt(ids[0])).count(&*db).await.unwrap(), 1);
        let many: Vec<Uuid> = (0..300u128).map(uuid).chain([ids[2]]).collect();
        assert_eq!(Device.filter(Device.id.is_in(many)).count(&*db).await.unwrap(), 2);
        let ends = Device.aggregate((Device.id.min(), Device.id.max()), &*db).await.unwrap();
        assert_eq!(ends, (Some(Uuid::nil()), Some(Uuid::max())));
        let text: Vec<String> =
            Device.filter(Device.id.eq(ids[0])).select(Device.id.cast::<String>()).all(&*db).await.unwrap();
        assert_eq!(text, [ids[0].to_string()]);
        // By name, as JSON, in a template.
        let set = DynSet::new(Device.meta()).allow(["id", "parent", "parent__serial"]).unwrap();
        let upper = ids[1].simple().to_string().to_uppercase();
        let row = set.clone().filter("id", &upper).unwrap().all(&*db).await.unwrap().remove(0);
        assert_eq!(row.get("parent"), Some(&Value::Uuid(ids[0])));
        let json = serde_json::to_string(&row).unwrap();
        assert!(json.contains(&format!(r#""id":"{}""#, ids[1])), "{json}");
        assert_eq!(devices[1].to_value().get("id"), Some(&Value::Uuid(ids[1])));
        assert_eq!(set.clone().filter("id", "x").unwrap_err().status(), 400);
        let key = ids[1].to_string();
        assert_eq!(set.clone().get(&key, &*db).await.unwrap().key(), Value::Uuid(ids[1]));
        assert_eq!(set.get("none", &*db).await.unwrap_err().status(), 404);
        let new = [("name", "by name"), ("serial", "67e55044-10b1-426f-9247-bb680e5fe0c8"), ("address", "")];
        let set = DynSet::new(Device.meta()).writable(["name", "serial", "address"]).unwrap();
        assert!(!set.insert(new, &*db).await.unwrap().key().is_null());
        assert_eq!(set.insert(new, &*db).await.unwrap_err().status(), 409);
        let error = set.insert([("name", "x"), ("serial", "12")], &*db).await.unwrap_err();
        assert!(error.field_errors().unwrap().of("serial").next().unwrap().contains("UUID"), "{error}");
    }
}

#[tokio::test]
async fn what_sqlite_keeps_of_a_uuid_is_what_django_reads() {
    let db = Engine::Sqlite.tables(&[Device::meta(), Group::meta()]).await;
    let id = uuid(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8);
    create!(Device { id, name: "a", address: ip("10.0.0.1") }).insert(&*db).await.unwrap();
    assert_eq!(
        text(&db, "SELECT id, address FROM kinds_device").await,
        "67e5504410b1426f9247bb680e5fe0c8|10.0.0.1"
    );
    // What others have written with hyphens is read all the same.
    db.execute(Stmt::write(
        "UPDATE kinds_device SET serial = upper('67e55044-10b1-426f-9247-bb680e5fe0c8')",
        vec![],
    ))
    .await
    .unwrap();
    assert_eq!(Device.all(&*db).await.unwrap()[0].serial, id);
}

#[tokio::test]
async fn addresses_are_ordered_as_numbers() {
    const ORDERED: [&str; 8] = [
        "0.0.0.0",
        "9.0.0.1",
        "10.0.0.1",
        "255.255.255.255",
        "::",
        "::ffff:10.0.0.1",
        "2001:db8::9",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ];
    for engine in engines() {
        let db = engine.tables(&[Device::meta(), Group::meta()]).await;
        for address in ORDERED.iter().rev() {
            let row = create!(Device { name: *address, address: ip(address) }).insert(&*db).await.unwrap();
            assert_eq!(row.address, Some(ip(address)));
            assert_eq!(Device.filter(Device.address.eq(ip(address))).one(&*db).await.unwrap().name, *address);
        }
        create!(Device { name: "none" }).insert(&*db).await.unwrap();
        let names = |rows: Vec<Device>| rows.into_iter().map(|d| d.name).collect::<Vec<_>>();
        let found = Device.filter(Device.address.is_not_null()).order_by(Device.address);
        assert_eq!(names(found.all(&*db).await.unwrap()), ORDERED, "{engine:?}");
        let some =
            Device.filter(Device.address.between(ip("9.0.0.1"), ip("::"))).order_by(Device.address.desc());
        assert_eq!(names(some.all(&*db).await.unwrap()), ["::", "255.255.255.255", "10.0.0.1", "9.0.0.1"]);
        let ends = Device.aggregate((Device.address.min(), Device.address.max()), &*db).await.unwrap();
        assert_eq!(ends, (Some(ip("0.0.0.0")), Some(ip(ORDERED[7]))), "{engine:?}");
        let shown: Vec<Option<String>> = Device
            .filter(Device.address.eq(ip("10.0.0.1")))
            .select(Device.address.cast::<String>())
            .all(&*db)
            .await
            .unwrap();
        assert_eq!(shown, [Some("10.0.0.1".to_owned())], "{engine:?}");
        let set = DynSet::new(Device.meta()).allow(["address"]).unwrap();
        let by_name =
            set.clone().filter("address__gte", "2001:DB8:0::9").unwrap().order_by("-address").unwrap();
        let by_name = by_name.all(&*db).await.unwrap();
        assert_eq!(by_name[1].get("address"), Some(&Value::Ip(ip("2001:db8::9"))));
        assert_eq!(serde_json::to_value(&by_name[1]).unwrap()["address"], "2001:db8::9");
        assert_eq!(set.filter("address", "10.0.0.0/8").unwrap_err().status(), 400);
    }
}

#[tokio::test]
async fn a_small_key_counts_from_one() {
    for engine in engines() {
        let db = engine.tables(&[Device::meta(), Group::meta(), Reading::meta()]).await;
        let device = create!(Device { name: "a" }).insert(&*db).await.unwrap();
        let readings = [0.1f32, 0.2].map(|value| create!(Reading { device: &device, value }));
        let readings = Reading.bulk_create(readings, &*db).await.unwrap();
        assert_eq!(readings.iter().map(|r| r.id).collect::<Vec<i16>>(), [1, 2]);
    }
}

#[tokio::test]
async fn texts_times_and_documents_at_their_edges() {
    for engine in engines() {
        let db = engine.tables(&[Words::meta()]).await;
        let json: JsonValue = r#"{"": [1e300, -0.0, "𝄞\n\\u0000", null], "ü": {}}"#.parse().unwrap();
        for text in ["", "𝄞🎬 \u{10FFFF}", " lines\r\n\ttab ", "\u{feff}\u{200d}e\u{301}"] {
            let (day, at) =
                ("9999-12-31".parse::<Date>().unwrap(), "0001-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
            let time = "23:59:59.999999".parse::<Time>().unwrap();
            let row = create!(Words { text, json: json.clone(), day, at, time }).insert(&*db).await.unwrap();
            assert_eq!((row.text.as_str(), &row.json), (text, &json), "{engine:?}");
            assert_eq!((row.day, row.at, row.time), (Some(day), Some(at), Some(time)));
            assert_eq!(Words.filter(Words.text.eq(text)).one(&*db).await.unwrap().id, row.id);
        }
        // A leap second is the last one of its minute.
        assert_eq!("23:59:60".parse::<Time>().unwrap(), "23:59:59".parse::<Time>().unwrap());
        let early = "-004999-01-01".parse::<Date>().unwrap();
        let zero: JsonValue = r#"{"a": ["\u0000"]}"#.parse().unwrap();
        let draft = create!(Words { text: "a\0b", json: zero, day: early });
        let fields = |error: Error| -> Vec<String> {
            assert_eq!(error.status(), 422, "{error}");
            error.field_errors().unwrap().iter().map(|e| e.field.to_string()).collect()
        };
        let found = fields(draft.insert(&*db).await.unwrap_err());
        let row = Words.first(&*db).await.unwrap().unwrap();
        if engine == Engine::Sqlite {
            assert_eq!(found, ["day"]);
        } else {
            assert_eq!(found, ["text", "json", "day"]);
            let mut edit = row.clone().edit();
            edit.text = "\0".into();
            assert_eq!(fields(edit.save(&*db).await.unwrap_err()), ["text"]);
            let mut rows = [row.clone()];
            rows[0].text = "\0".into();
            assert_eq!(fields(Words.bulk_update(&rows, Words.text, &*db).await.unwrap_err()), ["text"]);
            let set = DynSet::new(Words.meta()).writable(["text", "json"]).unwrap();
            assert_eq!(
                fields(set.insert([("text", "\0"), ("json", "1")], &*db).await.unwrap_err()),
                ["text"]
            );
            // Nobody's question is the site's fault.
            let error = Words.filter(Words.text.eq("\0")).count(&*db).await.unwrap_err();
            assert_eq!(error.status(), 400, "{error}");
        }
    }
}
