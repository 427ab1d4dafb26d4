//! Rendered statements by their shape.
//!
//! Each thread has its own, so that nobody waits for anybody. What is kept holds for every later query: a model's tables and
//! columns don't change while a program runs.

use std::{cell::RefCell, collections::HashMap, hash::BuildHasherDefault};

use quintet_core::Result;

use super::shape::{Shape, Shapeless};
use crate::{
    decode::Scales,
    dialect::Dialect,
    hash::Quick,
    stmt::{Access, Sql, Stmt},
};

/// Most statements of one thread. When there are more, all are forgotten: a site has some hundreds.
const MOST: usize = 1024;

/// What does not depend on values.
#[derive(Clone)]
struct Rendered {
    sql: Sql,
    access: Access,
    short: bool,
    scales: Scales,
}

#[derive(Default)]
struct Cache {
    rendered: HashMap<Box<[u8]>, Rendered, BuildHasherDefault<Quick>>,
    /// Where shapes are written.
    buffer: Vec<u8>,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

/// The statement of this shape, rendered by `render` if there is none yet.
pub(super) fn rendered(
    dialect: &'static Dialect,
    write: impl FnOnce(&mut Shape<'_>) -> Result<(), Shapeless>,
    render: impl FnOnce() -> Result<(Stmt, Scales)>,
) -> Result<(Stmt, Scales)> {
    // Nothing in here comes back to this cache; the buffer is away in any case.
    let mut buffer = CACHE.with_borrow_mut(|cache| std::mem::take(&mut cache.buffer));
    let mut shape = Shape::new(dialect, &mut buffer);
    let params = write(&mut shape).map(|()| shape.into_params());
    let stmt = match params {
        Err(Shapeless) => render(),
        Ok(params) => match CACHE.with_borrow(|cache| cache.rendered.get(&*buffer).cloned()) {
            Some(Rendered { sql, access, short, scales }) => {
                let stmt = Stmt { sql, params, access, long: false, short, at: None, note: None, copy: None };
                if cfg!(debug_assertions) {
                    is_the_same(&stmt, render);
                }
                Ok((stmt, scales))
            }
            None => render().inspect(|(stmt, scales)| {
                // A value that the renderer changes or binds elsewhere is one that the shape doesn't know of.
                if stmt.params == params {
                    let (sql, scales) = (stmt.sql.clone(), scales.clone());
                    keep(&buffer, Rendered { sql, access: stmt.access, short: stmt.short, scales });
                }
            }),
        },
    };
    CACHE.with_borrow_mut(|cache| cache.buffer = buffer);
    stmt
}

fn keep(shape: &[u8], rendered: Rendered) {
    CACHE.with_borrow_mut(|cache| {
        if cache.rendered.len() >= MOST {
            cache.rendered.clear();
        }
        cache.rendered.insert(shape.into(), rendered);
    });
}

/// Every test of a debug build is a test of this cache as well.
fn is_the_same(kept: &Stmt, render: impl FnOnce() -> Result<(Stmt, Scales)>) {
    let anew = render().map(|(stmt, _)| stmt);
    debug_assert!(
        anew.as_ref()
            .is_ok_and(|anew| anew.sql == kept.sql && anew.params == kept.params && anew.short == kept.short),
        "two statements have one shape: {kept:?} and {anew:?}"
    );
}
