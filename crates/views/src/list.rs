//! The list: what the address asks of the query, and a page of rows.

use std::sync::Arc;

use axum::{
    extract::Query,
    routing::{MethodRouter, get},
};
use http::request::Parts;
use quintet_core::{Error, Result, TemplateValue, Value, near::did_you_mean, value::Map};
use quintet_orm::{Model, QuerySet, Seek, Shape, dynamic::DynSet};
use quintet_web::{Page, Url, axum};

use crate::{
    ask::Ask,
    what::{One, What},
};

/// What an address may ask of a list beside its filters.
const OWN: [&str; 6] = ["q", "order", "page", "per_page", "after", "before"];

pub(crate) fn handler<M, S>(one: Arc<One<M>>, template: &'static str) -> MethodRouter
where
    M: Model,
    S: Shape<Model = M> + TemplateValue + Sync,
{
    get(move |Query(asked): Query<Vec<(String, String)>>, parts: Parts| async move {
        let what = &*one.what;
        let mut ask = Ask::of(parts).await?;
        let asked = Asked::read(what, asked)?;
        let query = asked.narrowed(what, ask.rows(what).await?)?.shape::<S>();
        let (page, db) = (Page::new(template), ask.db()?);
        let (page, previous, next) = if what.by_key {
            let from = Seek::of(asked.after.as_deref(), asked.before.as_deref())?;
            let rows = query.page_from(from, asked.per_page, &db).await?;
            let to =
                |name, cursor: &Option<String>| cursor.as_ref().map(|cursor| asked.address(name, cursor));
            let (previous, next) = (to("before", &rows.previous), to("after", &rows.next));
            (page.with(what.many, &rows), previous, next)
        } else {
            let rows = query.page(asked.page, asked.per_page, &db).await?;
            let to = |there: bool, number: u64| there.then(|| asked.address("page", number));
            let previous = to(rows.has_previous(), rows.number.saturating_sub(1));
            let next = to(rows.has_next(), rows.number.saturating_add(1));
            (page.with(what.many, &rows), previous, next)
        };
        let page = page.with("q", &asked.q).with("order", &asked.order).with("previous", &previous);
        let page = page.with("next", &next).with("filters", &Value::Map(asked.shown()));
        one.with_values(page, &ask).await
    })
}

/// What an address asks for.
struct Asked {
    q: String,
    order: String,
    page: u64,
    after: Option<String>,
    before: Option<String>,
    per_page: u64,
    /// Does the address say how many?
    chosen: bool,
    /// Name with lookup, and value.
    filters: Vec<(String, String)>,
}

impl Asked {
    /// # Errors
    /// Of status 400 if a number is none.
    fn read<M: Model>(what: &What<M>, parameters: Vec<(String, String)>) -> Result<Self> {
        let (mut q, mut order, mut page, mut per_page) = (String::new(), String::new(), 1, what.per_page);
        let (mut after, mut before, mut chosen) = (None, None, false);
        let mut filters = Vec::new();
        for (name, value) in parameters {
            // An empty field of a form asks for nothing.
            if value.trim().is_empty() {
                continue;
            }
            match name.as_str() {
                "q" => q = value,
                "order" => order = value,
                "page" if !what.by_key => page = number("page", &value)?,
                "after" if what.by_key => after = Some(value),
                "before" if what.by_key => before = Some(value),
                "per_page" if what.most_per_page > 0 => {
                    per_page = number("per_page", &value)?.clamp(1, what.most_per_page);
                    chosen = true;
                }
                // Whatever else stands in an address (what campaigns and other parts of the page add to it) is not for the list.
                name if is_filter(what, name) => filters.push((name.to_owned(), value)),
                _ => {}
            }
        }
        Ok(Asked { q, order, page, after, before, per_page, chosen, filters })
    }

    fn narrowed<M: Model>(&self, what: &What<M>, rows: QuerySet<M>) -> Result<QuerySet<M>> {
        let mut set = DynSet::on(rows).allow(what.filter.iter().chain(&what.order))?;
        if !what.search.is_empty() {
            set = set.search(&self.q, &what.search)?;
        }
        for (name, value) in &self.filters {
            set = set.filter(name, value)?;
        }
        for part in self.order.split(',').map(str::trim) {
            let name = part.strip_prefix('-').unwrap_or(part);
            if !name.is_empty() && !what.order.iter().any(|known| known == name) {
                let near = did_you_mean(name, what.order.iter().map(String::as_str));
                return Err(Error::bad_request(format!("this list can't be ordered by `{name}`{near}")));
            }
        }
        set.order_by(&self.order)?.typed()
    }

    /// The address of another page of the same list: its query string.
    fn address(&self, name: &str, value: impl std::fmt::Display) -> Url {
        let mut url = Url::from("");
        for (name, text) in [("q", &self.q), ("order", &self.order)] {
            if !text.is_empty() {
                url = url.query(name, text);
            }
        }
        if self.chosen {
            url = url.query("per_page", self.per_page);
        }
        self.filters.iter().fold(url, |url, (name, value)| url.query(name, value)).query(name, value)
    }

    /// The filters, for templates to show again.
    fn shown(&self) -> Map {
        self.filters.iter().map(|(name, value)| (name.clone().into(), Value::Text(value.clone()))).collect()
    }
}

/// Is it a column to filter by, maybe with a lookup?
fn is_filter<M: Model>(what: &What<M>, name: &str) -> bool {
    !OWN.contains(&name)
        && what.filter.iter().any(|known| {
            name.strip_prefix(known.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with("__"))
        })
}

fn number(name: &str, text: &str) -> Result<u64> {
    let read = text.trim().parse();
    read.map_err(|_| Error::bad_request(format!("`{name}` is a whole number, not {text:?}")))
}
