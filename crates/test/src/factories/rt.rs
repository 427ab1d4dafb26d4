//! What `factory!` expands to. No promise is made about it.

pub use quintet_orm::{
    Model, Table,
    expr::RawAssign,
    rt::{check_computed, check_required},
};

pub use super::{Factory, Nth};
