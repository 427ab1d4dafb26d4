use quintet_forms::{SearchForm, form};
use quintet_web::{Page, data, get};

#[data]
struct Filter {
    q: Option<String>,
}

#[form("/a/")]
async fn posted(form: SearchForm<Filter>) -> Page {
    Page::new("a.html").with("form", &form)
}

#[get("/b/")]
async fn not_data(form: SearchForm<Vec<String>>) -> Page {
    drop(form);
    Page::new("b.html")
}

fn main() {}
