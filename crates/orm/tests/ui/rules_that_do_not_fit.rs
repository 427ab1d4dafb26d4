use quintet_orm::prelude::*;

#[model(app = "ui")]
pub struct Device {
    #[field(email)]
    pub votes: i32,
    #[field(regex = "^a$")]
    pub released: Date,
    #[field(upload_to = "../outside")]
    pub manual: StoredFile,
    #[field(upload_to = "%Q")]
    pub photo: Option<StoredImage>,
    #[field(upload_to = "files")]
    pub name: String,
    #[field(error(uniqe = "taken"))]
    pub code: String,
    #[field(email, url)]
    pub mail: String,
}

fn main() {}
