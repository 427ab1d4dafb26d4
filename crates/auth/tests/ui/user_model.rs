//! User models that are none.
use quintet_auth::UserModel;
use quintet_orm::prelude::*;

/// No model.
#[derive(Clone, UserModel)]
struct Plain {
    city: String,
}

#[derive(Clone, UserModel)]
enum Kinds {
    One,
}

/// A model, and not the site's user.
#[model(app = "tests")]
#[derive(Clone)]
struct Other {
    city: String,
}

fn main() {
    let _ = quintet_auth::app_with::<Other>();
}
