//! A map from types to values: how rooms keep their part of an [`App`](crate::App) or a
//! [`Site`](crate::Site) without the ground knowing any room.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    fmt,
    hash::{BuildHasherDefault, Hasher},
};

/// One value a type.
#[derive(Default)]
pub struct Slots(HashMap<TypeId, (&'static str, Box<dyn Any + Send + Sync>), BuildHasherDefault<AsItIs>>);

/// A `TypeId` is a hash already: hashing it again would be most of the cost of a look-up, and a request makes several.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        // Today's `TypeId` writes one u64; should another write bytes, they are all taken in.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Slots {
    /// The value of type `T`, if there is one.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.1.downcast_ref()
    }

    /// The value of type `T`, made on first use.
    pub fn get_or_default<T: Any + Send + Sync + Default>(&mut self) -> &mut T {
        let key = TypeId::of::<T>();
        let slot = self.0.entry(key).or_insert_with(|| (type_name::<T>(), Box::<T>::default()));
        match slot.1.downcast_mut() {
            Some(value) => value,
            None => unreachable!("the key of a slot is the type of its value"),
        }
    }

    /// Puts a value in place of any other of its type, which is returned.
    pub fn insert<T: Any + Send + Sync>(&mut self, value: T) -> Option<T> {
        let old = self.0.insert(TypeId::of::<T>(), (type_name::<T>(), Box::new(value)))?;
        old.1.downcast().ok().map(|old| *old)
    }

    /// The names of the types that are there, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.0.values().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names
    }
}

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_own_slot() {
        let mut slots = Slots::default();
        slots.get_or_default::<Vec<i32>>().push(1);
        slots.get_or_default::<Vec<i32>>().push(2);
        slots.insert(String::from("a"));
        assert_eq!(slots.get::<Vec<i32>>(), Some(&vec![1, 2]));
        assert_eq!(slots.insert(String::from("b")).as_deref(), Some("a"));
        assert!(slots.get::<u8>().is_none());
        assert_eq!(slots.names().len(), 2);
    }
}
