use quintet_web::data;

#[data]
struct NotDecimal {
    #[field(max_digits = 5)]
    price: f64,
}

#[data]
struct TooMany {
    #[field(max_digits = 29)]
    price: i64,
}

#[data]
struct NoNumber {
    #[field(decimal_places = "two")]
    price: i64,
}

#[data]
struct MorePlaces {
    #[field(max_digits = 2, decimal_places = 3)]
    price: i64,
}

fn main() {}
