use quintet_orm::prelude::*;

#[model(app = "x")]
pub struct Person {
    pub name: String,
    #[field(through = Friendship)]
    pub friends: ManyToMany<Person>,
}

#[model(app = "x")]
pub struct Club {
    #[field(symmetrical)]
    pub people: ManyToMany<Person>,
}

#[model(app = "x")]
pub struct Desk {
    #[field(through = Friendship)]
    pub boss: ForeignKey<Person>,
    #[field(through_fields = (a, b))]
    pub others: ManyToMany<Person>,
    #[field(symmetrical)]
    pub name: String,
}

#[model(app = "x")]
pub struct Group {
    #[field(through = Membership, through_fields = (grup, person))]
    pub people: ManyToMany<Person>,
}

#[model(app = "x")]
pub struct Band {
    #[field(through = Membership, through_fields = (group, person))]
    pub people: ManyToMany<Person>,
}

#[model(app = "x")]
pub struct Friendship {
    pub one: ForeignKey<Person>,
    pub other: ForeignKey<Person>,
}

#[model(app = "x")]
pub struct Membership {
    pub group: ForeignKey<Group>,
    pub person: ForeignKey<Person>,
}

fn main() {}
