//! The list: what the address asks of the query, and a page of rows.

use std::sync::Arc;

use axum::{
    extract::Query,
    routing::{MethodRouter, get},
};
use quintet_core::{Error, Result, TemplateValue, Value, near::did_you_mean, value::Map};
use quintet_orm::{Db, Model, QuerySet, Shape, dynamic::DynSet};
use quintet_web::{Page, axum};

use crate::what::What;

/// What an address may ask of a list beside its filters.
const OWN: [&str; 4] = ["q", "order", "page", "per_page"];

pub(crate) fn handler<M, S>(what: Arc<What<M>>, template: &'static str) -> MethodRouter
where
    M: Model,
    S: Shape<Model = M> + TemplateValue + Sync,
{
    get(move |Query(asked): Query<Vec<(String, String)>>, db: Db| async move {
        let asked = Asked::read(&what, asked)?;
        let rows = asked.narrowed(&what)?.shape::<S>().page(asked.page, asked.per_page, &db).await?;
        let page = Page::new(template).with(what.many, &rows).with("q", &asked.q).with("order", &asked.order);
        Ok::<Page, Error>(page.with("filters", &Value::Map(asked.shown())))
    })
}

/// What an address asks for.
struct Asked {
    q: String,
    order: String,
    page: u64,
    per_page: u64,
    /// Name with lookup, and value.
    filters: Vec<(String, String)>,
}

impl Asked {
    /// # Errors
    /// Of status 400 if a number is none.
    fn read<M: Model>(what: &What<M>, parameters: Vec<(String, String)>) -> Result<Self> {
        let (mut q, mut order, mut page, mut per_page) = (String::new(), String::new(), 1, what.per_page);
        let mut filters = Vec::new();
        for (name, value) in parameters {
            // An empty field of a form asks for nothing.
            if value.trim().is_empty() {
                continue;
            }
            match name.as_str() {
                "q" => q = value,
                "order" => order = value,
                "page" => page = number("page", &value)?,
                "per_page" if what.most_per_page > 0 => {
                    per_page = number("per_page", &value)?.clamp(1, what.most_per_page);
                }
                // Whatever else stands in an address (what campaigns and other parts of the page add to it) is not for the list.
                name if is_filter(what, name) => filters.push((name.to_owned(), value)),
                _ => {}
            }
        }
        Ok(Asked { q, order, page, per_page, filters })
    }

    fn narrowed<M: Model>(&self, what: &What<M>) -> Result<QuerySet<M>> {
        let mut set = DynSet::on(what.query.clone()).allow(what.filter.iter().chain(&what.order))?;
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
