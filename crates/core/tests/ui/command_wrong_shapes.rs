use quintet_macros::command;

#[command]
fn not_async() {}

#[command]
async fn text(name: &str) {
    let _ = name;
}

#[command]
async fn shared(services: &mut quintet_core::Services) {
    let _ = services;
}

#[command]
async fn many(files: Vec<String>, last: String) {
    let _ = (files, last);
}

#[command("Import Films")]
async fn import() {}

#[command]
async fn taken(help: bool) {
    let _ = help;
}

fn main() {}
