use quintet_realtime::channel;

#[channel("film:{id}")]
pub struct FilmRoom(i64);

#[channel("film:{id}")]
pub struct Any<T> {
    pub id: T,
}

#[channel("film:{id}")]
pub enum Kinds {
    One,
}

#[channel]
pub struct Nameless {
    pub id: i64,
}

#[channel("quintet:control")]
pub struct Own;

fn main() {}
