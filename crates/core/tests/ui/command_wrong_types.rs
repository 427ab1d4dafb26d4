use quintet_core::{Result, commands};
use quintet_macros::command;

struct Stars;

#[command]
async fn rate(stars: Stars) -> Result {
    let _ = stars;
    Ok(())
}

#[command]
async fn show(stars: &Stars) -> Result {
    let _ = stars;
    Ok(())
}

#[command]
async fn count() -> u32 {
    7
}

async fn forgotten() -> Result {
    Ok(())
}

fn main() {
    let _ = commands![rate, show, count, forgotten];
}
