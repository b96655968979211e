//! Who is at the other end? Known by address for as long as it takes to count, and even then only as a hash whose key
//! nobody has: it is made by chance, lives in memory alone and is replaced every day. No address is stored or logged.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request};
use axum::http::{Extensions, HeaderMap};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How long a key is used: an address cannot be followed from one day to the next.
const KEY_AGE: Duration = Duration::from_secs(24 * 60 * 60);
const FORWARDED: &str = "x-forwarded-for";

/// The client's address. A proxy in front appends what it saw as the last entry; what stands before it, anyone can write.
pub(crate) fn of_client(request: &Request, behind_proxy: bool) -> Option<IpAddr> {
    let peer = peer(request.extensions());
    if behind_proxy {
        forwarded(request.headers()).or(peer)
    } else {
        peer
    }
}

/// Whether the connection comes from the machine the server runs on.
pub(crate) fn is_this_machine(extensions: &Extensions) -> bool {
    peer(extensions).is_some_and(|address| address.to_canonical().is_loopback())
}

fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(peer.ip())
}

fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all(FORWARDED).iter().next_back()?;
    let entry = last.to_str().ok()?.rsplit(',').next()?.trim();
    // Some proxies write the port too.
    let with_port = || Some(entry.parse::<SocketAddr>().ok()?.ip());
    entry.parse().ok().or_else(with_port)
}

/// The key of the day.
pub(crate) struct AddressKey {
    current: Mutex<Option<(Instant, [u8; 32])>>,
    age: Duration,
}

impl AddressKey {
    pub(crate) fn new() -> Self {
        Self {
            current: Mutex::new(None),
            age: KEY_AGE,
        }
    }

    /// The address as a bucket may know it; nothing where the system gives no chance to make a key of.
    pub(crate) fn hash(&self, address: IpAddr) -> Option<[u8; 16]> {
        let mut hmac = Hmac::<Sha256>::new_from_slice(&self.key()?).ok()?;
        match address.to_canonical() {
            IpAddr::V4(address) => hmac.update(&address.octets()),
            IpAddr::V6(address) => hmac.update(&network(address)),
        }
        let digest = hmac.finalize().into_bytes();
        digest.first_chunk().copied()
    }

    fn key(&self) -> Option<[u8; 32]> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match *current {
            Some((made, key)) if made.elapsed() < self.age => Some(key),
            _ => {
                let mut key = [0; 32];
                getrandom::fill(&mut key).ok()?;
                *current = Some((Instant::now(), key));
                Some(key)
            }
        }
    }
}

/// One visitor has a whole network of 64 bits.
fn network(address: Ipv6Addr) -> [u8; 8] {
    address.octets().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_for_a_day_and_another_afterwards() {
        let address: IpAddr = "203.0.113.7".parse().unwrap();
        let day = AddressKey::new();
        assert_eq!(day.hash(address), day.hash(address));
        assert_ne!(day.hash(address), day.hash("203.0.113.8".parse().unwrap()));
        assert_ne!(day.hash(address), AddressKey::new().hash(address));
        let spent = AddressKey {
            age: Duration::ZERO,
            ..AddressKey::new()
        };
        assert_ne!(spent.hash(address), spent.hash(address));
    }

    #[test]
    fn a_network_of_version_six_and_a_mapped_address_are_one() {
        let key = AddressKey::new();
        let hash = |address: &str| key.hash(address.parse().unwrap());
        assert_eq!(hash("2001:db8::1"), hash("2001:db8::2:3:4:5"));
        assert_ne!(hash("2001:db8::1"), hash("2001:db8:0:1::1"));
        assert_eq!(hash("::ffff:203.0.113.7"), hash("203.0.113.7"));
    }

    #[test]
    fn only_what_the_proxy_wrote_counts() {
        let mut headers = HeaderMap::new();
        assert_eq!(forwarded(&headers), None);
        headers.append(FORWARDED, "10.0.0.1, 198.51.100.2".parse().unwrap());
        assert_eq!(forwarded(&headers), "198.51.100.2".parse().ok());
        headers.append(FORWARDED, "203.0.113.7".parse().unwrap());
        assert_eq!(forwarded(&headers), "203.0.113.7".parse().ok());
        headers.append(FORWARDED, "203.0.113.9:51234".parse().unwrap());
        assert_eq!(forwarded(&headers), "203.0.113.9".parse().ok());
        headers.append(FORWARDED, "[2001:db8::1]:443".parse().unwrap());
        assert_eq!(forwarded(&headers), "2001:db8::1".parse().ok());
        headers.append(FORWARDED, "unknown".parse().unwrap());
        assert_eq!(forwarded(&headers), None);
    }
}
