//! The tables that `harness/seed.py` makes and fills.

use quintet::prelude::*;

#[model]
#[derive(Debug, Clone)]
pub struct World {
    pub number: i64,
}

#[model]
#[derive(Debug, Clone)]
pub struct Fortune {
    #[field(max_length = 200)]
    pub message: String,
}

#[model]
#[derive(Debug, Clone)]
pub struct Item {
    #[field(max_length = 80)]
    pub name: String,
    #[field(max_length = 40)]
    pub brand: String,
    pub price: f64,
    pub rating: Option<f64>,
    pub stock: i64,
    pub active: bool,
    pub category: i64,
}

#[model]
#[derive(Debug, Clone)]
pub struct Record {
    #[field(max_length = 80)]
    pub name: String,
    pub price: f64,
    pub stock: i64,
    pub active: bool,
}
