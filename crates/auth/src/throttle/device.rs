//! Browsers in which somebody has logged in before.

use std::time::Duration;

use quintet_core::{Result, Service as _, Services, signing::Signer};
use quintet_web::Client;

use crate::passwords::random_letters;

/// So long a browser is known after the last login.
const KNOWN_FOR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// So many names a browser is known for: a family's.
const MOST_NAMES: usize = 5;

/// What a browser's cookie says: its own id, and the names, as they are counted, with which somebody has logged in there. It is signed,
/// and says nothing of who is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device {
    id: String,
    names: Vec<String>,
}

/// Over https with what browsers take for a promise: set by this host alone.
fn cookie(client: &Client) -> &'static str {
    if client.is_https() { "__Host-device" } else { "device" }
}

fn signer(services: &Services) -> Result<Signer> {
    Ok(Signer::of(services)?.purpose("quintet.auth.device"))
}

impl Device {
    /// That of a browser, if it is known.
    ///
    /// # Errors
    /// If the site has no `secret_key`.
    pub(crate) fn of(client: &Client, services: &Services) -> Result<Option<Device>> {
        let signer = signer(services)?;
        let Some(value) = client.cookie(cookie(client)) else { return Ok(None) };
        Ok(signer.unsign_timed(value, KNOWN_FOR).ok().and_then(Device::read))
    }

    fn read(text: &str) -> Option<Device> {
        let mut parts = text.split('.').map(str::to_owned);
        let id = parts.next().filter(|id| !id.is_empty())?;
        Some(Device { id, names: parts.take(MOST_NAMES).collect() })
    }

    fn text(&self) -> String {
        let parts: Vec<&str> = std::iter::once(&self.id).chain(&self.names).map(String::as_str).collect();
        parts.join(".")
    }

    /// Its id, if somebody has logged in there with this (counted) name.
    pub(crate) fn known_for(&self, name: &str) -> Option<&str> {
        self.names.iter().any(|known| known == name).then_some(&self.id)
    }

    /// The device that a browser is once somebody has logged in with this name, too.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub(crate) fn with(device: Option<Device>, name: String) -> Result<Device> {
        let mut device = match device {
            Some(device) => device,
            None => Device { id: random_letters(16)?, names: Vec::new() },
        };
        device.names.retain(|known| *known != name);
        device.names.insert(0, name);
        device.names.truncate(MOST_NAMES);
        Ok(device)
    }

    /// The header `Set-Cookie` that has the browser keep it.
    ///
    /// # Errors
    /// If the site has no `secret_key`.
    pub(crate) fn keep(&self, client: &Client, services: &Services) -> Result<String> {
        let value = signer(services)?.sign_timed(&self.text());
        let secure = if client.is_https() { "; Secure" } else { "" };
        let age = KNOWN_FOR.as_secs();
        Ok(format!("{}={value}; Max-Age={age}; Path=/; HttpOnly; SameSite=Lax{secure}", cookie(client)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_knows_the_last_names() {
        let mut device = None;
        for name in ["a", "b", "c", "d", "a", "e", "f"] {
            device = Some(Device::with(device, name.to_owned()).unwrap());
        }
        let device = device.unwrap();
        assert_eq!(device.names, ["f", "e", "a", "d", "c"]);
        assert_eq!(Device::read(&device.text()).unwrap(), device);
        assert_eq!(device.known_for("a"), Some(&*device.id));
        assert_eq!(device.known_for("b"), None);
        assert_eq!(Device::read(""), None);
    }
}
