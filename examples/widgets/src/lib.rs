//! A form with every widget, and rows below it that are added in the browser: two forms that are sent as one.
use quintet::prelude::*;

/// How much of which.
#[data]
pub struct Money {
    /// How much.
    #[field(label = "Amount", min = 0, max_digits = 8, decimal_places = 2)]
    pub amount: Decimal,
    /// Of which money.
    #[field(label = "Currency", choices = ["EUR", "USD"])]
    pub currency: String,
}

/// Where a parcel goes to.
#[data]
pub enum Zone {
    /// Near.
    #[field(label = "Near by")]
    Near,
    /// Far.
    #[field(label = "Far away")]
    Far,
}

/// A field for each widget.
#[data]
pub struct Sheet {
    /// As it stands on the label.
    #[field(max_length = 30)]
    pub title: String,
    /// Many words.
    #[field(widget = "textarea", max_length = 500)]
    pub text: Option<String>,
    /// Where an answer goes to.
    #[field(email)]
    pub mail: Option<String>,
    /// More about it.
    #[field(url)]
    pub site: Option<String>,
    /// For questions.
    #[field(widget = "tel", autocomplete = "tel")]
    pub phone: Option<String>,
    /// What else is looked for.
    #[field(widget = "search")]
    pub like: Option<String>,
    /// It is never shown again.
    #[field(widget = "password", autocomplete = "new-password")]
    pub secret: Option<String>,
    /// Nobody sees it.
    #[field(widget = "hidden", initial = "seen by programs")]
    pub token: Option<String>,
    /// In kilograms.
    #[field(min = 1, max = 50, step = 1)]
    pub weight: Option<i32>,
    /// How fragile it is.
    #[field(widget = "range", min = 0, max = 10, default = 5)]
    pub fragile: i32,
    /// Of the paper.
    #[field(widget = "color", default = "#e0a526")]
    pub paint: String,
    /// It is a present.
    pub wrapped: bool,
    /// Where to.
    #[field(widget = "radio")]
    pub zone: Zone,
    /// From where.
    #[field(choices = [("Europe", ["Germany", "Spain"]), ("Asia", ["Japan", "Nepal"])])]
    pub origin: Option<String>,
    /// What to look out for.
    #[field(choices = ["glass", "food", "books"], widget = "checkboxes")]
    pub marks: Vec<String>,
    /// How it was.
    #[field(widget = "stars")]
    pub stars: Option<i32>,
    /// When it was packed.
    pub packed: Option<Date>,
    /// Until when it is good.
    #[field(widget = "select_date", min = Date::constant(2026, 1, 1), max = Date::constant(2035, 12, 31))]
    pub good_until: Option<Date>,
    /// When somebody is there.
    pub there: Option<Time>,
    /// When it leaves.
    #[field(min = Timestamp::constant(1_767_225_600, 0))]
    pub leaves: Option<Timestamp>,
    /// When it comes.
    #[field(widget = "split_datetime")]
    pub comes: Option<Timestamp>,
    /// What it is worth.
    #[field(widget = "group")]
    pub worth: Money,
    /// What has to be said of it.
    #[field(accept = ".pdf,.txt", max_size = "1 MB")]
    pub papers: Option<Upload>,
    /// How it looks.
    #[field(accept = "image/*", max_size = "5 MB")]
    pub picture: Option<Upload>,
}

/// A line of the parcel's list.
#[data]
pub struct Line {
    /// What it is.
    #[field(max_length = 40)]
    pub item: String,
    /// How many of it.
    #[field(min = 1, default = 1)]
    pub pieces: u32,
}

/// Both forms.
#[form("/")]
pub async fn parcel(body: FormBody) -> Result<Page> {
    let mut sheet = Form::<Sheet>::read(&body, "").await?;
    let mut lines = Forms::<Line>::read(&body, "lines").await?;
    lines.extra(1).max(4).deletable().words("Line", "Add a line");
    if sheet.is_valid() && lines.is_valid() {
        let (Some(new), Some(lines)) = (sheet.valid(), lines.valid()) else {
            return Err(Error::internal("what is valid has data"));
        };
        let mut to = sent::url().query("title", &new.title);
        for change in lines {
            if let RowChange::Add(line) = change {
                to = to.query("lines", format!("{} × {}", line.pieces, line.item));
            }
        }
        return Ok(redirect(to));
    }
    Ok(page!("parcel.html", sheet, lines))
}

/// What has come.
#[data]
pub struct Told {
    /// The title.
    #[field(default = "Nothing")]
    pub title: String,
    /// The lines.
    pub lines: Vec<String>,
}

/// What was sent.
#[get("/sent/")]
pub async fn sent(Query(told): Query<Told>) -> Page {
    page!("sent.html", title: told.title, lines: told.lines)
}

/// The site.
pub fn site() -> Site {
    Site::new().install(app!("widgets").routes(routes![parcel, sent]))
}
