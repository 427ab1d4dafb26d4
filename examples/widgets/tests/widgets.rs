//! The parcel is sent, and comes back as long as something is wrong with it.

use quintet::prelude::*;
use widgets::parcel;

#[quintet::test(widgets::site, on = "sqlite")]
async fn a_parcel_is_sent_with_its_lines(site: TestSite) -> Result {
    let page = site.get(parcel::url()).await.ok();
    let page =
        page.uses("parcel.html").uses("base.html").uses("forms/field.html").uses("forms/widgets/input.html");
    let page = page.uses("forms/add_row.html").uses_not("sent.html");
    assert!(page.templates().is_sorted() && page.templates().len() > 20, "{:?}", page.templates());
    page.template("parcel.html")
        .contains("Line <span")
        .contains("Add a line")
        .contains("multipart/form-data");
    let minimum = [
        ("title", "Ink"),
        ("fragile", "5"),
        ("paint", "#e0a526"),
        ("zone", "near"),
        ("worth-amount", "12.50"),
        ("worth-currency", "EUR"),
        ("lines-TOTAL", "2"),
        ("lines-0-item", "pens"),
        ("lines-0-pieces", "3"),
        ("lines-1-item", "ink"),
    ];
    let sent = site.post(parcel::url(), &minimum).await.follow().await.ok();
    let sent = sent.uses("base.html").uses_not("parcel.html").uses_not("forms/field.html");
    sent.template("sent.html").contains("“Ink” is on its way").contains("<li>3 × pens</li><li>1 × ink</li>");
    let wrong = site.post(parcel::url(), &[("title", "Ink"), ("lines-TOTAL", "0")]).await.status(422);
    wrong.contains("value=\"Ink\"").contains("id=\"id_zone_error\"");
    Ok(())
}
