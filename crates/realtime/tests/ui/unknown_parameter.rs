use quintet_realtime::channel;

#[channel("film:{idd}")]
pub struct FilmRoom {
    pub id: i64,
}

fn main() {}
