//! Texts: looked at, and made of others.

use quintet_orm::prelude::*;

use crate::{common::*, sheet::*};

pub(crate) async fn rows(sheet: &mut Sheet) {
    let s = sheet;
    s.condition("Operand::contains", Film.title.contains("lie"), ALIEN).await;
    s.condition("Operand::contains (another case)", Film.title.contains("LIE"), NONE).await;
    s.condition("Operand::contains (nothing)", Film.title.contains(""), ALL).await;
    s.condition("Operand::icontains", Film.title.icontains("CLÉO"), CLEO).await;
    s.condition("Operand::starts_with", Film.title.starts_with("Al"), ALIEN).await;
    s.condition("Operand::istarts_with", Film.title.istarts_with("clÉ"), CLEO).await;
    s.condition("Operand::ends_with", Film.title.ends_with("à 7"), CLEO).await;
    s.condition("Operand::iends_with", Film.title.iends_with("À 7"), CLEO).await;
    s.condition("Operand::iexact", Film.title.iexact("cLéO de 5 À 7"), CLEO).await;
    s.condition("Operand::regex", Film.title.regex(r"^\w+ \w+$"), BLADE).await;
    s.condition(
        "Operand::regex (of a text that may be missing, turned round)",
        !Film.subtitle.regex("^In"),
        OTHERS,
    )
    .await;
    s.condition("Operand::iregex", Film.title.iregex("^CLÉO.*[0-9]"), CLEO).await;

    let text = |text: &str| text.to_owned();
    let some = |text: &str| Some(text.to_owned());
    s.values("Operand::length", Film.title.length(), &[5, 12, 13]).await;
    s.value("Operand::lower", Film.title.lower(), text("alien")).await;
    s.value("Operand::upper", Film.title.upper(), text("ALIEN")).await;
    s.value("Operand::trim", value("  ä ").trim(), text("ä")).await;
    s.value("Operand::trim_start", value("  ä ").trim_start(), text("ä ")).await;
    s.value("Operand::trim_end", value("  ä ").trim_end(), text("  ä")).await;
    s.value("Operand::replace", Film.title.replace("lie", "go"), text("Agon")).await;
    s.value("Operand::substr", Film.title.substr(2, 3), text("lie")).await;
    s.value("Operand::left", Film.title.left(2), text("Al")).await;
    s.value("Operand::right", Film.title.right(2), text("en")).await;
    s.value("Operand::right (none)", Film.title.right(0), text("")).await;
    s.values(
        "Operand::reverse",
        Film.title.reverse(),
        &[text("neilA"), text("rennuR edalB"), text("7 à 5 ed oélC")],
    )
    .await;
    s.values(
        "Operand::repeat",
        Film.title.left(2).repeat(3),
        &[text("AlAlAl"), text("BlBlBl"), text("ClClCl")],
    )
    .await;
    s.values(
        "Operand::pad_start",
        Film.title.left(4).pad_start(6, "-é"),
        &[text("-éAlie"), text("-éBlad"), text("-éCléo")],
    )
    .await;
    s.values(
        "Operand::pad_end",
        Film.title.pad_end(7, "."),
        &[text("Alien.."), text("Blade R"), text("Cléo de")],
    )
    .await;
    s.values("Operand::position", Film.title.position("e"), &[4, 5, 7]).await;
    s.values("Operand::position (of a column)", Film.title.position(Film.title.right(2)), &[4, 11, 12]).await;
    s.values(
        "Operand::concat",
        Film.title.concat(": ").concat(Film.studio.name),
        &[text("Alien: Fox"), text("Blade Runner: Fox"), text("Cléo de 5 à 7: ")],
    )
    .await;
    s.value("Operand::md5", Film.title.md5(), text("3a5f3a4432a441a0e16d926f54af3417")).await;
    s.values(
        "Operand::sha224",
        Film.subtitle.left(0).sha224(),
        &[some("d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f"), None, None],
    )
    .await;
    s.value(
        "Operand::sha256",
        value("ä").sha256(),
        text("33e6d73fee82904c8d7afb78de1154d1e8dc2a0edb08120e63df5b9385c2d9cc"),
    )
    .await;
    s.value("Operand::sha384", value("").sha384(), text("38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b")).await;
    s.value("Operand::sha512", value("").sha512(), text("cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e")).await;
    let wrong = Film.filter(Film.title.regex("(")).count(&s.db).await.unwrap_err();
    assert!(wrong.to_string().contains("invalid regular expression"), "{wrong}");
}
