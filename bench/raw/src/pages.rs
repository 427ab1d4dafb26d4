//! Pages, written by hand: what a template engine is measured against.

use std::fmt::Write;

use crate::rows::{Fortune, Item};

pub fn fortunes(fortunes: &[Fortune]) -> String {
    let mut page = String::with_capacity(2048);
    page.push_str(
        "<!DOCTYPE html>\n<html>\n<head><title>Fortunes</title></head>\n<body>\n<table>\n<tr><th>id</th><th>message</th></tr>\n",
    );
    for fortune in fortunes {
        // Writing to a String can't fail.
        let _ = write!(page, "<tr><td>{}</td><td>", fortune.id);
        escape(&mut page, &fortune.message);
        page.push_str("</td></tr>\n");
    }
    page.push_str("</table>\n</body>\n</html>\n");
    page
}

pub fn items(items: &[Item]) -> String {
    let mut page = String::with_capacity(20 * 1024);
    page.push_str(
        "<!DOCTYPE html>\n<html>\n<head><title>Articles</title></head>\n<body>\n<nav><a href=\"/\">Home</a></nav>\n<main>\n<h1>Articles</h1>\n\
         <table>\n<tr><th>Article</th><th>Brand</th><th>Price</th><th>Rating</th><th>Stock</th><th>Category</th></tr>\n",
    );
    for item in items {
        page.push_str(if item.active { "<tr>" } else { "<tr class=\"off\">" });
        let _ = write!(page, "<td><a href=\"/items/{}\">", item.id);
        escape(&mut page, &item.name);
        page.push_str("</a></td><td>");
        escape(&mut page, &item.brand);
        let _ = write!(page, "</td><td>{}</td><td>", item.price);
        match item.rating {
            Some(rating) => drop(write!(page, "{rating}")),
            None => page.push('–'),
        }
        let _ = writeln!(page, "</td><td>{}</td><td>{}</td></tr>", item.stock, item.category);
    }
    page.push_str("</table>\n</main>\n</body>\n</html>\n");
    page
}

fn escape(page: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#x27;"),
            other => page.push(other),
        }
    }
}
