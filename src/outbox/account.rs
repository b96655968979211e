//! Under which name does a device send, and to whom? Two pages of one origin may send to different addresses: each address
//! knows the device by a name of its own, has a queue of its own and its own running numbers, and is told of a withdrawal
//! itself. That a visitor lets one of them have what happens says nothing of the others.

use litemap::LiteMap;
use serde::{Deserialize, Serialize};

use super::pace::Pace;
use crate::event::{DeviceId, EventId};

/// What is kept of one address while the visitor lets it have what happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The whole address, as the page gave it last: what follows the path, such as a site's key, may change.
    pub url: String,
    /// The device's name there.
    pub device: DeviceId,
    /// The number of the last event.
    #[serde(default)]
    pub sequence: u64,
    /// How many events the server has named in a verdict.
    #[serde(default)]
    pub acknowledged: u64,
    /// How many were dropped because the queue was full or they were old.
    #[serde(default)]
    pub dropped: u64,
    /// Whether the whole history was sent there, from its first event on.
    #[serde(default)]
    pub replayable: bool,
    /// How sending fares, for all pages.
    #[serde(default)]
    pub pace: Pace,
}

crate::json::object! {
    Account: lenient
    { url, device }
    { sequence, acknowledged, dropped, replayable, pace }
}

impl Account {
    /// Counts events that will never be sent: what was sent is no longer the whole history.
    pub fn drop_events(&mut self, count: usize) {
        self.dropped += count as u64;
        self.replayable &= count == 0;
    }
}

/// The accounts of a device, by address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Accounts(#[serde(with = "crate::json::map")] LiteMap<String, Account>);

crate::json::alone! { Accounts }

impl Accounts {
    /// The account at an address.
    pub fn get(&self, url: &str) -> Option<&Account> {
        self.0.get(place(url))
    }

    /// The account at an address, to be changed.
    pub fn get_mut(&mut self, url: &str) -> Option<&mut Account> {
        self.0.get_mut(place(url))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Account> {
        self.0.values()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Begins one under a new name, where there is none.
    pub fn open(&mut self, url: &str, device: DeviceId, replayable: bool) {
        let begin = || Account {
            url: url.to_owned(),
            device,
            sequence: 0,
            acknowledged: 0,
            dropped: 0,
            replayable,
            pace: Pace::default(),
        };
        self.0.entry(place(url).to_owned()).or_insert_with(begin);
    }

    /// The history changed, and only the one address named hears of it: what the others have is no longer all of it.
    pub fn told_only(&mut self, url: Option<&str>) {
        let told = url.map(place);
        for (at, account) in &mut self.0 {
            account.replayable &= Some(at.as_str()) == told;
        }
    }

    /// Gives all names up; what is left to do is to tell each address.
    pub fn close(&mut self) -> Vec<Account> {
        let accounts = std::mem::take(&mut self.0);
        accounts.into_iter().map(|(_, account)| account).collect()
    }
}

/// What tells one address from another: who sends to the same path sends to the same place, whatever key comes with it.
pub fn place(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

/// What the keys of an address's queue begin with. No address has a space in it.
pub fn queue_prefix(url: &str) -> String {
    format!("{} ", place(url))
}

/// The key of an event in the queue: by address, then in the order of its id.
pub fn queue_key(url: &str, id: EventId) -> String {
    format!("{}{id}", queue_prefix(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "https://a.example/v1/events?key=one";
    const THERE: &str = "https://b.example/v1/events";

    fn both() -> Accounts {
        let mut accounts = Accounts::default();
        accounts.open(HERE, DeviceId::new([1; 16]), true);
        accounts.open(THERE, DeviceId::new([2; 16]), true);
        accounts
    }

    #[test]
    fn each_address_has_its_own_name_and_queue_and_a_site_key_is_no_part_of_it() {
        let accounts = both();
        let name = |url| accounts.get(url).map(|account| account.device);
        assert_ne!(name(HERE), name(THERE));
        assert_eq!(name(HERE), name("https://a.example/v1/events?key=two"));
        assert_eq!(name("https://c.example/v1/events"), None);
        let id = EventId::new(1_000, &[1; 10]);
        assert!(queue_key(HERE, id).starts_with(&queue_prefix("https://a.example/v1/events")));
        assert!(!queue_key(HERE, id).starts_with(&queue_prefix("https://a.example/v1")));
        assert!(!queue_key(HERE, id).starts_with(&queue_prefix(THERE)));
    }

    #[test]
    fn a_name_once_given_stays_until_all_are_given_up() {
        let mut accounts = both();
        let before = accounts.clone();
        accounts.open(HERE, DeviceId::new([3; 16]), false);
        assert_eq!(accounts, before);
        let told: Vec<String> = accounts.close().into_iter().map(|gone| gone.url).collect();
        assert_eq!(told, [HERE, THERE]);
        assert!(accounts.is_empty());
    }

    #[test]
    fn what_one_address_alone_hears_of_is_missing_from_the_others() {
        let mut accounts = both();
        accounts.told_only(Some(HERE));
        let whole = |accounts: &Accounts, url| accounts.get(url).is_some_and(|one| one.replayable);
        assert!(whole(&accounts, HERE) && !whole(&accounts, THERE));
        accounts
            .get_mut(HERE)
            .into_iter()
            .for_each(|one| one.drop_events(0));
        assert!(whole(&accounts, HERE));
        accounts
            .get_mut(HERE)
            .into_iter()
            .for_each(|one| one.drop_events(2));
        assert!(!whole(&accounts, HERE));
        assert_eq!(accounts.get(HERE).map(|one| one.dropped), Some(2));
    }

    #[test]
    fn what_an_older_or_newer_version_stored_is_read() {
        let device = DeviceId::new([1; 16]);
        let json = format!(
            r#"{{"https://a.example/v1/events":{{"url":"{HERE}","device":"{device}","pace":{{"failures":2,"later":1}},"later":true}}}}"#
        );
        let accounts: Accounts = serde_json::from_str(&json).unwrap_or_default();
        let account = accounts.get(HERE);
        assert_eq!(account.map(|one| one.pace.failures), Some(2));
        let again = serde_json::to_string(&accounts).unwrap_or_default();
        assert_eq!(
            serde_json::from_str::<Accounts>(&again).ok(),
            Some(accounts)
        );
    }
}
