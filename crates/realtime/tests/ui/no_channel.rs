use quintet_core::App;
use quintet_realtime::{Channeling, channel};

#[channel("film:{id}")]
pub struct FilmRoom {
    pub id: i64,
}

fn main() {
    let _ = App::new("cinema").channel::<FilmRoom>();
}
