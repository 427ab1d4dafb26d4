//! Reading sections of many names.

use std::collections::BTreeMap;

use super::{
    Section, Settings, SettingsSection,
    load::check,
    named::{names, one},
    problem,
};
use crate::error::Result;

impl Settings {
    /// Reads the sections of many names that were declared as `of` ([`Section::each`]), each as an `S`.
    ///
    /// # Errors
    /// If a value does not fit or is missing, which settings that were [loaded](Settings::load) have told already.
    ///
    /// ```
    /// use quintet_core::settings::{Base, Checks, Section, Settings, SettingsSection, Sources};
    ///
    /// let of = Section::each("lists", Checks::section().keys);
    /// let toml = "[lists.first]\nsilence = [\"web.W001\"]\n[lists.second]";
    /// let sources = Sources { toml: Some(("quintet.toml".into(), toml.into())), ..Sources::default() };
    /// let settings = Settings::load(sources, std::slice::from_ref(&of)).unwrap();
    /// let lists = settings.each::<Checks>(&of).unwrap();
    /// assert_eq!(lists["first"].silence, ["web.W001"]);
    /// assert!(lists["second"].silence.is_empty());
    /// ```
    pub fn each<S: SettingsSection>(&self, of: &Section) -> Result<BTreeMap<String, S>> {
        let mut problems = Vec::new();
        let names = names(&of.name, &self.0.layers, &mut problems);
        let mut found = BTreeMap::new();
        for name in names {
            let section = one(of, &name);
            problems.extend(section.keys.iter().filter_map(|key| check(&self.0.layers, &section, key).err()));
            if problems.is_empty() {
                let mut inner = (*self.0).clone();
                inner.open = true;
                inner.seen_as = Some((S::section().name, section));
                found.insert(name, S::read(&Settings(inner.into()))?);
            }
        }
        problem::into_error(problems).map_or(Ok(found), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Key, Sources};
    use super::*;

    #[derive(Clone)]
    struct Place(String, u8);

    impl SettingsSection for Place {
        fn section() -> Section {
            let port = Key::of::<u8>("port").default(&7);
            Section::new("place", vec![Key::of::<String>("url").default(&"none".to_owned()).secret(), port])
        }
        fn read(settings: &Settings) -> Result<Self> {
            let reader = settings.reader::<Self>()?;
            Ok(Place(reader.or_text("url", "none")?, reader.or_text("port", "7")?))
        }
    }

    fn places() -> Section {
        let mut keys = Place::section().keys;
        keys[0] = keys[0].clone().env(&["PLACE_*_URL"]).required();
        Section::each("places", keys)
    }

    fn load(toml: &str, env: &[(&str, &str)]) -> Result<Settings> {
        let sources = Sources {
            toml: Some(("q.toml".into(), toml.into())),
            env: env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            ..Sources::default()
        };
        Settings::load(sources, &[Place::section(), places()])
    }

    #[test]
    fn each_name_has_the_keys_and_its_own_variables() {
        let toml = "[places.one]\nport = 1\n[places.two]\nurl = \"x://a:b@c\"\n[place]\nport = 3";
        let env = [("PLACE_ONE_URL", "one"), ("QUINTET_PLACES_TWO_PORT", "2")];
        let settings = load(toml, &env).unwrap();
        let found = settings.each::<Place>(&places()).unwrap();
        assert_eq!((found["one"].0.as_str(), found["one"].1), ("one", 1));
        assert_eq!((found["two"].0.as_str(), found["two"].1), ("x://a:b@c", 2));
        assert_eq!(settings.get::<Place>().unwrap().1, 3);
        let rows = settings.rows();
        let row = rows.iter().find(|row| row.section == "places.two" && row.key == "url").unwrap();
        assert_eq!(row.value, "x://a:***@c");
    }

    #[test]
    fn a_section_may_stand_beside_those_below_it() {
        let mut keys = Place::section().keys;
        keys[0] = keys[0].clone().env(&["PLACE_*_URL"]).required();
        let below = Section::each("place", keys);
        let load = |toml: &str| {
            let sources = Sources { toml: Some(("q.toml".into(), toml.into())), ..Sources::default() };
            Settings::load(sources, &[Place::section(), below.clone()])
        };
        let settings = load("[place]\nport = 3\n[place.one]\nurl = \"a\"").unwrap();
        assert_eq!(
            (settings.get::<Place>().unwrap().1, settings.each::<Place>(&below).unwrap().len()),
            (3, 1)
        );
        assert_eq!(settings.each::<Place>(&below).unwrap()["one"].0, "a");
        assert!(load("").unwrap().each::<Place>(&below).unwrap().is_empty());
        let said = |toml: &str| load(toml).unwrap_err().to_string();
        assert!(said("[place.one]").contains("`url` of `[place.one]`"));
        assert!(said("[place]\nprot = 1").contains("unknown key `prot` in `[place]`; did you mean `port`?"));
        assert!(
            said("[place.one]\nurl = \"a\"\nprot = 1").contains("in `[place.one]`; did you mean `port`?")
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_section() {
        let said = |toml: &str| load(toml, &[]).unwrap_err().to_string();
        let missing = said("[places.one]\nport = 1");
        assert!(
            missing.contains("`url` of `[places.one]`") && missing.contains("PLACE_ONE_URL"),
            "{missing}"
        );
        let typo = said("[places.one]\nurl = \"a\"\nprot = 1");
        assert!(typo.contains("unknown key `prot` in `[places.one]`; did you mean `port`?"), "{typo}");
        let wrong = said("[places.one]\nurl = \"a\"\nport = \"x\"");
        assert!(wrong.contains("`port` of `[places.one]`") && wrong.contains("q.toml:3"), "{wrong}");
        let name = said("[places.One]\nurl = \"a\"");
        assert!(name.contains("small letters"), "{name}");
        let flat = said("[places]\none = \"a\"");
        assert!(flat.contains("`places.one` is a section"), "{flat}");
        assert!(load("[places]", &[]).is_ok());
    }

    #[test]
    fn names_are_known_before_anything_is_checked() {
        let toml = "[places.two]\nprot = 1\n[places.one]\n[places]\nx = 1";
        let sources = Sources { toml: Some(("q.toml".into(), toml.into())), ..Sources::default() };
        assert_eq!(sources.names("places"), ["one", "two"]);
        assert!(sources.names("plces").is_empty());
    }

    #[test]
    fn a_program_may_name_one() {
        let settings = Settings::for_tests(".", [("places.one.url", "a"), ("places.two.port", "1")]);
        let error = settings.each::<Place>(&places()).map(drop).unwrap_err().to_string();
        assert!(error.contains("`url` of `[places.two]`"), "{error}");
    }
}
