use quintet_realtime::channel;

#[channel("film{id}")]
pub struct FilmRoom {
    pub id: i64,
}

#[channel("film:{id}{title}")]
pub struct Two {
    pub id: i64,
    pub title: String,
}

fn main() {}
