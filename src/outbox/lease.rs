//! Who may send? One page of a device at a time. Where the browser has no locks that end with their page, the right to send
//! is a lease beside the queue: it lasts a little longer than a request may take, and whoever holds it renews it before
//! each one. A page that dies leaves it to run out.

use serde::{Deserialize, Serialize};

/// How long a lease lasts after it was taken or renewed: longer than a request may take (20 s).
pub const LEASE_MS: i64 = 30_000;
/// How soon a page that may not send now asks again while something waits.
pub const ASK_AGAIN_MS: i64 = 1_500;
/// How often a page with nothing to send looks whether one that died has left something.
pub const LOOKOUT_MS: i64 = 60_000;

/// The right to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// The page that holds it, by a name it drew.
    pub holder: String,
    /// When it ends on the device's clock, Unix ms.
    pub until_ms: i64,
}

crate::json::object! { Lease: strict { holder, until_ms } }

/// The lease `me` may write over the `stored` one; `None` where another page holds it. One that ends later than any could
/// that was taken by now is from before the clock was set back, and holds no longer.
pub fn claim(stored: Option<&Lease>, me: &str, now_ms: i64) -> Option<Lease> {
    let latest_ms = now_ms.saturating_add(LEASE_MS);
    let is_held = stored.is_some_and(|lease| {
        lease.holder != me && (now_ms.saturating_add(1)..=latest_ms).contains(&lease.until_ms)
    });
    (!is_held).then(|| Lease {
        holder: me.to_owned(),
        until_ms: latest_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_until_it_ends_or_the_clock_is_set_back() {
        let first = claim(None, "a", 1_000);
        assert_eq!(
            first,
            Some(Lease {
                holder: "a".to_owned(),
                until_ms: 31_000
            })
        );
        let first = first.as_ref();
        assert_eq!(claim(first, "b", 1_000), None);
        assert_eq!(claim(first, "b", 30_999), None);
        assert!(claim(first, "b", 31_000).is_some());
        assert!(claim(first, "b", 999).is_some(), "the clock was set back");
        assert_eq!(
            claim(first, "a", 20_000).map(|lease| lease.until_ms),
            Some(50_000)
        );
    }
}
