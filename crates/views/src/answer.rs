//! What a page answers: its template with the values that the site adds, or the way on.

use std::sync::Arc;

use quintet_core::{Error, Result};
use quintet_orm::{Model, model::Key as _};
use quintet_web::{Page, Url, redirect};

use crate::{
    ask::Ask,
    hook::Instead,
    what::{Flash, One, What},
};

impl<M: Model> One<M> {
    /// The page with the values that the site adds.
    ///
    /// # Errors
    /// What one of them answers instead.
    pub(crate) async fn with_values(&self, mut page: Page, ask: &Ask) -> Result<Page, Instead> {
        for (name, make) in self.what.own.values.iter().chain(&self.own.values) {
            let value = make(Box::new(ask.parts().clone())).await?;
            page = page.with(name.clone(), &value);
        }
        Ok(page)
    }

    /// Where a form leads to that has saved this row, and what is said there.
    ///
    /// # Errors
    /// If the row has no key that could stand in an address.
    pub(crate) fn saved(&self, row: &M, ask: &Ask) -> Result<Page> {
        let (own, all) = (&self.own, &self.what.own);
        let to = match own.then.as_ref().or(all.then.as_ref()) {
            Some(then) => then(row),
            None if self.what.has_detail => {
                ask.url(&self.what, "detail", Some((self.what.parameter, address_of(&self.what, row)?)))
            }
            None => self.start(ask),
        };
        Ok(said(redirect(to), own.flash.as_ref().or(all.flash.as_ref()), row))
    }

    /// Where it leads to once this row is deleted. What is said of all pages is about rows that are still there.
    pub(crate) fn gone(&self, row: &M, ask: &Ask) -> Page {
        let to = self.own.then.as_ref().map_or_else(|| self.start(ask), |then| then(row));
        said(redirect(to), self.own.flash.as_ref(), row)
    }

    /// The list, or where there is none the site's start.
    fn start(&self, ask: &Ask) -> Url {
        if self.what.has_list { ask.url(&self.what, "list", None) } else { Url::from("/") }
    }
}

fn said<M>(page: Page, flash: Option<&Arc<Flash<M>>>, row: &M) -> Page {
    match flash {
        Some(flash) => page.flash(flash(row)),
        None => page,
    }
}

/// What an address says of a row.
fn address_of<M: Model>(what: &What<M>, row: &M) -> Result<String> {
    let Some(field) = what.field else { return M::meta().key_text(&row.pk().to_key()) };
    row.value_at(field).and_then(|value| value.plain_text()).ok_or_else(|| {
        let why = "a row that has nothing there has no page: have `.then(..)` lead elsewhere";
        Error::internal(format!("{}, `{}`: {why}", M::meta().name, what.parameter))
    })
}
