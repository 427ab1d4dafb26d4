//! Distributors: one with its films, and all of them.

use quintet::axum::http::HeaderMap;
use quintet::prelude::*;

use super::names::{self, Looked, Name, Words};
use super::table::{At, Sums, stretch};
use crate::models::{Distributor, Film};
use crate::view::figures::{dollars, grouped};
use crate::view::film::Fact;

/// A distributor's films, those that earned most first.
#[get("/distributors/{id}/")]
pub async fn distributor(Path(id): Path<i64>, Query(at): Query<At>, db: Db) -> Result<Page> {
    let distributor = Distributor.get(id, &db).await?;
    let own = Film.filter(Film.distributor.eq(&distributor));
    let sums = Sums::of(own.clone(), &db).await?;
    let order = own.order_by((Film.worldwide_gross.desc(), Film.title));
    let base = distributor::url(id).to_string();
    let (films, pager) = stretch(order, &at, sums.films.unsigned_abs(), &base, &db).await?;
    let fact = |name: &str, value: Option<String>| Fact { name: name.to_owned(), value };
    let facts = vec![
        fact("Films", Some(grouped(sums.films.unsigned_abs()))),
        fact("Worldwide, all together", sums.gross.map(dollars)),
        fact("Worldwide, each", sums.mean.map(|n| dollars(n.round() as i64))),
        fact("Viewers", sums.viewers.map(|n| format!("{n:.1}"))),
        fact("Critics", sums.critics.map(|n| format!("{n:.0} %"))),
    ];
    Ok(page!("distributor.html", name: distributor.name, lead: sums.lead(), facts, films, pager))
}

/// All distributors by their initial, or those whose name has what is looked for.
#[get("/distributors/")]
pub async fn distributors(form: SearchForm<Looked>, headers: HeaderMap, db: Db) -> Result<Page> {
    let mut all = Distributor.order_by(Distributor.name);
    if let Some(words) = form.data().and_then(Looked::words) {
        all = all.filter(Distributor.name.icontains(words));
    }
    let found = all.annotate(Distributor.films.count()).all(&db).await?;
    let name = |(distributor, films): (Distributor, i64)| Name {
        href: super::distributor::url(distributor.id).to_string(),
        name: distributor.name,
        films,
    };
    const WORDS: Words = Words {
        one: "distributor",
        at: "distributors",
        lead: "Who brought the films to cinemas, as the source spells them: some stand here under more than one name.",
    };
    Ok(names::page(&WORDS, form, found.into_iter().map(name).collect(), distributors::url(), &headers))
}
